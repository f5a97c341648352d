package owner

import "golang.org/x/sys/windows"

// Elevated is what this program runs as, where that may do more than an ordinary user: "administrator", else nothing. It has not
// been tried on Windows; SECURITY.md says so.
func Elevated() string {
	if windows.GetCurrentProcessToken().IsElevated() {
		return "administrator"
	}
	return ""
}
