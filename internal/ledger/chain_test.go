package ledger_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/store"
)

// testMAC is the seal's, with a key that every start has.
func testMAC(message []byte) (sum [sha256.Size]byte, ok bool) {
	h := hmac.New(sha256.New, []byte("the key of the seal"))
	h.Write(message)
	return [sha256.Size]byte(h.Sum(nil)), true
}

// logbook is a ledger that a test stops, changes from outside and starts again.
type logbook struct {
	*testing.T
	*ledger.Ledger
	dir string
	db  *store.DB
	o   ledger.Options
}

func logbookOf(t *testing.T, lines int) *logbook { return logbookWith(t, ledger.Options{}, lines) }

func logbookWith(t *testing.T, o ledger.Options, lines int) *logbook {
	t.Helper()
	b := &logbook{T: t, dir: filepath.Join(t.TempDir(), "oaklock"), o: o}
	b.start()
	t.Cleanup(b.stop)
	b.write(lines)
	return b
}

// start opens the ledger, and the seal after that, as the agent does.
func (b *logbook) start() {
	b.Helper()
	b.locked()
	b.unlock()
}

// locked opens the ledger while the key of the seal is not there.
func (b *logbook) locked() {
	b.Helper()
	b.db = openDB(b, b.dir)
	var err error
	if b.Ledger, err = ledger.Open(b.Context(), b.db, b.o); err != nil {
		b.Fatal(err)
	}
}

// unlock does as the agent does when the key of the seal is there.
func (b *logbook) unlock() store.Verdict {
	b.Helper()
	proven := b.db.Seal().Sealed()
	v, err := b.db.Seal().Open(b.Context(), testMAC, 0, false)
	if err != nil {
		b.Fatal(err)
	}
	row := store.RowOf("log_chain", "1")
	proven = proven && !v.Whole && !slices.Contains(v.Changed, row) && !slices.Contains(v.Gone, row)
	if err := b.Unlocked(b.Context(), proven); err != nil {
		b.Fatal(err)
	}
	return v
}

// kill ends the ledger so that nothing is written any more.
func (b *logbook) kill() {
	_ = b.db.Close()
	_ = b.Close()
}

func (b *logbook) stop() {
	_ = b.Close()
	_ = b.db.Close()
}

// write writes served lines, and as many refusals.
func (b *logbook) write(lines int) {
	b.Helper()
	for i := range lines {
		r := money(request(b, fmt.Sprintf("app%d.example", i%2)), 40)
		r.Credential = "personal"
		settle(b, b.Ledger, r, known(int64(1+i)))
		b.Refuse(r, 403, fmt.Sprint("code", i))
	}
	if _, err := b.Entries(b.Context(), ledger.Filter{Limit: 1}); err != nil {
		b.Fatal(err)
	}
}

// outside changes the file while the ledger is not running, as another program can.
func (b *logbook) outside(statements ...string) {
	b.Helper()
	db, err := sql.Open("sqlite", filepath.Join(b.dir, store.FileName))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		res, err := db.ExecContext(b.Context(), s)
		if err != nil {
			b.Fatal(s, err)
		}
		if n, _ := res.RowsAffected(); n == 0 {
			b.Fatal(s, "changed nothing")
		}
	}
}

func (b *logbook) verify() ledger.Check {
	b.Helper()
	c, err := b.Verify(b.Context(), false)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func (b *logbook) whole(lines int64) {
	b.Helper()
	if c := b.verify(); c.Break != nil || c.Lines != lines {
		b.Errorf("of %d lines: %+v, %+v", lines, c, c.Break)
	}
}

func (b *logbook) broken(want ledger.Break) {
	b.Helper()
	if c := b.verify(); c.Break == nil || *c.Break != want {
		b.Errorf("found %+v, want %+v", c.Break, want)
	}
}

func TestTheLogIsChained(t *testing.T) {
	b := logbookOf(t, 0)
	b.whole(0)
	b.write(6)
	b.whole(12)
	b.stop()
	b.start()
	b.whole(12)
	b.write(3)
	b.whole(18)
	b.stop()
	b.locked() // refusals that are written before the key is there are chained too; what was reserved waits
	b.write(2)
	b.whole(20)
	b.stop()
	b.locked()
	b.write(1)
	b.whole(21)
	if v := b.unlock(); len(v.Changed)+len(v.Gone) > 0 {
		t.Errorf("after a run without the key %+v", v)
	}
	b.whole(24)
	b.write(1)
	b.whole(26)
	if id, hash := b.Head(); id != 26 || len(hash) != 64 {
		t.Errorf("the newest line is %d, %q", id, hash)
	}
}

// columns are those of a line, with their types.
func (b *logbook) columns() map[string]string {
	b.Helper()
	db, err := sql.Open("sqlite", filepath.Join(b.dir, store.FileName))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(b.Context(), "SELECT name, type FROM pragma_table_info('entry')")
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	columns := map[string]string{}
	for rows.Next() {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			b.Fatal(err)
		}
		columns[name] = kind
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return columns
}

// Every column of a line is covered, so that none that is added later is forgotten.
func TestEveryColumnIsChained(t *testing.T) {
	b := logbookOf(t, 3)
	b.stop()
	columns := b.columns()
	if len(columns) < 25 {
		t.Fatal(columns)
	}
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		to, back := name+" + 1", name+" - 1"
		switch {
		case name == "id":
			to, back = "id + 100", "id - 100"
		case name == "refused" || name == "estimated":
			to, back = "1 - "+name, "1 - "+name
		case columns[name] == "TEXT":
			to, back = name+" || 'x'", "substr("+name+", 1, length("+name+") - 1)"
		case columns[name] == "BLOB":
			to, back = "CAST(CAST("+name+" AS TEXT) || 'x' AS BLOB)", "substr("+name+", 1, length("+name+") - 1)"
		}
		b.outside("UPDATE entry SET " + name + " = " + to + " WHERE id = 3")
		b.locked()
		found := b.verify().Break
		if found == nil || found.Kind != ledger.LineChanged || found.Line != 3 && name != "id" {
			t.Errorf("with another %s the log is found %+v", name, found)
		}
		b.stop()
		b.outside("UPDATE entry SET " + name + " = " + back + " WHERE id = " + map[bool]string{true: "103", false: "3"}[name == "id"])
	}
	b.locked()
	b.whole(6)
}

func TestWhatIsDoneToTheLogShows(t *testing.T) {
	const columns = "time, origin, provider, endpoint, model, credential, grant_id, status, code, refused, count, input, output, cached_input," +
		" cache_write, reasoning, millis, bytes_in, bytes_out, day, tokens, cost, estimated, hold, hash"
	for name, c := range map[string]struct {
		outside []string
		want    ledger.Break
	}{
		"a line taken out":          {[]string{"DELETE FROM entry WHERE id = 4"}, ledger.Break{Kind: ledger.LineChanged, Line: 5}},
		"the first taken out":       {[]string{"DELETE FROM entry WHERE id = 1"}, ledger.Break{Kind: ledger.LineChanged, Line: 2}},
		"the newest taken out":      {[]string{"DELETE FROM entry WHERE id > 9"}, ledger.Break{Kind: ledger.EndMissing, Line: 9}},
		"all taken out":             {[]string{"DELETE FROM entry"}, ledger.Break{Kind: ledger.EndMissing}},
		"a copy put in at the end":  {[]string{"INSERT INTO entry (" + columns + ") SELECT " + columns + " FROM entry WHERE id = 12"}, ledger.Break{Kind: ledger.LineChanged, Line: 13}},
		"a line put in before":      {[]string{"INSERT INTO entry (id, " + columns + ") SELECT 0, " + columns + " FROM entry WHERE id = 12"}, ledger.Break{}},
		"two exchanged":             {[]string{"UPDATE entry SET id = 100 WHERE id = 4", "UPDATE entry SET id = 4 WHERE id = 5", "UPDATE entry SET id = 5 WHERE id = 100"}, ledger.Break{Kind: ledger.LineChanged, Line: 4}},
		"a line without a hash":     {[]string{"UPDATE entry SET hash = x'' WHERE id = 7"}, ledger.Break{Kind: ledger.LineChanged, Line: 7}},
		"the beginning moved":       {[]string{"UPDATE log_chain SET after = 5"}, ledger.Break{Kind: ledger.LineChanged, Line: 6}},
		"the end moved":             {[]string{"DELETE FROM entry WHERE id > 9", "UPDATE log_chain SET last = 9"}, ledger.Break{Kind: ledger.EndChanged, Line: 9}},
		"the end said to be before": {[]string{"UPDATE log_chain SET last = 9, head = (SELECT hash FROM entry WHERE id = 8)"}, ledger.Break{Kind: ledger.EndChanged, Line: 9}},
		"sums made less":            {[]string{"UPDATE usage SET cost = 0, tokens = 0 WHERE origin = 'https://app1.example'"}, ledger.Break{Kind: ledger.SumsLow}},
		"sums taken out":            {[]string{"DELETE FROM usage"}, ledger.Break{Kind: ledger.SumsLow}},
		"sums made more":            {[]string{"UPDATE usage SET cost = cost + 1 WHERE origin = 'https://app1.example'"}, ledger.Break{Kind: ledger.SumsHigh}},
		"tokens made more":          {[]string{"UPDATE usage SET tokens = tokens + 1 WHERE origin = 'https://app0.example'"}, ledger.Break{Kind: ledger.SumsHigh}},
		"a sum of nobody's put in":  {[]string{"UPDATE usage SET cost = 5 WHERE origin = ''"}, ledger.Break{Kind: ledger.SumsHigh}},
		"a sum put in":              {[]string{"INSERT INTO usage SELECT day, 'https://app9.example', provider, model, credential, 0, 0, 0, 0, 0, 0, 1, 0 FROM usage WHERE origin = 'https://app1.example'"}, ledger.Break{Kind: ledger.SumsHigh}},
	} {
		t.Run(name, func(t *testing.T) {
			b := logbookOf(t, 6)
			b.stop()
			b.outside(c.outside...)
			b.start()
			if c.want.Kind == "" { // it is before the beginning, which is said
				b.whole(12)
				if c := b.verify(); c.Before != 1 || c.First != 1 || c.Last != 12 {
					t.Errorf("%+v", c)
				}
				return
			}
			if c.want.Kind == ledger.SumsLow || c.want.Kind == ledger.SumsHigh {
				c.want.Day = entries(t, b.Ledger, ledger.Filter{Limit: 1})[0].Day
			}
			b.broken(c.want)
			b.write(1) // it goes on
			b.stop()
			b.start()
			if found := b.Broken(); found == nil || *found != c.want { // and is remembered, also before anybody has looked again
				t.Errorf("after a restart %+v is known", found)
			}
			if n := int64(len(entries(t, b.Ledger, ledger.Filter{Limit: 1000}))); n < 2 {
				t.Errorf("%d lines are there", n)
			}
			if err := b.Accept(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.write(2)
			if c.want.Kind == ledger.SumsLow {
				b.whole(4)
			}
			b.stop()
			b.start()
			b.whole(4)
		})
	}
}

// forge adds lines to a log that fit, and to its sums, as a program does that knows how Oaklock does it.
func (b *logbook) forge(write func(*logbook)) {
	b.Helper()
	b.stop()
	other := &logbook{T: b.T, dir: filepath.Join(b.TempDir(), "oaklock"), o: b.o}
	file, err := os.ReadFile(filepath.Join(b.dir, store.FileName))
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(store.CheckDir(other.dir), os.WriteFile(filepath.Join(other.dir, store.FileName), file, 0o600)); err != nil {
		b.Fatal(err)
	}
	other.outside("DELETE FROM seal; DELETE FROM seal_mark") // so that it goes on without a key
	other.locked()
	write(other)
	other.stop()
	b.outside("ATTACH '" + filepath.Join(other.dir, store.FileName) + "' AS other; INSERT OR REPLACE INTO usage SELECT * FROM other.usage;" +
		"INSERT INTO entry SELECT * FROM other.entry WHERE id > (SELECT max(id) FROM entry)")
}

// Lines that were put at the very end, and that fit, are found by what they cost: Oaklock writes none such without the key of the seal,
// and with it none without the row that says where the log ends.
func TestLinesAtTheEndThatFit(t *testing.T) {
	for _, ended := range []string{"as it should", "by a kill"} {
		t.Run("Oaklock ended "+ended, func(t *testing.T) {
			b := logbookOf(t, 6)
			if ended == "by a kill" {
				reserve(t, b.Ledger, money(request(t, "app0.example"), 40), 2)
				b.kill()
			}
			b.forge(func(b *logbook) { b.write(1) })
			b.start()
			b.broken(ledger.Break{Kind: ledger.EndAdded, Line: 13})
			b.stop()
			b.start()
			b.broken(ledger.Break{Kind: ledger.EndAdded, Line: 13})
			if err := b.Accept(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.stop()
			b.start()
			b.whole(0)
		})
	}
	t.Run("a refusal is not told from those of a closed keychain", func(t *testing.T) {
		b := logbookOf(t, 6)
		b.forge(func(b *logbook) { b.Refuse(request(b, "app9.example"), 403, "code") })
		b.start()
		b.whole(13)
	})
	t.Run("and the row that says where it ended taken out", func(t *testing.T) {
		b := logbookOf(t, 6)
		b.stop()
		b.outside("DELETE FROM log_chain", "DELETE FROM seal_mark WHERE of = 'log_chain'")
		b.start()
		b.broken(ledger.Break{Kind: ledger.EndAdded, Line: 1})
	})
}

// What was under way when Oaklock was killed counts at once, and gets its line when the key is there; what happens until then is no
// false alarm, however often it is killed.
func TestWhatWaitsForTheKey(t *testing.T) {
	b := logbookOf(t, 2)
	r := money(request(t, "app0.example"), 40)
	r.Credential = "personal"
	reserve(t, b.Ledger, r, 1)
	reserve(t, b.Ledger, r, 1)[0].Settle(known(7))
	used := b.AllUse().Used.CostDay + 40
	for _, end := range []func(){b.kill, b.stop, b.kill} {
		end()
		b.locked()
		if now := b.AllUse().Used.CostDay; now != used {
			t.Errorf("%d count, want %d", now, used)
		}
		b.Refuse(r, 423, "locked")
		for _, e := range entries(t, b.Ledger, ledger.Filter{Limit: 1000}) {
			if e.Code == "interrupted" {
				t.Fatalf("there is a line before the key: %+v", e)
			}
		}
	}
	b.unlock()
	b.whole(9)
	b.kill()
	b.start()
	b.whole(9)
	if now := b.AllUse().Used.CostDay; now != used {
		t.Errorf("at last %d count, want %d", now, used)
	}
}

// Sums are exactly their lines on the days of which all lines are there: not on those of which some have gone, that were confirmed, or
// that are from before this was looked at.
func TestSumsOfDaysThatAreComplete(t *testing.T) {
	d := diaryOf(t, "Europe/Berlin")
	more := func(date string) {
		t.Helper()
		d.stop()
		d.outside("UPDATE usage SET cost = cost + 1000, tokens = tokens + 1000 WHERE origin <> '' AND day = CAST(julianday('" + date + "') - 2440587.5 AS INTEGER)")
		d.start()
	}
	d.on("2026-01-01 12:00", "2026-01-02 12:00", "2026-04-02 12:00")
	d.retains("2026-04-02 12:00", 0)
	d.retains("2026-04-03 12:00", 2)
	more("2026-01-01")
	d.whole(4)
	more("2026-01-02")
	d.broken(ledger.Break{Kind: ledger.SumsHigh, Day: "2026-01-02"})
	if err := d.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	more("2026-04-02")
	d.whole(0)

	d.on("2026-04-03 13:00")
	d.stop()
	db := openDB(t, d.dir)
	if _, err := db.Seal().Open(t.Context(), testMAC, 0, false); err != nil {
		t.Fatal(err)
	}
	err := db.WriteSealed(t.Context(), func(tx *sql.Tx, c *store.Changes) error {
		c.Put("log_chain", "1")
		_, err := tx.ExecContext(t.Context(), "UPDATE log_chain SET complete = 0") // as an older Oaklock has left it
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	d.start()
	d.whole(2)
	more("2026-04-03")
	d.whole(2)
	d.on("2026-04-04 12:00")
	more("2026-04-04")
	d.broken(ledger.Break{Kind: ledger.SumsHigh, Day: "2026-04-04"})
}

// Who reckons the whole chain anew from a line on cannot write the row that says where it ends; the seal tells.
func TestAChainThatWasReckonedAnew(t *testing.T) {
	b := logbookOf(t, 6)
	b.stop()
	b.outside("UPDATE log_chain SET head = zeroblob(32)")
	b.locked()
	b.write(1) // what is written before the key is there does not make the row Oaklock's own
	v := b.unlock()
	if len(v.Changed) != 1 || v.Changed[0] != store.RowOf("log_chain", "1") || v.Whole {
		t.Errorf("the seal tells of %+v", v)
	}
}

// Who knows how hashes are made can reckon all of them anew behind a line that was changed. The sealed row knows the end of before, also
// where lines have come since that were not sealed; one that is written afterwards fits what was before.
func TestHashesThatWereReckonedAnew(t *testing.T) {
	end := ledger.Break{Kind: ledger.EndChanged, Line: 12}
	for name, c := range map[string]struct {
		since func(*logbook)
		want  ledger.Break
	}{
		"nothing since": {func(*logbook) {}, end},
		"lines since":   {func(b *logbook) { b.locked(); b.write(2); b.kill() }, end},
		"a line waits": {func(b *logbook) {
			b.locked()
			if _, err := b.Reserve(b.Context(), money(request(b, "app0.example"), 40)); err != nil {
				b.Fatal(err)
			}
			b.kill()
		}, ledger.Break{Kind: ledger.LineChanged, Line: 13}},
	} {
		b := logbookOf(t, 6)
		b.stop()
		c.since(b)
		b.outside("UPDATE entry SET code = 'other' WHERE id = 4")
		db, err := sql.Open("sqlite", filepath.Join(b.dir, store.FileName))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(ledger.Reckon(t.Context(), db), db.Close()); err != nil {
			t.Fatal(err)
		}
		b.start()
		if found := b.verify().Break; found == nil || *found != c.want {
			t.Errorf("%s: found %+v", name, found)
		}
	}
}

// The keychain remembers a line; a log from before that line is an older copy.
func TestWhatTheKeychainRemembers(t *testing.T) {
	b := logbookOf(t, 2)
	first, early := b.Head()
	b.write(1)
	second, late := b.Head()
	for _, c := range []struct {
		line int64
		hash string
		want bool
	}{
		{first, early, true}, {second, late, true}, {first, late, false}, {second + 1, late, false}, {second, strings.Repeat("0", 64), false}, {second, "rubbish", false},
	} {
		if ok, err := b.Holds(t.Context(), c.line, c.hash); ok != c.want || err != nil {
			t.Errorf("line %d with %s: %v, %v", c.line, c.hash, ok, err)
		}
	}
	if err := b.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	for line, hash := range map[int64]string{first: early, second: late} {
		if ok, err := b.Holds(t.Context(), line, hash); !ok || err != nil {
			t.Errorf("line %d, which is before the chain: %v, %v", line, ok, err)
		}
	}
}

// Lines stay as they were written, whatever our own code tries.
func TestLinesStay(t *testing.T) {
	b := logbookOf(t, 3)
	for _, s := range []string{"UPDATE entry SET cost = 0", "DELETE FROM entry WHERE id = 6", "DELETE FROM entry", "UPDATE entry SET hash = x'' WHERE id = 1"} {
		err := b.db.Write(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.ExecContext(t.Context(), s)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "line of the log") {
			t.Errorf("%s: %v", s, err)
		}
	}
	b.whole(6)
}

func TestALogFromBeforeTheChain(t *testing.T) {
	b := logbookOf(t, 3)
	b.stop()
	b.outside("UPDATE entry SET hash = x''", "DELETE FROM log_chain", "DELETE FROM seal_mark", "DELETE FROM seal")
	b.start()
	b.whole(0)
	b.write(2)
	b.whole(4)
	b.stop()
	b.start()
	b.whole(4)
	if c := b.verify(); c.Before != 6 || c.First != 7 || c.Last != 10 {
		t.Errorf("%+v", c)
	}
}
