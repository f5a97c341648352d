//go:build unix

package control

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/oaklock/oaklock/internal/command"
	"github.com/oaklock/oaklock/internal/owner"
)

func checkOwner(dir string, info fs.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int64(stat.Uid) != int64(os.Geteuid()) {
		return fmt.Errorf("%w: %s belongs to another user", ErrFolder, dir)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		if owner.Elses(dir) {
			return fmt.Errorf("%w: others can look into %s (mode %04o), and it is not Oaklock's alone; choose another folder with --home", ErrFolder, dir, mode)
		}
		return fmt.Errorf("%w: others can look into %s (mode %04o); if nobody else has put anything there, run: chmod 700 %s",
			ErrFolder, dir, mode, command.Word(dir, "FOLDER"))
	}
	return nil
}
