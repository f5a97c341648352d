package control

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/oaklock/oaklock/internal/owner"
)

// ErrFolder is wrapped when the profile folder, or the short one that stands in for it, is not a folder that this user alone can
// reach. It is refused and not mended: whoever could write to it may have left a socket, a lock or a link of their own there.
var ErrFolder = errors.New("this folder is not safe to use")

// MainFolder is the profile folder that is used where none is named.
func MainFolder() (string, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(config, "oaklock"), nil
}

// SameFolder says whether two paths, neither of them empty, name the same folder. By different paths it must be there.
func SameFolder(a, b string) bool {
	if a == b {
		return true
	}
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// ownFolder makes the folder where it is missing and checks it.
func ownFolder(dir string) error {
	if err := MakeFolder(dir); err != nil {
		return fmt.Errorf("make the profile folder: %w", err)
	}
	return checkFolder(dir)
}

// MakeFolder makes a profile folder that this user alone can enter, where it is missing; what is there already it leaves as it is.
func MakeFolder(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	if err := owner.Mkdir(dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// checkFolder refuses a symbolic link (it could be turned elsewhere between two looks), what is not a folder, another user's folder, and
// one that others can enter. A missing folder is fs.ErrNotExist.
func checkFolder(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return fmt.Errorf("look at the profile folder: %w", err)
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%w: %s is a symbolic link; name the real folder", ErrFolder, dir)
	case !info.IsDir():
		return fmt.Errorf("%w: %s is not a folder", ErrFolder, dir)
	}
	return checkOwner(dir, info)
}
