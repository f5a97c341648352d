//go:build !windows

package owner

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// marks are the files by which a folder is known for one of Oaklock's: its database, and the lock of whoever runs there.
var marks = []string{"oaklock.db", "agent.lock"}

// Elses says whether a folder has another purpose, as /tmp and /usr have: something is in it, and nothing of Oaklock's. To
// close such a folder to others would break what they do there.
func Elses(dir string) bool {
	for _, mark := range marks {
		if _, err := os.Lstat(filepath.Join(dir, mark)); !errors.Is(err, fs.ErrNotExist) {
			return err != nil
		}
	}
	in, err := os.ReadDir(dir)
	return err != nil || len(in) > 0
}

// Mkdir makes a folder that this user alone can enter. Its parent must be there.
func Mkdir(path string) error { return os.Mkdir(path, 0o700) }
