package store_test

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/store"
)

// profile is a folder as CheckDir makes it; t.TempDir itself is open to others.
func profile(t testing.TB) string { return filepath.Join(t.TempDir(), "oaklock") }

// odd is a name as it may be here: Windows takes no question mark in one.
func odd(name string) string {
	if runtime.GOOS == "windows" {
		return strings.ReplaceAll(name, "?", "")
	}
	return name
}

func open(t testing.TB, dir string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func set(t testing.TB, db *store.DB, name, value string) {
	t.Helper()
	if err := db.SetSetting(t.Context(), name, value); err != nil {
		t.Fatal(err)
	}
}

func settings(t testing.TB, db *store.DB) map[string]string {
	t.Helper()
	m, err := db.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPairsAreKept(t *testing.T) {
	dir := profile(t)
	db := open(t, dir)
	set(t, db, "wait", "5s")
	set(t, db, "wait", "7s")
	set(t, db, "port", "6255")
	set(t, db, "port", "")
	if err := db.SetProviderRow(t.Context(), "acme", `{"base":"https://acme.example/v1"}`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	db = open(t, dir)
	if got, want := settings(t, db), map[string]string{"wait": "7s"}; !maps.Equal(got, want) {
		t.Errorf("settings are %v, want %v", got, want)
	}
	rows, err := db.ProviderRows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"acme": `{"base":"https://acme.example/v1"}`}; !maps.Equal(rows, want) {
		t.Errorf("provider rows are %v, want %v", rows, want)
	}
	if db.Recovered != "" {
		t.Errorf("a healthy database was moved to %s", db.Recovered)
	}
}

// A setting can be read while nobody has the database open, and reading makes nothing.
func TestSavedSetting(t *testing.T) {
	dir := filepath.Join(t.TempDir(), odd("a?b%c"))
	saved := func(want string) {
		t.Helper()
		if got, err := store.SavedSetting(t.Context(), dir, "port"); err != nil || got != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	saved("")
	if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reading made the folder: %v", err)
	}
	db, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	saved("")
	if err := db.SetSetting(t.Context(), "port", "7000"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	saved("7000")
}

func TestFilesAreForTheUserAlone(t *testing.T) {
	dir := profile(t)
	db := open(t, dir)
	set(t, db, "a", "b") // makes -wal and -shm
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) < 3 {
		t.Fatalf("the folder has %v (%v)", entries, err)
	}
	for _, e := range entries {
		oaktest.Private(t, filepath.Join(dir, e.Name()))
	}
	oaktest.Private(t, dir)
}

func TestPragmasInForce(t *testing.T) {
	db := open(t, profile(t))
	err := db.Write(t.Context(), func(tx *sql.Tx) error {
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "trusted_schema": "0",
		} {
			var got string
			if err := tx.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil {
				return err
			}
			if got != want {
				t.Errorf("%s is %s, want %s", pragma, got, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	db := open(t, profile(t))
	if _, err := db.SQL().Exec("INSERT INTO setting VALUES ('a', 'b')"); err == nil {
		t.Error("a write went round Write")
	}
	if got := settings(t, db); len(got) != 0 {
		t.Errorf("settings are %v", got)
	}
}

func TestFailedWriteChangesNothing(t *testing.T) {
	db := open(t, profile(t))
	stop := errors.New("stop")
	insert := func(tx *sql.Tx) {
		if _, err := tx.Exec("INSERT INTO setting VALUES ('a', 'b')"); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Write(t.Context(), func(tx *sql.Tx) error { insert(tx); return stop }); !errors.Is(err, stop) {
		t.Errorf("Write returned %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = db.Write(t.Context(), func(tx *sql.Tx) error { insert(tx); panic("in the middle") })
	}()
	ctx, cancel := context.WithCancel(t.Context())
	if err := db.Write(ctx, func(tx *sql.Tx) error { insert(tx); cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled Write returned %v", err)
	}
	set(t, db, "c", "d") // the one connection is free again
	if got, want := settings(t, db), map[string]string{"c": "d"}; !maps.Equal(got, want) {
		t.Errorf("settings are %v, want %v", got, want)
	}
}

func TestFolderNamesAreNotParameters(t *testing.T) {
	dir := filepath.Join(t.TempDir(), odd("a?mode=memory&x=%41#b 'c'"))
	set(t, open(t, dir), "a", "b")
	if fi, err := os.Stat(filepath.Join(dir, store.FileName)); err != nil || fi.Size() == 0 {
		t.Errorf("the database is not where it should be: %v", err)
	}
}

func BenchmarkOpenNew(b *testing.B) {
	for b.Loop() {
		open(b, profile(b)).Close()
	}
}

func BenchmarkOpenExisting(b *testing.B) {
	dir := profile(b)
	db := open(b, dir)
	set(b, db, "a", "b")
	db.Close()
	for b.Loop() {
		open(b, dir).Close()
	}
}

func BenchmarkWrite(b *testing.B) {
	db := open(b, profile(b))
	for n := 0; b.Loop(); n++ {
		set(b, db, "a", strconv.Itoa(n)) // the same value again would write no page
	}
}
