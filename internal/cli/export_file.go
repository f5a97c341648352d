package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// exportFile is a file that is there as a whole or not at all, and that only the user can read. Until it is kept it has another
// name beside the one that it will have.
type exportFile struct {
	*bufio.Writer
	f         *os.File
	path      string
	overwrite bool
}

func newFile(path string, overwrite bool) (*exportFile, error) {
	switch fi, err := os.Lstat(path); {
	case err == nil && fi.IsDir():
		return nil, fmt.Errorf("%s is a folder; name a file in it. Nothing was written", path)
	case err == nil && !overwrite:
		return nil, fileError(path, fs.ErrExist)
	case err == nil && !fi.Mode().IsRegular(): // a device, or a link to who knows where
		return nil, fmt.Errorf("%s is no ordinary file, so it is not replaced. Nothing was written", path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fileError(path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".oaklock-export-*") // mode 0600, as its documentation says
	if err != nil {
		return nil, fileError(path, err)
	}
	return &exportFile{bufio.NewWriterSize(f, 64<<10), f, path, overwrite}, nil
}

// keep gives the file its name, once all of it is on the disk.
func (x *exportFile) keep() error {
	if err := errors.Join(x.Flush(), x.f.Sync(), x.f.Close()); err != nil {
		return err
	}
	if !x.overwrite {
		// A link never replaces what somebody has put there meanwhile, as a rename would. Some file systems have none.
		err := os.Link(x.f.Name(), x.path)
		if err == nil || errors.Is(err, fs.ErrExist) {
			return err // discard takes the other name away
		}
		if _, err := os.Lstat(x.path); err == nil {
			return fs.ErrExist
		}
	}
	return os.Rename(x.f.Name(), x.path)
}

// discard leaves nothing behind of what was not kept.
func (x *exportFile) discard() {
	_ = x.f.Close()
	_ = os.Remove(x.f.Name())
}

// fileError says why a file could not be written.
func fileError(path string, err error) error {
	var at *fs.PathError
	var link *os.LinkError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("there is a file %s already. Nothing was written. Choose another name, or say --overwrite", path)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("the disk is full, so %s could not be written. The log itself is not touched", path)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %s. Nothing was written", filepath.Dir(path))
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("you may not write into the folder %s. Nothing was written. Choose another folder", filepath.Dir(path))
	case errors.As(err, &at), errors.As(err, &link):
		return fmt.Errorf("%s could not be written (%w). The log itself is not touched", path, err)
	}
	return err // the agent's, or a signal
}
