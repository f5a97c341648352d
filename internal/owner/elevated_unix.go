//go:build !windows

package owner

import "os"

// Elevated is what this program runs as, where that may do more than an ordinary user: "root", else nothing.
func Elevated() string {
	if os.Geteuid() == 0 {
		return "root"
	}
	return ""
}
