package owner

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/oaklock/oaklock/internal/command"
)

// Mkdir makes a folder that this user, the system and administrators alone can enter, whatever its parent would hand down: below
// C:\ every user of the machine could write into it. Its parent must be there.
func Mkdir(path string) error {
	user, err := sid()
	if err != nil {
		return err
	}
	sd, err := windows.SecurityDescriptorFromString("D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;" + user + ")")
	if err != nil {
		return fmt.Errorf("write who has access to a folder: %w", err)
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	sa := windows.SecurityAttributes{SecurityDescriptor: sd}
	sa.Length = uint32(unsafe.Sizeof(sa))
	if err := windows.CreateDirectory(name, &sa); err != nil {
		return &os.PathError{Op: "mkdir", Path: path, Err: err}
	}
	return nil
}

// Folder is nil when a folder is this user's, and others can neither look into it nor write there. Else it wraps [ErrOther] or
// [ErrOpen], or says why that cannot be found out.
func Folder(path string) error {
	user, err := sid()
	if err != nil {
		return err
	}
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("look who has access to %s: %w", path, err)
	}
	if sd == nil {
		return ErrOpen
	}
	return alone(sd.String(), user)
}

// Close is what a user runs to close a folder to everybody else.
func Close(path string) string {
	user, err := sid()
	if err != nil {
		return ""
	}
	return fmt.Sprintf(`icacls %s /inheritance:r /grant:r "*%s:(OI)(CI)F" "*S-1-5-18:(OI)(CI)F"`, command.Word(path, "FOLDER"), command.Word(user, "SID"))
}

// sid is this user's.
func sid() (string, error) {
	u, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return "", fmt.Errorf("look at this user: %w", err)
	}
	return u.User.Sid.String(), nil
}
