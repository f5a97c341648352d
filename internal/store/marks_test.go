package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/store"
)

// marks are those that an earlier run left, as "kind name text".
func marks(t *testing.T, db *store.DB, kinds ...string) (out []string) {
	t.Helper()
	for _, kind := range kinds {
		for _, m := range db.Marks().Left(kind) {
			out = append(out, strings.Join([]string{m.Kind, m.Name, string(m.Text)}, " "))
		}
	}
	slices.Sort(out)
	return out
}

// What was marked is there after a kill, as it was marked last, and what was dropped is not.
func TestMarksOutlastAKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "oaklock")
	db := open(t, dir)
	for _, m := range [][3]string{{"site", "a", "1"}, {"site", "b", "1"}, {"site", "a", "2\x00"}, {"pause", "", ""}, {"pause", "b", "x"}} {
		if err := db.Marks().Put(m[0], m[1], []byte(m[2])); err != nil {
			t.Fatal(err)
		}
	}
	db.Marks().Drop("site", "b")
	db.Marks().Drop("site", "never put")
	again := open(t, dir) // nothing was closed
	if got, want := marks(t, again, "site", "pause", "other"), []string{"pause  ", "pause b x", "site a 2\x00"}; !slices.Equal(got, want) {
		t.Errorf("after a kill there are %q, want %q", got, want)
	}
	again.Marks().Drop("site", "a") // one of the earlier run
	if got := marks(t, open(t, dir), "site"); got != nil {
		t.Errorf("dropped, and there are %q", got)
	}
	if err := db.Marks().Put("site", "long", make([]byte, store.SlotSize)); !errors.Is(err, store.ErrSlots) {
		t.Errorf("a mark that is too long is put: %v", err)
	}
}

// Where there can be no marks the database opens all the same, and says of each that it was not put.
func TestWithoutMarks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "oaklock")
	if err := errors.Join(store.CheckDir(dir), os.Mkdir(filepath.Join(dir, store.MarksName), 0o700)); err != nil {
		t.Fatal(err)
	}
	db := open(t, dir)
	if err := db.Marks().Put("site", "a", nil); err == nil {
		t.Error("a mark was put where there can be none")
	}
	db.Marks().Drop("site", "a")
}
