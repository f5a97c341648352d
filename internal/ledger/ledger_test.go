package ledger_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/provider"
	"github.com/oaklock/oaklock/internal/store"
)

func openDB(t testing.TB, dir string) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func openOn(t testing.TB, db *store.DB) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(context.Background(), db, ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func open(t testing.TB) (*ledger.Ledger, *store.DB) {
	t.Helper()
	db := openDB(t, filepath.Join(t.TempDir(), "oaklock"))
	return openOn(t, db), db
}

func site(t testing.TB, s string) origin.Origin {
	t.Helper()
	o, err := origin.FromHeader(s)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func request(t testing.TB, host string) ledger.Request {
	return ledger.Request{Origin: site(t, "https://"+host), Provider: "openai", Endpoint: "POST /chat/completions", Model: "gpt-5",
		Worst: ledger.Worst{Priced: true}}
}

func settle(t testing.TB, l *ledger.Ledger, r ledger.Request, o ledger.Outcome) *ledger.Hold {
	t.Helper()
	h, err := l.Reserve(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	h.Settle(o)
	return h
}

// reserve makes many holds.
func reserve(t testing.TB, l *ledger.Ledger, r ledger.Request, n int) (holds []*ledger.Hold) {
	t.Helper()
	for range n {
		h, err := l.Reserve(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		holds = append(holds, h)
	}
	return holds
}

func entries(t testing.TB, l *ledger.Ledger, f ledger.Filter) []ledger.Entry {
	t.Helper()
	e, err := l.Entries(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// written is how many lines are in the database, without asking the ledger, which would write first.
func written(t testing.TB, db *store.DB) (n int) {
	t.Helper()
	if err := db.SQL().QueryRow("SELECT count(*) FROM entry").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestALineComesBackAsItWas(t *testing.T) {
	l, _ := open(t)
	r := request(t, "app.example")
	r.Time = time.UnixMilli(1_800_000_000_123)
	r.Credential, r.BytesIn, r.Grant = "personal", 12, &grant.Grant{ID: 77}
	o := ledger.Outcome{
		Status: 200, Usage: provider.Usage{Input: 1, Output: 2, CachedInput: 3, CacheWrite: 4, Reasoning: -1}, Millis: 5, BytesOut: 6,
		Bill: ledger.Known, Cost: 9, Tokens: 3,
	}
	settle(t, l, r, o)
	got := entries(t, l, ledger.Filter{})
	if len(got) != 1 {
		t.Fatalf("%d lines", len(got))
	}
	r.Grant, r.Worst, o.Bill, o.Cost, o.Tokens = nil, ledger.Worst{}, 0, 0, 0
	want := ledger.Entry{ID: 1, Request: r, Outcome: o, GrantID: 77, Count: 1, Cost: 9, Tokens: 3, Day: time.Now().Format(time.DateOnly)}
	if got[0] != want {
		t.Errorf("got  %+v\nwant %+v", got[0], want)
	}
}

func TestOnlyTheFirstSettleCounts(t *testing.T) {
	l, _ := open(t)
	h := settle(t, l, request(t, "app.example"), ledger.Outcome{Status: 200})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { h.Settle(ledger.Outcome{Status: 500}) })
	}
	wg.Wait()
	if got := entries(t, l, ledger.Filter{}); len(got) != 1 || got[0].Status != 200 {
		t.Errorf("lines: %+v", got)
	}
}

func TestReadingSeesAllThatWasSettledBefore(t *testing.T) {
	l, _ := open(t)
	const each, parallel = 300, 8
	var wg sync.WaitGroup
	for p := range parallel {
		r := request(t, fmt.Sprintf("p%d.example", p))
		wg.Go(func() {
			for i := range each {
				settle(t, l, r, ledger.Outcome{Status: 200, Usage: provider.Usage{Input: 2, Output: -1}})
				if i%100 != 0 {
					continue
				}
				if n := len(entries(t, l, ledger.Filter{Origin: r.Origin.String(), Limit: 1000})); n != i+1 {
					t.Errorf("after %d settled, %d are seen", i+1, n)
				}
			}
		})
	}
	wg.Wait()
	count, err := l.Count(t.Context())
	if err != nil || len(count) != parallel {
		t.Fatalf("count %v, %v", count, err)
	}
	for o, n := range count {
		if n != each {
			t.Errorf("%s has %d", o, n)
		}
	}
	if sum, want := l.Today(), (ledger.Totals{Requests: each * parallel, Input: 2 * each * parallel}); sum != want {
		t.Errorf("today %+v, want %+v", sum, want)
	}
}

func TestServedCutAndRefused(t *testing.T) {
	l, _ := open(t)
	r := request(t, "app.example")
	for _, o := range []ledger.Outcome{
		{Status: 200},
		{Status: 429}, // the provider's own
		{Status: 200, Code: "upstream_unreachable"}, // cut in the middle
		{Status: 0, Code: "page_gone"},
		{Status: 403, Code: "consent_denied"}, // revoked after Reserve
	} {
		settle(t, l, r, o)
	}
	l.Refuse(r, 403, "consent_denied")
	l.Refuse(ledger.Request{}, 403, "no_origin")

	if sum, want := l.Today(), (ledger.Totals{Requests: 4, Refused: 3}); sum != want {
		t.Errorf("today %+v, want %+v", sum, want)
	}
	count, err := l.Count(t.Context())
	if want := map[string]int64{"https://app.example": 4}; err != nil || !maps.Equal(count, want) {
		t.Errorf("count %v (%v), want %v", count, err, want)
	}
}

// A request that was sent costs what it costs, and nobody refused it: its page left, or its provider answered with what does not pass. One
// that was left before was not sent.
func TestLeftByThePage(t *testing.T) {
	l, db := open(t)
	r := request(t, "app.example")
	r.Worst = ledger.Worst{Tokens: 10, Cost: 202, Priced: true}
	settle(t, l, r, ledger.Outcome{Status: 499, Code: "page_gone", Bill: ledger.Whole})
	settle(t, l, r, ledger.Outcome{Status: 502, Code: "upstream_invalid", Bill: ledger.Whole})
	settle(t, l, r, ledger.Outcome{Status: 499, Code: "page_gone", Bill: ledger.Nothing})
	l.Refuse(r, 499, "page_gone")
	want := ledger.Totals{Requests: 2, Refused: 2, Tokens: 20, Cost: 404, Estimated: 404}
	if sum := l.Today(); sum != want {
		t.Errorf("today %+v, want %+v", sum, want)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if sum := openOn(t, db).Today(); sum != want {
		t.Errorf("after a restart %+v, want %+v", sum, want)
	}
}

func TestFilters(t *testing.T) {
	l, _ := open(t)
	for i := range 150 {
		r := request(t, []string{"a.example", "b.example"}[i%2])
		r.Provider = []string{"openai", "google", "mistral"}[i%3]
		settle(t, l, r, ledger.Outcome{Status: 200})
	}
	for name, c := range map[string]struct {
		f           ledger.Filter
		n           int
		first, last int64
	}{
		"all":               {ledger.Filter{}, 100, 150, 51},
		"limit":             {ledger.Filter{Limit: 3}, 3, 150, 148},
		"page":              {ledger.Filter{Before: 51, Limit: 1000}, 50, 50, 1},
		"origin":            {ledger.Filter{Origin: "https://a.example"}, 75, 149, 1},
		"provider":          {ledger.Filter{Provider: "google"}, 50, 149, 2},
		"both":              {ledger.Filter{Origin: "https://a.example", Provider: "openai", Limit: 2}, 2, 145, 139},
		"no prefix matches": {ledger.Filter{Origin: "https://a"}, 0, 0, 0},
	} {
		got := entries(t, l, c.f)
		if len(got) != c.n || c.n > 0 && (got[0].ID != c.first || got[len(got)-1].ID != c.last) {
			t.Errorf("%s: %d lines, want %d from %d to %d", name, len(got), c.n, c.first, c.last)
		}
	}
}

func TestCloseWritesWhatIsQueued(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "oaklock")
	db := openDB(t, dir)
	l := openOn(t, db)
	r := request(t, "app.example")
	for range 700 {
		settle(t, l, r, ledger.Outcome{Status: 200})
	}
	for range 30 {
		l.Refuse(r, 403, "consent_denied")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3000 { // too late, but it must not hang or panic
		l.Refuse(r, 403, "consent_denied")
	}
	db.Close()
	sum := openOn(t, openDB(t, dir)).Today()
	if want := (ledger.Totals{Requests: 700, Refused: 30}); sum != want {
		t.Errorf("after a restart %+v, want %+v", sum, want)
	}
}

// The queue may hold more than one transaction takes.
func TestCloseWritesAFullQueue(t *testing.T) {
	for range 4 { // whether the writer first sees the queue or the end is chance
		synctest.Test(t, func(t *testing.T) {
			l, db := open(t)
			holds := reserve(t, l, request(t, "app.example"), 1000)
			free, released := make(chan struct{}), make(chan error, 1)
			go func() {
				released <- db.Write(context.Background(), func(*sql.Tx) error { <-free; return nil })
			}()
			synctest.Wait()
			for _, h := range holds {
				h.Settle(ledger.Outcome{Status: 200})
			}
			closed := make(chan error, 1)
			go func() { closed <- l.Close() }()
			synctest.Wait()
			close(free)
			if err := errors.Join(<-released, <-closed); err != nil {
				t.Error(err)
			}
			if n := written(t, db); n != 1000 {
				t.Fatalf("%d lines written, want 1000", n)
			}
		})
	}
}

func TestWritesAtOnceWhenIdleAndTogetherWhenBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, db := open(t)
		r := request(t, "app.example")
		want := func(n int) {
			t.Helper()
			synctest.Wait()
			if got := written(t, db); got != n {
				t.Errorf("%d lines written, want %d", got, n)
			}
		}
		time.Sleep(time.Hour)
		settle(t, l, r, ledger.Outcome{})
		want(1)
		time.Sleep(time.Millisecond)
		for range 20 {
			settle(t, l, r, ledger.Outcome{})
			time.Sleep(time.Millisecond)
		}
		want(1)
		time.Sleep(180 * time.Millisecond)
		want(21)
	})
}

func TestTextsAreBounded(t *testing.T) {
	l, db := open(t)
	r := request(t, "app.example")
	r.Endpoint = "GET /models?key=sk-secret-in-the-query"
	r.Model = "gpt\x1b[2J\n\u202e" + strings.Repeat("é", 300)
	r.Provider = strings.Repeat("p", 1000)
	r.Credential = "a\x00b"
	settle(t, l, r, ledger.Outcome{Status: 200, Code: "c\r\n", Millis: -5, Usage: provider.Usage{Input: -9}})
	l.Refuse(r, 404, strings.Repeat("x", 1000))
	got := entries(t, l, ledger.Filter{})
	if len(got) != 2 {
		t.Fatalf("%d lines", len(got))
	}
	refused, e := got[0], got[1]
	if e.Endpoint != "GET /models" || len(e.Provider) != 100 || e.Credential != "a\ufffdb" || e.Code != "c\ufffd\ufffd" || e.Millis != 0 || e.Usage.Input != -1 {
		t.Errorf("line %+v", e)
	}
	if len(e.Model) > 200 || len(e.Model) < 198 || !utf8.ValidString(e.Model) || !strings.HasPrefix(e.Model, "gpt\ufffd[2J\ufffd\ufffdé") {
		t.Errorf("model %q (%d bytes)", e.Model, len(e.Model))
	}
	if len(refused.Code) != 100 || refused.Usage.Output != -1 {
		t.Errorf("refusal %+v", refused)
	}
	var path string
	if err := db.SQL().QueryRow("SELECT file FROM pragma_database_list").Scan(&path); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{path, path + "-wal"} {
		if b, err := os.ReadFile(file); err != nil || bytes.Contains(b, []byte("sk-secret")) {
			t.Errorf("the query string is in %s (%v)", file, err)
		}
	}
}
