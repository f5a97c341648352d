package store_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/oaklock/oaklock/internal/store"
)

func macOf(key string) store.MAC {
	return func(message []byte) (sum [sha256.Size]byte, ok bool) {
		h := hmac.New(sha256.New, []byte(key))
		h.Write(message)
		return [sha256.Size]byte(h.Sum(nil)), true
	}
}

var mac = macOf("the key of the seal")

func seal(t testing.TB, db *store.DB, least int64, adopt bool) store.Verdict {
	t.Helper()
	v, err := db.Seal().Open(t.Context(), mac, least, adopt)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func provider(t testing.TB, db *store.DB, id, json string) {
	t.Helper()
	if err := db.SetProviderRow(t.Context(), id, json); err != nil {
		t.Fatal(err)
	}
}

// outside changes the database as another program would.
func outside(t testing.TB, dir string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(s, err)
		}
	}
}

func names(rows []store.Row) (out []string) {
	for _, r := range rows {
		out = append(out, fmt.Sprint(r.Table, r.Key()))
	}
	return out
}

// sealedProfile has two settings and a provider, sealed and closed, and says the counter.
func sealedProfile(t testing.TB) (dir string, counter int64) {
	t.Helper()
	dir = profile(t)
	db := open(t, dir)
	seal(t, db, 0, true)
	set(t, db, "questions", "off")
	set(t, db, "wait", "5s")
	provider(t, db, "acme", `{"a":1}`)
	counter = db.Seal().Counter()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, counter
}

func TestASealedDatabaseIsProven(t *testing.T) {
	dir, counter := sealedProfile(t)
	if counter != 4 {
		t.Errorf("four changes made the counter %d", counter)
	}
	db := open(t, dir)
	if db.Seal().Proven("setting", "wait") {
		t.Error("proven without the key")
	}
	for _, least := range []int64{0, counter - 1, counter} { // the keychain may lag
		if v := seal(t, db, least, false); v.Whole || v.Old || len(v.Changed)+len(v.Gone) > 0 {
			t.Errorf("the keychain has %d: %+v", least, v)
		}
	}
	if !db.Seal().Proven("setting", "wait") || !db.Seal().Proven("provider_row", "acme") {
		t.Error("not proven")
	}
	set(t, db, "wait", "6s")
	set(t, db, "questions", "")
	db.Close()
	db = open(t, dir)
	if v := seal(t, db, counter+2, false); v.Whole || len(v.Changed)+len(v.Gone) > 0 {
		t.Errorf("after a change and a deletion: %+v", v)
	}
}

func TestWhatSomebodyElseDidIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		do            []string
		changed, gone []string
		whole         bool
	}{
		"nothing":                {},
		"an edited row":          {do: []string{`UPDATE setting SET value = 'on' WHERE name = 'questions'`}, changed: []string{"setting[questions]"}},
		"another name":           {do: []string{`UPDATE setting SET name = 'wait2' WHERE name = 'wait'`}, changed: []string{"setting[wait2]"}, gone: []string{"setting[wait]"}},
		"a new row":              {do: []string{`INSERT INTO provider_row VALUES ('evil', '{}')`}, changed: []string{"provider_row[evil]"}},
		"a deleted row":          {do: []string{`DELETE FROM setting WHERE name = 'questions'`}, gone: []string{"setting[questions]"}},
		"an exchanged mark":      {do: []string{`UPDATE seal_mark SET mark = (SELECT mark FROM seal_mark WHERE name = 'wait') WHERE name = 'questions'`}, changed: []string{"provider_row[acme]", "setting[questions]", "setting[wait]"}, whole: true},
		"row and mark":           {do: []string{`DELETE FROM setting WHERE name = 'questions'`, `DELETE FROM seal_mark WHERE name = 'questions'`}, changed: []string{"provider_row[acme]", "setting[wait]"}, whole: true},
		"a lower counter":        {do: []string{`UPDATE seal SET counter = 1`}, changed: []string{"provider_row[acme]", "setting[questions]", "setting[wait]"}, whole: true},
		"a higher counter":       {do: []string{`UPDATE seal SET counter = 100`}, changed: []string{"provider_row[acme]", "setting[questions]", "setting[wait]"}, whole: true},
		"no seal":                {do: []string{`DELETE FROM seal`, `DELETE FROM seal_mark`}, changed: []string{"provider_row[acme]", "setting[questions]", "setting[wait]"}, whole: true},
		"a mark that is no mark": {do: []string{`UPDATE seal_mark SET mark = x'00' WHERE name = 'wait'`}, changed: []string{"provider_row[acme]", "setting[questions]", "setting[wait]"}, whole: true},
		"another kind of value":  {do: []string{`UPDATE provider_row SET json = '{"a":1}' || char(0)`}, changed: []string{"provider_row[acme]"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir, counter := sealedProfile(t)
			outside(t, dir, c.do...)
			db := open(t, dir)
			v := seal(t, db, counter, false)
			if !slices.Equal(names(v.Changed), c.changed) || !slices.Equal(names(v.Gone), c.gone) || v.Whole != c.whole {
				t.Errorf("%+v", v)
			}
			for _, r := range v.Changed {
				if db.Seal().Proven(r.Table, r.Key()...) {
					t.Errorf("%v is proven", r)
				}
			}
			// What the user says from now on is proven, at the next start too, and what was not stays so.
			set(t, db, "theme", "dark")
			set(t, db, "questions", "off")
			db.Close()
			again := open(t, dir)
			w := seal(t, again, counter+2, false)
			want := slices.DeleteFunc(c.changed, func(s string) bool { return s == "setting[questions]" })
			if !slices.Equal(names(w.Changed), want) || w.Whole || len(w.Gone) > 0 || !again.Seal().Proven("setting", "theme") || !again.Seal().Proven("setting", "questions") {
				t.Errorf("at the next start: %+v", w)
			}
			// Until the user says that all is well.
			seal(t, again, 0, true)
			again.Close()
			last := open(t, dir)
			if w := seal(t, last, 0, false); w.Whole || len(w.Changed)+len(w.Gone) > 0 {
				t.Errorf("after the user's word: %+v", w)
			}
		})
	}
}

// A row that was in force once, with its mark of then, does not come back.
func TestADeletedRowCannotBePutBack(t *testing.T) {
	dir, counter := sealedProfile(t)
	db := open(t, dir)
	seal(t, db, counter, false)
	var mark []byte
	if err := db.SQL().QueryRow(`SELECT mark FROM seal_mark WHERE name = 'acme'`).Scan(&mark); err != nil {
		t.Fatal(err)
	}
	provider(t, db, "acme", "")
	db.Close()
	outside(t, dir, `INSERT INTO provider_row VALUES ('acme', '{"a":1}')`, fmt.Sprintf(`INSERT INTO seal_mark VALUES ('provider_row', 'acme', x'%x')`, mark))
	db = open(t, dir)
	if v := seal(t, db, counter+1, false); !v.Whole || db.Seal().Proven("provider_row", "acme") {
		t.Errorf("%+v", v)
	}
}

// A whole database from before is told by its counter.
func TestAnOldCopyIsSeen(t *testing.T) {
	dir, counter := sealedProfile(t)
	db := open(t, dir)
	if v := seal(t, db, counter+1, false); !v.Old || !v.Whole || db.Seal().Proven("setting", "wait") {
		t.Errorf("%+v", v)
	}
	set(t, db, "wait", "7s")
	if got := db.Seal().Counter(); got != counter+2 {
		t.Errorf("the counter is %d: the old copy would not be told from the new", got)
	}
	if _, err := db.Seal().Open(t.Context(), macOf("another key"), 0, false); err != nil {
		t.Fatal(err)
	}
	if db.Seal().Proven("setting", "wait") {
		t.Error("proven with another key")
	}
}

// What was written before the key came gets its marks with it; what was there before does not.
func TestChangesBeforeTheKey(t *testing.T) {
	dir, counter := sealedProfile(t)
	outside(t, dir, `UPDATE setting SET value = '1s' WHERE name = 'wait'`)
	db := open(t, dir)
	set(t, db, "theme", "dark")
	set(t, db, "questions", "")
	provider(t, db, "acme", `{"a":2}`)
	if db.Seal().Counter() != counter || db.Seal().Proven("setting", "theme") {
		t.Error("sealed without a key")
	}
	if v := seal(t, db, counter, false); v.Whole || !slices.Equal(names(v.Changed), []string{"setting[wait]"}) || len(v.Gone) > 0 {
		t.Errorf("%+v", v)
	}
	if !db.Seal().Proven("setting", "theme") || !db.Seal().Proven("provider_row", "acme") || db.Seal().Proven("setting", "wait") {
		t.Error("what is proven is wrong")
	}
	db.Close()
	db = open(t, dir)
	if v := seal(t, db, counter+1, false); v.Whole || !slices.Equal(names(v.Changed), []string{"setting[wait]"}) || len(v.Gone) > 0 {
		t.Errorf("after a restart: %+v", v)
	}
}

// Who changes a row between our writing it and the coming of the key does not get our mark for it.
func TestTheKeyDoesNotSealWhatChangedMeanwhile(t *testing.T) {
	dir := profile(t)
	db := open(t, dir)
	set(t, db, "questions", "off")
	outside(t, dir, `UPDATE setting SET value = 'on'`)
	seal(t, db, 0, true)
	if db.Seal().Proven("setting", "questions") {
		t.Error("somebody else's value is proven")
	}
}

func TestAFailedChangeLeavesTheSealAsItWas(t *testing.T) {
	dir, counter := sealedProfile(t)
	db := open(t, dir)
	seal(t, db, counter, false)
	stop := errors.New("stop")
	err := db.WriteSealed(t.Context(), func(tx *sql.Tx, c *store.Changes) error {
		c.Put("setting", "wait")
		if _, err := tx.Exec("DELETE FROM setting"); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) || db.Seal().Counter() != counter || !db.Seal().Proven("setting", "wait") {
		t.Errorf("%v, counter %d", err, db.Seal().Counter())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.SetSetting(ctx, "wait", "9s"); err == nil {
		t.Error("a cancelled change was made")
	}
	db.Close()
	db = open(t, dir)
	if v := seal(t, db, counter, false); v.Whole || len(v.Changed)+len(v.Gone) > 0 {
		t.Errorf("%+v", v)
	}
}

func TestRowsOfOneSite(t *testing.T) {
	dir := profile(t)
	db := open(t, dir)
	seal(t, db, 0, true)
	write := func(origins ...string) {
		t.Helper()
		err := db.WriteSealed(t.Context(), func(tx *sql.Tx, c *store.Changes) error {
			c.DropAll("denial", "https://a.example")
			if _, err := tx.Exec("DELETE FROM denial WHERE origin = 'https://a.example'"); err != nil {
				return err
			}
			for _, p := range origins {
				c.Put("denial", "https://a.example", p)
				if _, err := tx.Exec("INSERT INTO denial VALUES ('https://a.example', ?, 1, 2, 3)", p); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	write("", "openai", "mistral")
	write("openai")
	var n int
	if err := db.SQL().QueryRow("SELECT count(*) FROM seal_mark").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d marks, %v", n, err)
	}
	counter := db.Seal().Counter()
	db.Close()
	db = open(t, dir)
	if v := seal(t, db, counter, false); v.Whole || len(v.Changed)+len(v.Gone) > 0 || !db.Seal().Proven("denial", "https://a.example", "openai") {
		t.Errorf("%+v", v)
	}
}

// The clock of the grants moves all the time; that alone must not move the counter, for which the keychain is asked.
func TestTheClockDoesNotCount(t *testing.T) {
	dir, counter := sealedProfile(t)
	db := open(t, dir)
	seal(t, db, counter, false)
	for at := range 3 {
		err := db.WriteSealed(t.Context(), func(tx *sql.Tx, c *store.Changes) error {
			c.Put("grant_clock", "1")
			_, err := tx.Exec("INSERT OR REPLACE INTO grant_clock VALUES (1, ?, 0)", at)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := db.Seal().Counter(); got != counter {
		t.Errorf("the counter went from %d to %d", counter, got)
	}
	db.Close()
	db = open(t, dir)
	if v := seal(t, db, counter, false); v.Whole || len(v.Changed)+len(v.Gone) > 0 {
		t.Errorf("%+v", v)
	}
	db.Close()
	outside(t, dir, "UPDATE grant_clock SET at = 0")
	db = open(t, dir)
	if v := seal(t, db, counter, false); v.Whole || !slices.Equal(names(v.Changed), []string{"grant_clock[1]"}) {
		t.Errorf("%+v", v)
	}
}

// A column that came later leaves the marks of before as they are, while it is 0, and is sealed from its first value on: it cannot be
// set back to what it was before there was one.
func TestAColumnThatCameLater(t *testing.T) {
	const before = "2c018bb9929d2d11f9607988e4c0951f445404ebd4c4850fdeb86cb9c4b17dd8" // as it was made without the column
	dir := profile(t)
	reopen := func(want ...string) *store.DB {
		t.Helper()
		db := open(t, dir)
		v, err := db.Seal().Open(t.Context(), macOf("a"), 0, !db.Seal().Sealed())
		if err != nil || v.Whole || !slices.Equal(names(v.Changed), want) {
			t.Errorf("%+v, %v; want %q", v, err, want)
		}
		return db
	}
	write := func(db *store.DB, complete int) {
		t.Helper()
		err := db.WriteSealed(t.Context(), func(tx *sql.Tx, c *store.Changes) error {
			c.Put("log_chain", "1")
			_, err := tx.ExecContext(t.Context(), `INSERT OR REPLACE INTO log_chain (one, after, root, last, head, broken, complete)
				VALUES (1, 2, zeroblob(32), 5, zeroblob(32), '', ?)`, complete)
			return err
		})
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	write(reopen(), 0)
	db := reopen()
	var mark []byte
	if err := db.SQL().QueryRowContext(t.Context(), "SELECT mark FROM seal_mark WHERE of = 'log_chain'").Scan(&mark); err != nil || fmt.Sprintf("%x", mark) != before {
		t.Errorf("the mark is %x, %v", mark, err)
	}
	db.Close()
	outside(t, dir, "UPDATE log_chain SET complete = 7")
	reopen("log_chain[1]").Close()
	outside(t, dir, "UPDATE log_chain SET complete = 0")
	write(reopen(), 7)
	reopen().Close()
	outside(t, dir, "UPDATE log_chain SET complete = 0")
	reopen("log_chain[1]").Close()
}

func BenchmarkWriteSealed(b *testing.B) {
	db := open(b, profile(b))
	seal(b, db, 0, true)
	for i := range 1000 {
		set(b, db, fmt.Sprint("s", i), "x")
	}
	for n := 0; b.Loop(); n++ {
		set(b, db, "a", fmt.Sprint(n))
	}
}
