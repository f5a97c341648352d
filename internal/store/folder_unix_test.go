//go:build unix

// Modes and owners: on Windows these are a matter of access lists, which the tests of internal/owner look at.

package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/store"
)

func mkdir(t *testing.T, path string, mode os.FileMode) string {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // Mkdir obeys the umask
		t.Fatal(err)
	}
	return path
}

func TestUnsafeFolders(t *testing.T) {
	foreign := "/" // not ours, unless we are root
	if os.Getuid() == 0 {
		foreign = mkdir(t, filepath.Join(t.TempDir(), "foreign"), 0o700)
		if err := os.Chown(foreign, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	tmp := t.TempDir()
	good := mkdir(t, filepath.Join(tmp, "good"), 0o700)
	link := filepath.Join(tmp, "link")
	if err := os.Symlink(good, link); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(tmp, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	elses := mkdir(t, filepath.Join(tmp, "elses"), 0o755)
	mkdir(t, filepath.Join(elses, "else"), 0o700)
	readable := mkdir(t, filepath.Join(tmp, "readable by all"), 0o744)

	for _, c := range []struct{ name, dir, says string }{
		{"another user's", foreign, "belongs to another user"},
		{"readable by others", readable, "chmod 700 '" + readable + "'"},
		{"writable by the group", mkdir(t, filepath.Join(tmp, "group"), 0o720), "chmod 700 " + tmp + "/group"},
		{"enterable by others", mkdir(t, filepath.Join(tmp, "enter"), 0o701), "chmod 700"},
		{"of another purpose", elses, "not Oaklock's alone. Choose another folder with --home"},
		{"a symlink", link, "symbolic link"},
		{"a symlink with a slash", link + "/", "symbolic link"},
		{"a file", file, "not a folder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, err := store.Open(t.Context(), c.dir)
			if err == nil {
				db.Close()
			}
			if !errors.Is(err, store.ErrUnsafe) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Open says %v, want ErrUnsafe with %q", err, c.says)
			}
			if left, _ := filepath.Glob(filepath.Join(c.dir, store.FileName+"*")); len(left) > 0 {
				t.Errorf("a refused folder was written to: %v", left)
			}
		})
	}
}

func TestWideModeOfTheFileIsNarrowed(t *testing.T) {
	dir := profile(t)
	open(t, dir).Close()
	path := filepath.Join(dir, store.FileName)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v)", fi.Mode(), err)
	}
}
