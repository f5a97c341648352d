//go:build !windows

package store

import (
	"io/fs"
	"os"
	"strconv"
	"syscall"

	"github.com/oaklock/oaklock/internal/command"
	"github.com/oaklock/oaklock/internal/owner"
)

const noFollow = syscall.O_NOFOLLOW

// errQuota is a disk that has room, but none for this user.
var errQuota error = syscall.EDQUOT

func ownedByUser(fi fs.FileInfo) bool {
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Getuid()
}

// checkOwner says whose a folder is and, where others can enter it, what the user runs to mend that.
func checkOwner(dir string, fi fs.FileInfo) (whose ownership, mend string) {
	switch {
	case !ownedByUser(fi):
		return another, ""
	case openToOthers(fi) && owner.Elses(dir):
		return elses, ""
	case openToOthers(fi):
		return everybodys, "chmod 700 " + command.Word(dir, "FOLDER")
	}
	return users, ""
}

func openToOthers(fi fs.FileInfo) bool { return fi.Mode().Perm()&0o077 != 0 }

// syncDir makes names in dir survive a loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func folderNumber(dir string) string {
	fi, err := os.Stat(dir)
	if err != nil {
		return ""
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return strconv.FormatUint(st.Ino, 10)
}
