package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/oaklock/oaklock/internal/owner"
)

// CheckDir makes dir with mode 0700 if it is missing, and refuses, with [ErrUnsafe] and a sentence that says how to mend
// it, a folder that is a symlink, that another user owns, or that others may enter: whoever can put a file into it could
// hand themselves a grant, and whoever can read it learns which sites the user visits. It changes nothing that exists.
func CheckDir(dir string) error {
	dir, err := filepath.Abs(dir) // also drops a closing slash, behind which Lstat would follow the symlink
	if err != nil {
		return fmt.Errorf("find the profile folder: %w", err)
	}
	fi, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
			return explain(filepath.Dir(dir), err)
		}
		// Mkdir does not follow a symlink that appears in between: it fails, and the check below sees it.
		if err := owner.Mkdir(dir); err != nil && !errors.Is(err, fs.ErrExist) {
			return explain(dir, err)
		}
		fi, err = os.Lstat(dir)
	}
	switch {
	case err != nil:
		return explain(dir, err)
	case fi.Mode()&fs.ModeSymlink != 0:
		return notSafe("%s is a symbolic link, and whoever can change the link could put another folder in its place. Name the folder that it points to", dir)
	case !fi.IsDir():
		return notSafe("%s is not a folder. Choose another with --home", dir)
	}
	switch whose, mend := checkOwner(dir, fi); whose {
	case another:
		return notSafe("%s belongs to another user of this machine. Choose a folder of your own with --home", dir)
	case elses:
		return notSafe("other users of this machine can look into %s, and it is not Oaklock's alone. Choose another folder with --home", dir)
	case everybodys:
		return notSafe("other users of this machine can look into %s. Close it with: %s", dir, mend)
	}
	return nil
}

// ownership is whose a folder is.
type ownership uint8

const (
	users      ownership = iota // this user's alone
	another                     // another user's
	elses                       // this user's, others can enter it, and it has a purpose besides
	everybodys                  // this user's, and others can enter it
)

// FolderNumber is the file system's number of a folder, which a move within the file system keeps and no copy has. It is empty
// where there is none.
func FolderNumber(dir string) string { return folderNumber(dir) }

// SyncDir makes a rename or a removal in dir last through a power cut.
func SyncDir(dir string) error { return syncDir(dir) }

// checkFile refuses what is not a plain file of the user's: a symlink or a device in place of the database would be
// written through. A missing file is fine.
func checkFile(path string) (fs.FileInfo, error) {
	fi, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, explain(filepath.Dir(path), err)
	case !fi.Mode().IsRegular():
		return nil, notSafe("%s is not a plain file (it may be a symbolic link), so Oaklock does not open it. Look where it comes from, then move it away", path)
	case !ownedByUser(fi):
		return nil, notSafe("%s belongs to another user of this machine, so Oaklock does not open it. Move it away", path)
	}
	return fi, nil
}
