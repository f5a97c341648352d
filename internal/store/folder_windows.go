package store

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/oaklock/oaklock/internal/owner"
)

const noFollow = 0 // there is no such flag; the check before has looked at the name itself

// errQuota is a disk that has room, but none for this user (ERROR_DISK_FULL; quotas report the same).
var errQuota error = syscall.Errno(112)

// checkOwner says whose a folder is, by its access list, and, where others can enter it, what the user runs to mend that. What
// cannot be found out counts as open. It has not been tried on Windows; SECURITY.md says so.
func checkOwner(dir string, _ fs.FileInfo) (whose ownership, mend string) {
	switch err := owner.Folder(dir); {
	case err == nil:
		return users, ""
	case errors.Is(err, owner.ErrOther):
		return another, ""
	}
	return everybodys, owner.Close(dir)
}

// Files have the access list of the folder.
func ownedByUser(fs.FileInfo) bool  { return true }
func openToOthers(fs.FileInfo) bool { return false }

// syncDir has nothing to do: NTFS journals names.
func syncDir(string) error { return nil }

func folderNumber(string) string { return "" }
