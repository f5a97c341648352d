//go:build !windows

package owner

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Database is the file by which a folder is known for one of Oaklock's.
const Database = "oaklock.db"

// Elses says whether a folder has another purpose, as /tmp and /usr have: something is in it, and no database of Oaklock's. To
// close such a folder to others would break what they do there.
func Elses(dir string) bool {
	if _, err := os.Lstat(filepath.Join(dir, Database)); !errors.Is(err, fs.ErrNotExist) {
		return err != nil
	}
	in, err := os.ReadDir(dir)
	return err != nil || len(in) > 0
}

// Mkdir makes a folder that this user alone can enter. Its parent must be there.
func Mkdir(path string) error { return os.Mkdir(path, 0o700) }
