package ledger_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/provider"
	"github.com/oaklock/oaklock/internal/store"
)

// killed is a ledger on the same database as after a kill -9: nothing that was in memory alone is there.
func killed(t testing.TB, db *store.DB, l *ledger.Ledger, dir string, o ledger.Options) (*store.DB, *ledger.Ledger) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_ = l.Close() // what it wanted to write it cannot any more
	db, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err = ledger.Open(t.Context(), db, o)
	if err != nil {
		t.Fatal(err)
	}
	return db, l
}

// A kill between the transaction that writes a line and the freeing of what it had reserved.
func TestAWrittenLineIsNotCountedAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "oaklock")
	db := openDB(t, dir)
	l := openOn(t, db)
	r := money(request(t, "app.example"), 40)
	h, err := l.Reserve(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, ledger.HoldsName)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	h.Settle(known(5))
	entries(t, l, ledger.Filter{}) // it is written, and its slot free
	if err := os.WriteFile(file, before, 0o600); err != nil {
		t.Fatal(err)
	}
	db, l = killed(t, db, l, dir, ledger.Options{})
	defer func() { _ = l.Close(); _ = db.Close() }()
	if u := l.AllUse(); u.Used.CostDay != 5 || written(t, db) != 1 {
		t.Errorf("%+v, %d lines", u.Used, written(t, db))
	}
}

// What was settled, and not written before a kill, is written by the next run as it was settled.
func TestWhatWasSettledSurvivesAKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "oaklock")
	db := openDB(t, dir)
	l := openOn(t, db)
	settle(t, l, money(request(t, "app.example"), 40), known(1))
	entries(t, l, ledger.Filter{})
	stuck(t, db)
	usage := provider.NoUsage
	usage.Input, usage.Output = 3, 4
	for range 700 {
		o := known(7)
		o.Usage, o.Millis, o.BytesOut = usage, 5, 6
		settle(t, l, money(request(t, "app.example"), 40), o)
	}
	settle(t, l, money(request(t, "app.example"), 40), ledger.Outcome{Status: 504, Code: "upstream_timeout", Usage: provider.NoUsage})
	holds, err := os.ReadFile(filepath.Join(dir, ledger.HoldsName))
	if err != nil {
		t.Fatal(err)
	}
	l = openOn(t, openDB(t, asKilled(t, dir, holds)))
	if u := l.AllUse().Used; u.CostDay != 1+700*7+40 {
		t.Errorf("used %+v", u)
	}
	e := entries(t, l, ledger.Filter{Limit: 1000})
	if len(e) != 702 || e[0].Status != 504 || e[0].Refused || e[0].Cost != 40 || !e[0].Estimated {
		t.Fatalf("%d lines, the last %+v", len(e), e[0])
	}
	for _, e := range e[1:701] {
		if e.Status != 200 || e.Code != "" || e.Cost != 7 || e.Estimated || e.Usage.Input != 3 || e.Usage.Output != 4 || e.Usage.Reasoning != -1 || e.Millis != 5 || e.BytesOut != 6 {
			t.Fatalf("line %+v", e)
		}
	}
}

func TestWhatWasUnderWayCountsAsAWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "oaklock")
	db := openDB(t, dir)
	l := openOn(t, db)
	r := under(money(request(t, "app.example"), 40), grant.Limits{CostDay: 100})
	r.Credential, r.BytesIn = "personal", 7
	settle(t, l, r, known(5))
	entries(t, l, ledger.Filter{}) // so that it is written
	reserve(t, l, r, 2)
	for range 3 {
		db, l = killed(t, db, l, dir, ledger.Options{})
		if u := l.SiteUse(r.Origin, "openai"); u.Used.CostDay != 85 || u.Held.CostDay != 0 || u.Held.AtOnce != 0 {
			t.Fatalf("after a kill: %+v", u)
		}
		refusedBy(t, l, r)
	}
	e := entries(t, l, ledger.Filter{})
	if len(e) != 3 {
		t.Fatalf("lines %+v", e)
	}
	for _, e := range e[:2] {
		if e.Code != "interrupted" || e.Status != 0 || e.Cost != 40 || e.Tokens != 40 || !e.Estimated || e.Refused || e.Origin != r.Origin ||
			e.Model != r.Model || e.Credential != "personal" || e.BytesIn != 7 || e.GrantID != 1 || e.Usage.Output != -1 {
			t.Errorf("line %+v", e)
		}
	}
	if sum := l.Today(); sum.Cost != 85 || sum.Estimated != 80 || sum.Requests != 3 {
		t.Errorf("today %+v", sum)
	}
	if err := errors.Join(l.Close(), db.Close()); err != nil {
		t.Error(err)
	}
}

// The requests of the last minute count after a kill too, whether they were under way, or their line says that we answered in the
// provider's place.
func TestTheLastMinuteSurvivesAKill(t *testing.T) {
	for _, scope := range []ledger.Scope{ledger.Site, ledger.Key, ledger.All} {
		dir := filepath.Join(t.TempDir(), "oaklock")
		db := openDB(t, dir)
		l := openOn(t, db)
		r := money(request(t, "app.example"), 40)
		r.Time, r.Credential = time.Now(), "personal"
		settle(t, l, r, known(5))
		settle(t, l, r, ledger.Outcome{Status: 504, Code: "upstream_timeout"})
		l.Refuse(r, 403, "blocked")    // it never was one
		entries(t, l, ledger.Filter{}) // so that they are written
		reserve(t, l, r, 2)
		db, l = killed(t, db, l, dir, ledger.Options{})
		no := refusedBy(t, l, limited(t, l, r, scope, grant.RequestsPerMinute, 4))
		if no.Name != grant.RequestsPerMinute || no.Used != 4 || no.Retry <= 0 {
			t.Errorf("after a kill, the limit of the scope %s says %+v", scope, no)
		}
		reserve(t, l, limited(t, l, r, scope, grant.RequestsPerMinute, 5), 1)
		if err := errors.Join(l.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	}
}

// What was reserved on a date to come counts on the one that the clock was set back to, also where Oaklock was killed before any
// line had said that it was set back.
func TestAClockThatWasSetBackBeforeAKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "oaklock")
	today := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	w := &wall{t: today}
	o := ledger.Options{Now: w.now}
	db := openDB(t, dir)
	l, err := ledger.Open(t.Context(), db, o)
	if err != nil {
		t.Fatal(err)
	}
	r := under(money(request(t, "app.example"), 40), grant.Limits{CostDay: 100})
	settle(t, l, r, known(30))
	entries(t, l, ledger.Filter{})
	w.set(today.AddDate(1, 0, 0))
	reserve(t, l, r, 2)
	w.set(today)
	if no := refusedBy(t, l, r); no.Used != 30 || no.Held != 80 {
		t.Errorf("before the kill: %+v", no)
	}
	for range 2 {
		db, l = killed(t, db, l, dir, o)
		if no := refusedBy(t, l, r); no.Used != 110 || no.Held != 0 {
			t.Errorf("after a kill: %+v", no)
		}
		entries(t, l, ledger.Filter{}) // the second finds it in lines
	}
	if err := errors.Join(l.Close(), db.Close()); err != nil {
		t.Error(err)
	}
}

// stuck makes every write wait until the test ends, as a slow disk would.
func stuck(t *testing.T, db *store.DB) {
	t.Helper()
	begun, free, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- db.Write(context.Background(), func(*sql.Tx) error { close(begun); <-free; return nil })
	}()
	<-begun
	t.Cleanup(func() {
		close(free)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// asKilled is a folder with what a kill would leave of another at this moment, the holds as they are given.
func asKilled(t *testing.T, dir string, holds []byte) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "oaklock")
	if err := store.CheckDir(to); err != nil { // makes it
		t.Fatal(err)
	}
	for _, name := range []string{store.FileName, store.FileName + "-wal"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(to, ledger.HoldsName), holds, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// Slots are used again.
func TestWhatIsWrittenDownStaysSmall(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "oaklock")
	l := openOn(t, openDB(t, dir))
	for range 50 {
		for range 20 {
			settle(t, l, money(request(t, "app.example"), 40), known(1))
		}
		entries(t, l, ledger.Filter{Limit: 1})
	}
	if info, err := os.Stat(filepath.Join(dir, ledger.HoldsName)); err != nil || info.Size() > 64*store.SlotSize {
		t.Errorf("it has %d bytes (%v)", info.Size(), err)
	}
}
