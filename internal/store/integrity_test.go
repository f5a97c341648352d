package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/store"
)

// sample is a database with a few pages, closed cleanly.
func sample(t testing.TB) []byte {
	t.Helper()
	dir := profile(t)
	db := open(t, dir)
	err := db.Write(t.Context(), func(tx *sql.Tx) error {
		for i := range 200 {
			if _, err := tx.Exec("INSERT INTO setting VALUES (?, ?)", i, strings.Repeat("x", 100)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lay makes a profile folder with these files in it.
func lay(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := profile(t)
	if err := store.CheckDir(dir); err != nil {
		t.Fatal(err)
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestEmptyFileIsNew(t *testing.T) {
	db := open(t, lay(t, map[string][]byte{store.FileName: {}}))
	set(t, db, "a", "b")
	if db.Recovered != "" {
		t.Errorf("an empty file was moved to %s", db.Recovered)
	}
}

func TestBrokenFilesAreMovedAside(t *testing.T) {
	whole := sample(t)
	page := 4096
	flipped := bytes.Clone(whole)
	for i := len(flipped) - page; i < len(flipped); i++ { // the last page is full of settings
		flipped[i] ^= 0x5a
	}
	var foreign []byte
	{
		path := filepath.Join(t.TempDir(), "foreign.db")
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("CREATE TABLE setting (somebody TEXT, elses TEXT)"); err != nil {
			t.Fatal(err)
		}
		db.Close()
		if foreign, err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	for name, b := range map[string][]byte{
		"garbage":               bytes.Repeat([]byte("garbage! "), 2000),
		"zeroes after a crash":  make([]byte, len(whole)),
		"one byte":              whole[:1],
		"half a header":         whole[:50],
		"one page":              whole[:page],
		"all but one page":      whole[:len(whole)-page],
		"cut in a page":         whole[:len(whole)-page/2],
		"a damaged page":        flipped,
		"another program's":     foreign,
		"a header with nothing": append([]byte("SQLite format 3\x00"), make([]byte, 5000)...),
	} {
		t.Run(name, func(t *testing.T) {
			dir := lay(t, map[string][]byte{store.FileName: b})
			db := open(t, dir)
			if db.Recovered == "" {
				t.Fatalf("not found out; %d settings are left", len(settings(t, db)))
			}
			if kept, err := os.ReadFile(db.Recovered); err != nil || !bytes.Equal(kept, b) {
				t.Errorf("%s does not have the old bytes (%v)", db.Recovered, err)
			}
			if !strings.HasPrefix(db.Recovered, filepath.Join(dir, store.FileName+".broken-2")) {
				t.Errorf("moved to %s", db.Recovered)
			}
			set(t, db, "a", "b")
		})
	}
}

func TestLogGoesAsideWithItsDatabase(t *testing.T) {
	for name, b := range map[string][]byte{"garbage": []byte("garbage"), "empty": {}} {
		t.Run(name, func(t *testing.T) {
			log := bytes.Repeat([]byte("log"), 1000)
			dir := lay(t, map[string][]byte{store.FileName: b, store.FileName + "-wal": log})
			db := open(t, dir)
			if db.Recovered == "" {
				t.Fatal("not found out")
			}
			if kept, err := os.ReadFile(db.Recovered + "-wal"); err != nil || !bytes.Equal(kept, log) {
				t.Errorf("the log is lost (%v)", err)
			}
		})
	}
}

func TestTwoBrokenFilesInOneSecond(t *testing.T) {
	dir := profile(t)
	seen := make(map[string]bool)
	for range 3 {
		if err := store.CheckDir(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, store.FileName), []byte("garbage"), 0o600); err != nil {
			t.Fatal(err)
		}
		db := open(t, dir)
		if db.Recovered == "" || seen[db.Recovered] {
			t.Errorf("moved to %q", db.Recovered)
		}
		seen[db.Recovered] = true
		db.Close()
	}
	for path := range seen {
		if b, err := os.ReadFile(path); err != nil || string(b) != "garbage" {
			t.Errorf("%s has %q (%v)", path, b, err)
		}
	}
}

// A trigger put in from outside would run with Oaklock's own statements.
func TestForeignTriggersAreNotRun(t *testing.T) {
	dir := lay(t, map[string][]byte{store.FileName: sample(t)})
	raw, err := sql.Open("sqlite", filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec("CREATE TRIGGER t AFTER INSERT ON setting BEGIN INSERT INTO block VALUES ('https://a.example', 1); END"); err != nil {
		t.Fatal(err)
	}
	raw.Close()
	db := open(t, dir)
	if db.Recovered == "" {
		t.Error("not found out")
	}
	set(t, db, "a", "b")
	var n int
	if err := db.SQL().QueryRow("SELECT count(*) FROM block").Scan(&n); err != nil || n != 0 {
		t.Errorf("the trigger ran: %d (%v)", n, err)
	}
}

func TestNewerVersionIsNotTouched(t *testing.T) {
	dir := lay(t, map[string][]byte{store.FileName: sample(t)})
	path := filepath.Join(dir, store.FileName)
	raw, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec("PRAGMA user_version=1000"); err != nil {
		t.Fatal(err)
	}
	raw.Close()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	_, err = store.Open(t.Context(), dir)
	if !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), "version 1000") {
		t.Errorf("Open says %v, want ErrNewer", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file was changed (%v)", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder now has %v (%v)", entries, err)
	}
}

// SQLite would write the log back into the file, only because it looked.
func TestNewerVersionKeepsItsLog(t *testing.T) {
	dir := lay(t, map[string][]byte{store.FileName: sample(t)})
	raw, err := sql.Open("sqlite", filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec("PRAGMA user_version=1000; PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO setting VALUES ('late', 'yes')"); err != nil {
		t.Fatal(err)
	}
	crashed := make(map[string][]byte)
	for _, name := range []string{store.FileName, store.FileName + "-wal"} {
		if crashed[name], err = os.ReadFile(filepath.Join(dir, name)); err != nil || len(crashed[name]) == 0 {
			t.Fatalf("%s: %d bytes (%v)", name, len(crashed[name]), err)
		}
	}
	raw.Close()
	dir = lay(t, crashed)
	if _, err := store.Open(t.Context(), dir); !errors.Is(err, store.ErrNewer) {
		t.Errorf("Open says %v, want ErrNewer", err)
	}
	for name, before := range crashed {
		if after, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s was changed (%v)", name, err)
		}
	}
}

// The newer version may stand in the log alone, after a crash of the newer Oaklock.
func TestNewerVersionInTheLog(t *testing.T) {
	dir := lay(t, map[string][]byte{store.FileName: sample(t)})
	raw, err := sql.Open("sqlite", filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec("PRAGMA user_version=1000"); err != nil {
		t.Fatal(err)
	}
	copied := make(map[string][]byte) // as a crash leaves it: not closed
	for _, name := range []string{store.FileName, store.FileName + "-wal"} {
		if copied[name], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	raw.Close()
	if bytes.Contains(copied[store.FileName][:100], []byte{0, 0, 3, 232}) || len(copied[store.FileName+"-wal"]) == 0 {
		t.Fatal("the version is not in the log alone")
	}
	if _, err := store.Open(t.Context(), lay(t, copied)); !errors.Is(err, store.ErrNewer) {
		t.Errorf("Open says %v, want ErrNewer", err)
	}
}

// Whatever lies there, Open ends with a database that works or with an error, and never destroys what it found.
func FuzzOpen(f *testing.F) {
	whole := sample(f)
	f.Add(whole, []byte{})
	for n := 1; n < len(whole); n = n*2 + 1 {
		f.Add(whole[:n], []byte{})
		f.Add(whole[:len(whole)-n], []byte{})
		flipped := bytes.Clone(whole)
		flipped[n] ^= 0xff
		f.Add(flipped, []byte{})
	}
	f.Add([]byte{}, []byte("log"))
	f.Add(whole, whole[:200])
	f.Fuzz(func(t *testing.T, file, log []byte) {
		files := map[string][]byte{store.FileName: file}
		if len(log) > 0 {
			files[store.FileName+"-wal"] = log
		}
		dir := lay(t, files)
		db, err := store.Open(t.Context(), dir)
		if err != nil {
			if errors.Is(err, store.ErrNewer) {
				if after, _ := os.ReadFile(filepath.Join(dir, store.FileName)); len(log) == 0 && !bytes.Equal(after, file) {
					t.Error("a newer database was changed")
				}
			}
			return
		}
		defer db.Close()
		if db.Recovered != "" {
			if kept, err := os.ReadFile(db.Recovered); err != nil || !bytes.Equal(kept, file) && len(log) == 0 {
				t.Errorf("what was moved aside is not what was there (%v)", err)
			}
			set(t, db, "a", "b") // a fresh one works
		}
		_, _ = db.Settings(t.Context())
		_, _ = db.ProviderRows(t.Context())
	})
}
