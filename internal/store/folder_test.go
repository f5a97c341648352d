package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/store"
)

// made is a profile folder with nothing in it.
func made(t *testing.T) string {
	t.Helper()
	dir := profile(t)
	if err := store.CheckDir(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestMissingFolderIsMade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "config", "oaklock") // its parent is missing too
	if err := store.CheckDir(dir); err != nil {
		t.Fatal(err)
	}
	oaktest.Private(t, dir)
	if err := store.CheckDir(dir); err != nil {
		t.Errorf("the second look says %v", err)
	}
}

// A symlink in place of a file would make Oaklock write wherever it points.
func TestSymlinkedFiles(t *testing.T) {
	for _, name := range []string{"oaklock.db", "oaklock.db-wal", "oaklock.db-shm", "oaklock.db-journal"} {
		t.Run(name, func(t *testing.T) {
			dir := made(t)
			victim := filepath.Join(t.TempDir(), "victim")
			if err := os.WriteFile(victim, []byte("not yours"), 0o600); err != nil {
				t.Fatal(err)
			}
			oaktest.Link(t, victim, filepath.Join(dir, name))
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
	dir := made(t)
	target := filepath.Join(t.TempDir(), "elsewhere")
	oaktest.Link(t, target, filepath.Join(dir, store.FileName))
	if _, err := store.Open(t.Context(), dir); !errors.Is(err, store.ErrUnsafe) {
		t.Errorf("Open says %v, want ErrUnsafe", err)
	}
	if _, err := os.Lstat(target); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the target of the link was made: %v", err)
	}
}
