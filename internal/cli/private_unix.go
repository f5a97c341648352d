//go:build !windows

package cli

import (
	"io/fs"
	"os"
	"path/filepath"
)

// othersCanRead says whether another user of the machine may read or write the file, or its group may, as far as modes tell: none
// may where a folder above lets nobody else in.
func othersCanRead(path string, fi fs.FileInfo) bool {
	if fi.Mode().Perm()&0o066 == 0 {
		return false
	}
	dir, err := filepath.Abs(path)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	for err == nil && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
		if above, err := os.Stat(dir); err == nil && above.Mode().Perm()&0o011 == 0 {
			return false
		}
	}
	return true
}
