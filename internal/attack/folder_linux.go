package attack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Folder makes a temporary folder for this run and takes away those of runs that were killed. It is this process's until done is called,
// or until the process ends, however that comes: the lock goes with it. The caller removes the folder.
func Folder() (dir string, done func(), err error) {
	sweep(os.TempDir())
	for range 10 {
		dir, err := os.MkdirTemp("", folders)
		if err != nil {
			return "", nil, err
		}
		f, err := hold(dir)
		if err == nil {
			return dir, func() { _ = f.Close() }, nil // it was only locked
		}
		_ = os.RemoveAll(dir) // the sweep of another run was faster
	}
	return "", nil, errors.New("make a folder: others are taking it away")
}

// hold locks a folder that is still where it was.
func hold(dir string) (*os.File, error) {
	f, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) //nolint:gosec // a descriptor is small
	if err == nil {
		_, err = os.Lstat(dir)
	}
	if err != nil {
		_ = f.Close() // nothing was written
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return f, nil
}

// sweep takes away the user's own folders that nobody holds.
func sweep(in string) {
	all, _ := filepath.Glob(filepath.Join(in, folders+"*")) // the pattern is well formed
	for _, dir := range all {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() {
			continue
		}
		if whose, ok := info.Sys().(*syscall.Stat_t); !ok || int(whose.Uid) != os.Getuid() {
			continue
		}
		if f, err := hold(dir); err == nil {
			removeProfile(dir)
			_ = f.Close() // as above
		}
	}
}

// tied lets a program end with the thread that starts it.
func tied() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
