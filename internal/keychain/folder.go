package keychain

import (
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// mostText is more than any encrypted file of the vault has.
const mostText = 16 << 10

// fileName is one that every file system takes, and that tells two IDs apart also where case does not count. The label
// has no slash, so that provider/label can be taken apart again.
func fileName(id ID) (string, error) {
	const most = 128 // 205 characters of base32; file systems end at 255
	if id.Provider == "" || id.Label == "" || len(id.String()) > most {
		return "", fmt.Errorf("%w: the name of the key is empty or too long", ErrUnavailable)
	}
	return nameForm.EncodeToString([]byte(id.String())) + ".age", nil
}

var nameForm = base32.HexEncoding.WithPadding(base32.NoPadding)

// idOf undoes fileName.
func idOf(name string) (ID, bool) {
	text, ok := strings.CutSuffix(name, ".age")
	if !ok {
		return ID{}, false
	}
	b, err := nameForm.DecodeString(text)
	if err != nil {
		return ID{}, false // the identity is one
	}
	provider, label, ok := strings.Cut(string(b), "/")
	return ID{provider, label}, ok
}

func (f *File) path(name string) string { return filepath.Join(f.dir, name) }

// read reads a plain file; a missing one is fs.ErrNotExist. It does not follow a symlink, neither one that is there nor one put in its place meanwhile.
func (f *File) read(name string) ([]byte, error) {
	before, err := os.Lstat(f.path(name))
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a plain file", ErrDamaged, name)
	}
	file, err := os.Open(f.path(name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	opened, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !os.SameFile(before, opened) {
		return nil, fmt.Errorf("%w: %s was replaced while it was opened", ErrDamaged, name)
	}
	text, err := io.ReadAll(io.LimitReader(file, mostText))
	if err == nil && len(text) == mostText {
		err = ErrDamaged
	}
	return text, err
}

// unfinished begins the names of files that were not renamed yet. They are cipher text; a kill -9 can leave one.
const unfinished = ".new-"

// replace puts text in place of the file in one step: whoever looks, also after a kill -9 or a power cut, finds the old
// content or the new. When it returns nil the new one is on the disk. A symlink of that name is replaced, not followed.
func (f *File) replace(name string, text []byte) (err error) {
	f.sweep()
	file, err := os.CreateTemp(f.dir, unfinished) // mode 0600, O_EXCL
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // after a failure that is told already
		}
	}()
	_, err = file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err = os.Rename(file.Name(), f.path(name)); err != nil {
		return err
	}
	return syncDir(f.dir)
}

// sweep removes what a kill -9 left. Nobody else writes here: the profile folder belongs to one agent at a time.
func (f *File) sweep() {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), unfinished) {
			_ = os.Remove(f.path(entry.Name())) // it does no harm where it is
		}
	}
}
