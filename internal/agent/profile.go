package agent

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/store"
)

// One user has one keychain and may have many profile folders. The folder that is used where none is named has its entries under
// plain names. Each other has a mark of its own in theirs, so that none finds, replaces or deletes what is another's.

// markFile has the mark, and in more lines the folder that it was made in and the file system's number of that. It is a file of its
// own, so that neither a broken database nor a move of the folder parts a profile from its keys.
const markFile = "profile"

var markForm = regexp.MustCompile(`^[0-9a-f]{16}$`)

// profileMark is the mark of the profile folder, which is there, and is made where it is missing. It is empty where the names
// are plain.
//
// A mark counts in the folder that it was made in, by its path or its number. Elsewhere it is taken for that of a copy, whose keys
// are those of the first: who has moved a folder to another file system adds the keys again, and nobody loses one.
func profileMark(home string, main bool) (string, error) {
	number := store.FolderNumber(home)
	m, err := readMark(home)
	if err != nil {
		return "", err
	}
	byPath, byNumber := m.folder != "" && control.SameFolder(home, m.folder), m.number == number && number != ""
	switch {
	case m.mark != "" && byPath && byNumber:
		return m.mark, nil
	case m.mark != "" && (byPath || byNumber):
	case main:
		return "", nil
	default:
		m.mark = newMark()
	}
	return m.mark, writeMark(home, marked{m.mark, home, number})
}

// marked is what the file says.
type marked struct{ mark, folder, number string }

func newMark() string {
	raw := make([]byte, 8)
	_, _ = rand.Read(raw) // crypto/rand.Read never fails (its documentation)
	return hex.EncodeToString(raw)
}

// readMark gives nothing where there is no mark, or something that is none.
func readMark(home string) (marked, error) {
	path := filepath.Join(home, markFile)
	fi, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return marked{}, nil
	}
	if err != nil || !fi.Mode().IsRegular() || fi.Size() > 16<<10 {
		return marked{}, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return marked{}, fmt.Errorf("read which profile this is: %w", err)
	}
	lines := append(strings.Split(string(text), "\n"), "", "")
	if !markForm.MatchString(lines[0]) {
		return marked{}, nil
	}
	return marked{lines[0], lines[2], lines[1]}, nil
}

// writeMark leaves the old file or the new one, also after a kill -9.
func writeMark(home string, m marked) (err error) {
	f, err := os.CreateTemp(home, markFile+".new-") // mode 0600, O_EXCL
	if err != nil {
		return fmt.Errorf("note which profile this is: %w", err)
	}
	_, err = f.WriteString(m.mark + "\n" + m.number + "\n" + m.folder + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(home, markFile))
	}
	if err == nil {
		err = store.SyncDir(home)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // after a failure that is told already
		return fmt.Errorf("note which profile this is: %w", err)
	}
	return nil
}

// openKeychain is the system's keychain, with the entries of this profile in it.
func openKeychain(o Options) (v keychain.Vault, mark string, err error) {
	if o.Keychain != nil {
		return o.Keychain, "", nil
	}
	if mark, err = profileMark(o.Home, o.Main); err != nil {
		return nil, "", HomeError(o.Home, err)
	}
	return keychain.OS(mark), mark, nil
}
