package attack_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/oaklock/oaklock/internal/attack"
)

// A run takes away the folders of runs that were killed, and none that is in use, nor what a link of such a name points to.
func TestAFolderTakesAwayThoseOfKilledRuns(t *testing.T) {
	temp, elsewhere := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temp)
	used, done, err := attack.Folder()
	if err != nil {
		t.Fatal(err)
	}
	killed, link, other := filepath.Join(temp, "oaklock-attack-1"), filepath.Join(temp, "oaklock-attack-2"), filepath.Join(temp, "oaklock-3")
	if err := errors.Join(os.MkdirAll(filepath.Join(killed, "profile", "vault"), 0o700), os.Mkdir(other, 0o700), os.Symlink(elsewhere, link)); err != nil {
		t.Fatal(err)
	}
	there := func(dir string) bool {
		_, err := os.Stat(dir)
		return !errors.Is(err, fs.ErrNotExist)
	}
	next, nextDone, err := attack.Folder()
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{used, next, link, elsewhere, other} {
		if !there(dir) {
			t.Errorf("%s was taken away", dir)
		}
	}
	if there(killed) {
		t.Errorf("%s is still there", killed)
	}
	nextDone()
	done() // as the end of the process does
	if _, done, err = attack.Folder(); err != nil {
		t.Fatal(err)
	}
	defer done()
	if there(used) || there(next) {
		t.Error("the folders of ended runs are still there")
	}
}
