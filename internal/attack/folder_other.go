//go:build !linux

package attack

import (
	"os"
	"syscall"
)

// Folder makes a temporary folder for this run, which the caller removes. Those of runs that were killed stay, since what such a run has
// started may still use them.
func Folder() (dir string, done func(), err error) {
	dir, err = os.MkdirTemp("", folders)
	return dir, func() {}, err
}

// tied is nothing here: a killed run leaves what it has started.
func tied() *syscall.SysProcAttr { return nil }
