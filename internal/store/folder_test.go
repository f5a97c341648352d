package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
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
	if runtime.GOOS == "windows" {
		t.Skip("modes and owners are a matter of access lists there") //nolint:forbidigo // Windows
	}
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
	readable := mkdir(t, filepath.Join(tmp, "readable by all"), 0o744)

	for _, c := range []struct{ name, dir, says string }{
		{"another user's", foreign, "belongs to another user"},
		{"readable by others", readable, "chmod 700 '" + readable + "'"},
		{"writable by the group", mkdir(t, filepath.Join(tmp, "group"), 0o720), "chmod 700 " + tmp + "/group"},
		{"enterable by others", mkdir(t, filepath.Join(tmp, "enter"), 0o701), "chmod 700"},
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

func TestMissingFolderIsMade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "config", "oaklock") // its parent is missing too
	if err := store.CheckDir(dir); err != nil {
		t.Fatal(err)
	}
	fi, err := os.Lstat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && fi.Mode().Perm() != 0o700 {
		t.Errorf("mode %v", fi.Mode())
	}
	if err := store.CheckDir(dir); err != nil {
		t.Errorf("the second look says %v", err)
	}
}

// A symlink in place of a file would make Oaklock write wherever it points.
func TestSymlinkedFiles(t *testing.T) {
	for _, name := range []string{"oaklock.db", "oaklock.db-wal", "oaklock.db-shm", "oaklock.db-journal"} {
		t.Run(name, func(t *testing.T) {
			dir := mkdir(t, filepath.Join(t.TempDir(), "home"), 0o700)
			victim := filepath.Join(t.TempDir(), "victim")
			if err := os.WriteFile(victim, []byte("not yours"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(victim, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			db, err := store.Open(t.Context(), dir)
			if err == nil {
				db.Close()
			}
			if !errors.Is(err, store.ErrUnsafe) {
				t.Errorf("Open says %v, want ErrUnsafe", err)
			}
			if b, err := os.ReadFile(victim); err != nil || string(b) != "not yours" {
				t.Errorf("the victim now has %q (%v)", b, err)
			}
		})
	}
}

func TestDanglingSymlinkMakesNoFile(t *testing.T) {
	dir := mkdir(t, filepath.Join(t.TempDir(), "home"), 0o700)
	target := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Symlink(target, filepath.Join(dir, store.FileName)); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), dir); !errors.Is(err, store.ErrUnsafe) {
		t.Errorf("Open says %v, want ErrUnsafe", err)
	}
	if _, err := os.Lstat(target); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the target of the link was made: %v", err)
	}
}

func TestWideModeOfTheFileIsNarrowed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes are a matter of access lists there") //nolint:forbidigo // Windows
	}
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
