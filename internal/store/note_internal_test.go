package store

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
)

// A note does not wait for the disk, a write does, and one does not change what the other is.
func TestNotesDoNotWaitForTheDisk(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "oaklock"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	level := func() (n int) {
		if err := db.writer.QueryRow("PRAGMA synchronous").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for range 2 {
		if n := level(); n != 1 {
			t.Errorf("before a write synchronous is %d, want 1 (NORMAL)", n)
		}
		err := db.Write(t.Context(), func(tx *sql.Tx) error {
			var n int
			err := tx.QueryRow("PRAGMA synchronous").Scan(&n)
			if n != 2 {
				t.Errorf("in a write synchronous is %d, want 2 (FULL)", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	const note = "INSERT INTO setting (name, value) VALUES (?, ?)"
	for _, name := range []string{"a", "b"} {
		if err := db.Note(t.Context(), note, name, "1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Note(t.Context(), note, "a", "2"); err == nil {
		t.Error("the same name twice was taken")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Note(ctx, note, "c", "1"); err == nil {
		t.Error("a note was taken after its context had ended")
	}
	if m, err := db.Settings(t.Context()); err != nil || len(m) != 2 || m["a"] != "1" {
		t.Errorf("settings are %v (%v)", m, err)
	}
}
