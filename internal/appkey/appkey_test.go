package appkey_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/appkey"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/store"
)

func open(t *testing.T, dir string) (*appkey.Ring, *store.DB) {
	t.Helper()
	db, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	r, err := appkey.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return r, db
}

// add makes an app and gives its key.
func add(t *testing.T, r *appkey.Ring, name string) string {
	t.Helper()
	key, sum := appkey.Make()
	if _, err := r.Add(t.Context(), name, sum.String(), appkey.Hint(key)); err != nil {
		t.Fatal(err)
	}
	return key
}

func TestKeysAreNew(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		key, sum := appkey.Make()
		if seen[key] || !strings.HasPrefix(key, "oaklock-app-") || len(key) != 55 || sum != appkey.SumOf(key) {
			t.Fatalf("key %q, sum %s", key, sum)
		}
		seen[key] = true
		if back, err := appkey.ParseSum(sum.String()); err != nil || back != sum {
			t.Errorf("%s: %v", sum, err)
		}
	}
	for _, bad := range []string{"", "00", strings.Repeat("0", 63), strings.Repeat("0", 66), strings.Repeat("A", 64), strings.Repeat("g", 64)} {
		if _, err := appkey.ParseSum(bad); !errors.Is(err, appkey.ErrSum) {
			t.Errorf("%q is a sum: %v", bad, err)
		}
	}
}

func TestParseTakesAKeyAndNothingNearIt(t *testing.T) {
	key, sum := appkey.Make()
	if got, err := appkey.Parse(key); err != nil || got != sum {
		t.Errorf("%v, %v", got, err)
	}
	rest := strings.TrimPrefix(key, "oaklock-app-")
	for _, bad := range []string{"", "oaklock-app-", rest, key + "A", key[:54], "oaklock-app-" + rest[:42] + "\n", " " + key, strings.ToUpper(key), "oaklock-app-" + rest[:42] + "=",
		"oaklock-app-" + rest[:20] + "\n\n" + rest[22:] + "AA", "oaklock-app-" + strings.Repeat("!", 43)} {
		if _, err := appkey.Parse(bad); !errors.Is(err, appkey.ErrKey) {
			t.Errorf("%q is a key: %v", bad, err)
		}
	}
}

// What Remove gave back is as it was: its key opens the same, also after a restart, and it is as old as before.
func TestRestore(t *testing.T) {
	dir := t.TempDir() + "/home"
	r, db := open(t, dir)
	key := add(t, r, "notes")
	before := r.List()
	app, err := r.Remove(t.Context(), "notes")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Restore(t.Context(), app); err != nil || r.Find(key).String() != "app:notes" || r.List()[0] != before[0] {
		t.Errorf("%+v, %v", r.List(), err)
	}
	if err := r.Restore(t.Context(), app); !errors.Is(err, appkey.ErrTaken) {
		t.Errorf("restored twice: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	r, _ = open(t, dir)
	if r.Find(key).String() != "app:notes" || !r.List()[0].Added.Equal(before[0].Added) {
		t.Errorf("after a restart: %+v", r.List())
	}
}

func TestFindKnowsTheKeyAndNothingNearIt(t *testing.T) {
	r, _ := open(t, t.TempDir()+"/home")
	if o := r.Find(""); !o.IsZero() {
		t.Errorf("an empty ring knows the empty key as %v", o)
	}
	notes, other := add(t, r, "notes"), add(t, r, "other")
	if got := r.Find(notes).String() + " " + r.Find(other).String(); got != "app:notes app:other" {
		t.Errorf("found %s", got)
	}
	last := byte('A')
	if notes[54] == last {
		last = 'B'
	}
	_, sum := appkey.Make()
	for _, near := range []string{"", notes[:54], notes + "a", " " + notes, strings.ToUpper(notes), notes[:54] + string(last), "oaklock-app-", appkey.SumOf(notes).String(), sum.String()} {
		if o := r.Find(near); !o.IsZero() {
			t.Errorf("%q is the key of %v", near, o)
		}
	}
	for range 2000 { // a sum that was compared in part would be met
		if other, _ := appkey.Make(); !r.Find(other).IsZero() {
			t.Fatalf("%q is the key of %v", other, r.Find(other))
		}
	}
	if list := r.List(); len(list) != 2 || list[0].Name() != "notes" || list[0].Hint != notes[51:] || list[0].Added.IsZero() {
		t.Errorf("%+v", list)
	}
}

// What was added is there after a restart, what was removed is not, and no file has the key.
func TestAppsSurvive(t *testing.T) {
	dir := t.TempDir() + "/home"
	r, db := open(t, dir)
	kept, gone := add(t, r, "kept"), add(t, r, "gone")
	if _, err := r.Remove(t.Context(), "gone"); err != nil || !r.Find(gone).IsZero() {
		t.Errorf("removed: %v", err)
	}
	if _, err := r.Remove(t.Context(), "gone"); !errors.Is(err, appkey.ErrNotFound) {
		t.Errorf("removed again: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	r, _ = open(t, dir)
	if r.Find(kept).String() != "app:kept" || !r.Find(gone).IsZero() || len(r.List()) != 1 {
		t.Errorf("after a restart: %+v", r.List())
	}
	files, err := filepath.Glob(dir + "/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			continue // a socket
		}
		for _, key := range []string{kept, gone} {
			if bytes.Contains(content, []byte(key[12:])) {
				t.Errorf("%s has a key", f)
			}
		}
	}
}

func TestAddRefuses(t *testing.T) {
	r, _ := open(t, t.TempDir()+"/home")
	key := add(t, r, "notes")
	_, fresh := appkey.Make()
	for name, c := range map[string]struct {
		name, sum, hint string
		want            error
	}{
		"the same name":   {"notes", fresh.String(), "abcd", appkey.ErrTaken},
		"the same key":    {"other", appkey.SumOf(key).String(), "abcd", appkey.ErrTaken},
		"no name":         {"", fresh.String(), "abcd", origin.ErrAppName},
		"a site's name":   {"https://app.example", fresh.String(), "abcd", origin.ErrAppName},
		"a key for a sum": {"other", key, "abcd", appkey.ErrSum},
		"a long hint":     {"other", fresh.String(), key, appkey.ErrSum},
	} {
		if _, err := r.Add(t.Context(), c.name, c.sum, c.hint); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(r.List()) != 1 || r.Find(key).String() != "app:notes" {
		t.Errorf("a refused app changed something: %+v", r.List())
	}
	for n := 1; ; n++ {
		_, sum := appkey.Make()
		_, err := r.Add(t.Context(), fmt.Sprint("app", n), sum.String(), "abcd")
		if errors.Is(err, appkey.ErrTooMany) && n == 200 {
			break
		}
		if err != nil || n > 200 {
			t.Fatalf("%d: %v", n, err)
		}
	}
}

// A row that was edited into something else opens nothing.
func TestEditedRowsAreLeftOut(t *testing.T) {
	dir := t.TempDir() + "/home"
	r, db := open(t, dir)
	key := add(t, r, "notes")
	err := db.Write(t.Context(), func(tx *sql.Tx) error {
		return errors.Join(
			exec(t.Context(), tx, "UPDATE app SET name = 'https://app.example'"),
			exec(t.Context(), tx, "INSERT INTO app VALUES ('short', 'abcd', 'abcd', 1), ('long', '"+strings.Repeat("0", 64)+"', '12345', 1)"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	r, _ = open(t, dir)
	if o := r.Find(key); !o.IsZero() || len(r.List()) != 0 {
		t.Errorf("%v, %+v", o, r.List())
	}
}

func exec(ctx context.Context, tx *sql.Tx, query string) error {
	_, err := tx.ExecContext(ctx, query)
	return err
}

// refuseWrites makes every change of an app fail, as a failing disk does, until it is released.
func refuseWrites(t *testing.T, db *store.DB) (release func()) {
	t.Helper()
	do := func(query string) {
		t.Helper()
		if err := db.Write(t.Context(), func(tx *sql.Tx) error { _, err := tx.Exec(query); return err }); err != nil {
			t.Fatal(err)
		}
	}
	do("CREATE TEMP TRIGGER no_app BEFORE DELETE ON main.app BEGIN SELECT RAISE(FAIL, 'the disk refuses'); END")
	return func() { t.Helper(); do("DROP TRIGGER no_app") }
}

// unsaved says what is removed and still in the database, as "marked names, lost names".
func unsaved(r *appkey.Ring) string {
	marked, lost := r.Unsaved()
	return fmt.Sprint(marked, lost)
}

// What could not be taken out of the database stays removed over a kill, and is taken out when that can be.
func TestARemovalThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir() + "/home"
	r, db := open(t, dir)
	kept, gone := add(t, r, "kept"), add(t, r, "gone")
	release := refuseWrites(t, db)
	if _, err := r.Remove(t.Context(), "gone"); err != nil || unsaved(r) != "[gone] []" {
		t.Errorf("removed: %v, unsaved %s", err, unsaved(r))
	}
	if err := r.SaveLate(t.Context()); err == nil || unsaved(r) != "[gone] []" {
		t.Errorf("tried again: %v, unsaved %s", err, unsaved(r))
	}
	for _, when := range []string{"a kill", "another kill"} { // nothing is closed
		again, _ := open(t, dir)
		if again.Find(kept).String() != "app:kept" || !again.Find(gone).IsZero() || unsaved(again) != "[gone] []" {
			t.Errorf("after %s: %+v, unsaved %s", when, again.List(), unsaved(again))
		}
	}
	release()
	if err := r.SaveLate(t.Context()); err != nil || unsaved(r) != "[] []" {
		t.Errorf("with room: %v, unsaved %s", err, unsaved(r))
	}
	again, db := open(t, dir)
	if !again.Find(gone).IsZero() || len(again.List()) != 1 || unsaved(again) != "[] []" || len(db.Marks().Left("app")) != 0 {
		t.Errorf("at the end: %+v, unsaved %s, marks %+v", again.List(), unsaved(again), db.Marks().Left("app"))
	}
}

// The mark of an app that was removed says nothing of one that has its name later.
func TestAnAppInThePlaceOfARemovedOne(t *testing.T) {
	for _, killed := range []bool{false, true} {
		dir := t.TempDir() + "/home"
		r, db := open(t, dir)
		old := add(t, r, "notes")
		release := refuseWrites(t, db)
		if _, err := r.Remove(t.Context(), "notes"); err != nil {
			t.Fatal(err)
		}
		release()
		if killed {
			r, db = open(t, dir)
		}
		now := add(t, r, "notes")
		if unsaved(r) != "[] []" || len(db.Marks().Left("app")) != map[bool]int{true: 1}[killed] {
			t.Errorf("unsaved %s", unsaved(r))
		}
		if err := r.SaveLate(t.Context()); err != nil {
			t.Error(err)
		}
		if err := db.Marks().Put("app", "notes", []byte(appkey.SumOf(old).String())); err != nil { // a kill came before it was dropped
			t.Fatal(err)
		}
		again, _ := open(t, dir)
		if again.Find(now).String() != "app:notes" || !again.Find(old).IsZero() || unsaved(again) != "[] []" {
			t.Errorf("after a kill: %+v, unsaved %s", again.List(), unsaved(again))
		}
		if _, db := open(t, dir); len(db.Marks().Left("app")) != 0 {
			t.Errorf("a mark that says nothing is kept: %+v", db.Marks().Left("app"))
		}
	}
}

// Where a removal can be neither written nor noted, that is said, and it is in force all the same.
func TestARemovalThatCannotBeNoted(t *testing.T) {
	dir := t.TempDir() + "/home"
	if err := errors.Join(store.CheckDir(dir), os.Mkdir(filepath.Join(dir, store.MarksName), 0o700)); err != nil {
		t.Fatal(err)
	}
	r, db := open(t, dir)
	key := add(t, r, "gone")
	release := refuseWrites(t, db)
	if app, err := r.Remove(t.Context(), "gone"); err == nil || app.Name() != "gone" || !r.Find(key).IsZero() || unsaved(r) != "[] [gone]" {
		t.Errorf("removed: %+v, %v, unsaved %s", app, err, unsaved(r))
	}
	release()
	if err := r.SaveLate(t.Context()); err != nil || unsaved(r) != "[] []" {
		t.Errorf("with room: %v, unsaved %s", err, unsaved(r))
	}
	if again, _ := open(t, dir); len(again.List()) != 0 {
		t.Errorf("after a kill: %+v", again.List())
	}
}
