package store

import (
	"io/fs"
	"syscall"
)

const noFollow = 0 // there is no such flag; the check before has looked at the name itself

// errQuota is a disk that has room, but none for this user (ERROR_DISK_FULL; quotas report the same).
var errQuota error = syscall.Errno(112)

// The profile folder lies in the user's own AppData, whose access list Windows keeps; modes and uids say nothing here.
func ownedByUser(fs.FileInfo) bool  { return true }
func openToOthers(fs.FileInfo) bool { return false }

// syncDir has nothing to do: NTFS journals names.
func syncDir(string) error { return nil }
