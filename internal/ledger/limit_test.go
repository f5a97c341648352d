package ledger_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/ledger"
)

// money is the request with a worst case of so many dollars' millionths, and as many tokens.
func money(r ledger.Request, cost int64) ledger.Request {
	r.Worst = ledger.Worst{Tokens: cost, Cost: cost, Priced: true}
	return r
}

// under is the request under a grant with these limits.
func under(r ledger.Request, l grant.Limits) ledger.Request {
	r.Grant = &grant.Grant{ID: 1, Origin: r.Origin, Provider: r.Provider, Terms: grant.Terms{Limits: l}}
	return r
}

func known(cost int64) ledger.Outcome {
	return ledger.Outcome{Status: 200, Bill: ledger.Known, Cost: cost, Tokens: cost}
}

// refusedBy gives the limit that refused.
func refusedBy(t testing.TB, l *ledger.Ledger, r ledger.Request) ledger.LimitError {
	t.Helper()
	h, err := l.Reserve(t.Context(), r)
	if err == nil {
		h.Settle(ledger.Outcome{Bill: ledger.Nothing})
	}
	no := new(ledger.LimitError)
	if !errors.As(err, &no) {
		t.Fatalf("Reserve says %v, want a limit", err)
	}
	return *no
}

// limited sets one limit of a scope, and gives the request as it then comes.
func limited(t testing.TB, l *ledger.Ledger, r ledger.Request, scope ledger.Scope, name grant.LimitName, n int64) ledger.Request {
	t.Helper()
	var limits grant.Limits
	*limits.Of(name) = n
	switch scope {
	case ledger.Site:
		return under(r, limits)
	case ledger.Key:
		if err := l.LimitKey(t.Context(), r.Provider, r.Credential, limits); err != nil {
			t.Fatal(err)
		}
	case ledger.All:
		l.LimitAll(limits)
	}
	return r
}

func TestEveryLimitRefuses(t *testing.T) {
	for _, name := range []grant.LimitName{grant.CostDay, grant.CostWeek, grant.CostMonth, grant.TokensDay, grant.TokensWeek, grant.TokensMonth} {
		for _, scope := range []ledger.Scope{ledger.Site, ledger.Key, ledger.All} {
			t.Run(fmt.Sprint(scope, " ", name), func(t *testing.T) {
				l, _ := open(t)
				r := money(request(t, "app.example"), 40)
				r.Credential = "personal"
				r = limited(t, l, r, scope, name, 100)
				first, second := reserve(t, l, r, 1)[0], reserve(t, l, r, 1)[0]
				no := refusedBy(t, l, r)
				if no.Scope != scope || no.Name != name || no.Limit != 100 || no.Used != 0 || no.Held != 80 || no.Need != 40 || no.Rate() || !no.Resets.After(time.Now()) {
					t.Errorf("refused by %+v", no)
				}
				if hits := l.Hits(); len(hits) != 1 || hits[0].Used != 0 || hits[0].Held != 80 {
					t.Errorf("while requests are under way there are hits: %+v", hits)
				}
				first.Settle(known(30))
				refusedBy(t, l, money(r, 31))
				if hits := l.Hits(); len(hits) != 1 || hits[0].Used != 30 || hits[0].Held != 40 || hits[0].Need != 31 {
					t.Errorf("after one was settled there are hits: %+v", hits)
				}
				second.Settle(known(20))
				if hits := l.Hits(); len(hits) != 0 {
					t.Errorf("of what would fit now there are hits: %+v", hits)
				}
				second = reserve(t, l, money(r, 0), 1)[0]
				third := reserve(t, l, r, 1)[0] // 30 + 20 + 40
				second.Settle(known(0))
				third.Settle(ledger.Outcome{}) // nothing is known: the whole
				if no := refusedBy(t, l, r); no.Used != 90 || no.Held != 0 {
					t.Errorf("refused by %+v", no)
				}
				h := reserve(t, l, money(r, 10), 1)[0] // exactly what is left
				h.Settle(known(10))
				if hits := l.Hits(); len(hits) != 0 {
					t.Errorf("after one went through there are hits: %+v", hits)
				}
				refusedBy(t, l, money(r, 1))
				if hits := l.Hits(); len(hits) != 1 || hits[0].Name != name || hits[0].Scope != scope || hits[0].Origin != r.Origin || hits[0].Used != 100 {
					t.Errorf("hits %+v", hits)
				}
			})
		}
	}
}

// The longest period that is used up is the one to name: the day's end would be no help.
func TestTheLimitThatResetsLastIsNamed(t *testing.T) {
	l, _ := open(t)
	r := under(money(request(t, "app.example"), 10), grant.Limits{CostDay: 10, CostWeek: 10, CostMonth: 10})
	settle(t, l, r, known(10))
	if no := refusedBy(t, l, r); no.Name != grant.CostMonth {
		t.Errorf("refused by %+v", no)
	}
}

// Whoever else shares a key or the whole has no part in a site's own limit.
func TestScopesAreApart(t *testing.T) {
	l, _ := open(t)
	limits := grant.Limits{CostDay: 10}
	a, b := under(money(request(t, "a.example"), 10), limits), under(money(request(t, "b.example"), 10), limits)
	other := a
	other.Provider = "google"
	for _, r := range []ledger.Request{a, b, other} {
		settle(t, l, r, known(10))
		refusedBy(t, l, r)
	}
	if u := l.AllUse(); u.Used.CostDay != 30 || u.Used.CostMonth != 30 || u.Used.TokensWeek != 30 {
		t.Errorf("used %+v", u.Used)
	}
	if u := l.KeyUse("openai", ""); u.Used.CostDay != 20 {
		t.Errorf("of the key: %+v", u.Used)
	}
	if u := l.SiteUse(a.Origin, "openai"); u.Used.CostDay != 10 || u.Left(grant.Limits{CostDay: 25, TokensWeek: 5}) != (grant.Limits{CostDay: 15}) {
		t.Errorf("of the site: %+v", u)
	}
}

func TestAModelWithoutAPriceIsNotFree(t *testing.T) {
	l, _ := open(t)
	r := money(request(t, "app.example"), 40)
	r.Worst.Priced = false
	try := func(limits grant.Limits) error {
		h, err := l.Reserve(t.Context(), under(r, limits))
		if err == nil {
			h.Settle(known(40))
		}
		return err
	}
	for _, limits := range []grant.Limits{{CostDay: 1000}, {CostMonth: 1000, TokensDay: 1000}} {
		if err := try(limits); !errors.Is(err, ledger.ErrNoPrice) {
			t.Errorf("under %+v: %v, want ErrNoPrice", limits, err)
		}
	}
	if hits := l.Hits(); len(hits) != 1 || !hits[0].NoPrice() || hits[0].Model != "gpt-5" {
		t.Errorf("hits %+v", hits)
	}
	tokens := grant.Limits{TokensDay: 100}
	if err := try(tokens); err != nil {
		t.Errorf("under a limit of tokens: %v", err)
	}
	l.LimitAll(grant.Limits{CostDay: 1000})
	if err := try(tokens); !errors.Is(err, ledger.ErrNoPrice) {
		t.Errorf("past a limit over everything: %v", err)
	}
	l.LimitAll(grant.Limits{})
	if err := l.LimitKey(t.Context(), "openai", "", grant.Limits{CostWeek: 1000}); err != nil {
		t.Fatal(err)
	}
	if err := try(tokens); !errors.Is(err, ledger.ErrNoPrice) {
		t.Errorf("past a limit of the key: %v", err)
	}
	if e := entries(t, l, ledger.Filter{}); len(e) != 1 || e[0].Cost != -1 || e[0].Tokens != 40 {
		t.Errorf("lines %+v", e)
	}
	if sum := l.Today(); sum.Unpriced != 1 || sum.Cost != 0 || sum.Tokens != 40 {
		t.Errorf("today %+v", sum)
	}
}

// The limits that are over no period, of a site, of a key and over everything.
func TestRatesAndAnswersAreLimited(t *testing.T) {
	for _, scope := range []ledger.Scope{ledger.Site, ledger.Key, ledger.All} {
		t.Run(string(scope), func(t *testing.T) {
			begin := func(name grant.LimitName, n int64) (*ledger.Ledger, ledger.Request) {
				l, _ := open(t)
				r := request(t, "app.example")
				r.Credential = "personal"
				return l, limited(t, l, r, scope, name, n)
			}
			refused := func(l *ledger.Ledger, r ledger.Request, want ledger.LimitError) {
				t.Helper()
				no := refusedBy(t, l, r)
				if (no.Retry > 0) != want.Rate() || no.Rate() != want.Rate() || !no.Resets.IsZero() {
					t.Errorf("refused by %+v", no)
				}
				if no.Retry, want.Scope = 0, scope; no != want {
					t.Errorf("refused by %+v, want %+v", no, want)
				}
				if hits := l.Hits(); len(hits) != 1 || hits[0].Name != want.Name || hits[0].Scope != scope || hits[0].Need != want.Need {
					t.Errorf("hits %+v", hits)
				}
			}
			l, r := begin(grant.AtOnce, 3)
			holds := reserve(t, l, r, 3)
			refused(l, r, ledger.LimitError{Name: grant.AtOnce, Limit: 3, Held: 3, Need: 1})
			holds[1].Settle(known(0))
			reserve(t, l, r, 1)

			l, r = begin(grant.RequestsPerMinute, 2)
			settle(t, l, r, known(0))
			settle(t, l, r, known(0))
			refused(l, r, ledger.LimitError{Name: grant.RequestsPerMinute, Limit: 2, Used: 2, Need: 1})

			l, r = begin(grant.OutputTokens, 100)
			if n := l.LongestAnswer(r); n != 100 {
				t.Errorf("the longest answer is %d", n)
			}
			r.Worst = ledger.Worst{Tokens: 5000, Output: 101}
			refused(l, r, ledger.LimitError{Name: grant.OutputTokens, Limit: 100, Need: 101})
			r.Worst.Output = 100
			reserve(t, l, r, 1)
			if hits := l.Hits(); len(hits) != 0 {
				t.Errorf("after one went through there are hits: %+v", hits)
			}
		})
	}
}

// Of several limits of an answer the least holds.
func TestTheShortestOfTheLongestAnswers(t *testing.T) {
	l, _ := open(t)
	r := under(request(t, "app.example"), grant.Limits{TokensDay: 1, OutputTokens: 300})
	if n := l.LongestAnswer(request(t, "app.example")); n != 0 {
		t.Errorf("without a limit it is %d", n)
	}
	for _, c := range []struct{ all, want int64 }{{0, 300}, {500, 300}, {200, 200}} {
		l.LimitAll(grant.Limits{OutputTokens: c.all})
		if n := l.LongestAnswer(r); n != c.want {
			t.Errorf("with %d over everything it is %d, want %d", c.all, n, c.want)
		}
	}
}

// In no sixty seconds are there more than the limit, and after what Retry says there is room.
func TestRequestsPerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := open(t)
		r := under(request(t, "app.example"), grant.Limits{TokensDay: 1000, RequestsPerMinute: 5})
		var at []time.Time
		for range 200 {
			h, err := l.Reserve(t.Context(), r)
			no := new(ledger.LimitError)
			switch {
			case err == nil:
				h.Settle(known(0))
				at = append(at, time.Now())
				time.Sleep(7 * time.Second / 3)
			case errors.As(err, &no):
				if no.Name != grant.RequestsPerMinute || no.Retry <= 0 || no.Retry > 61*time.Second {
					t.Fatalf("refused by %+v", no)
				}
				time.Sleep(no.Retry)
				if h, err := l.Reserve(t.Context(), r); err != nil {
					t.Fatalf("after what it said: %v", err)
				} else {
					h.Settle(known(0))
				}
				at = append(at, time.Now())
			default:
				t.Fatal(err)
			}
		}
		for i := 5; i < len(at); i++ {
			if d := at[i].Sub(at[i-5]); d < time.Minute {
				t.Fatalf("six requests in %v", d)
			}
		}
	})
}

func TestTheMinuteSurvivesARestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "oaklock")
	db := openDB(t, dir)
	l := openOn(t, db)
	r := under(request(t, "app.example"), grant.Limits{TokensDay: 1000, RequestsPerMinute: 3})
	for range 3 {
		settle(t, l, r, known(1))
	}
	if err := errors.Join(l.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	l = openOn(t, openDB(t, dir))
	if no := refusedBy(t, l, r); no.Name != grant.RequestsPerMinute {
		t.Errorf("refused by %+v", no)
	}
}

// Many at once never get more than there is, and what they get is what the database has.
func TestTheLimitHoldsUnderARace(t *testing.T) {
	l, db := open(t)
	r := under(money(request(t, "app.example"), 7), grant.Limits{CostDay: 100})
	var wg sync.WaitGroup
	var mu sync.Mutex
	reserved := 0
	for range 64 {
		wg.Go(func() {
			if h, err := l.Reserve(t.Context(), r); err == nil {
				defer h.Settle(known(7))
				mu.Lock()
				reserved++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if reserved != 14 {
		t.Errorf("%d times 7 of 100 were given", reserved)
	}
	var sum int64
	entries(t, l, ledger.Filter{})
	if err := db.SQL().QueryRow("SELECT sum(cost) FROM usage").Scan(&sum); err != nil || sum != 98 {
		t.Errorf("the sums have %d (%v)", sum, err)
	}
}

// A limit of a key that cannot be read lets nothing through.
func TestABrokenKeyLimitHoldsEverything(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "oaklock")
	db := openDB(t, dir)
	err := db.Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO key_limit (provider, label, limits) VALUES ('openai', '', '{\"CostDay\":\"lots\"}')")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	l := openOn(t, db)
	if no := refusedBy(t, l, money(request(t, "app.example"), 2)); no.Scope != ledger.Key {
		t.Errorf("refused by %+v", no)
	}
	if err := l.LimitKey(t.Context(), "openai", "", grant.Limits{}); err != nil {
		t.Fatal(err)
	}
	settle(t, l, money(request(t, "app.example"), 2), known(2))
	if err := l.LimitKey(t.Context(), "openai", "", grant.Limits{CostDay: -1}); !errors.Is(err, grant.ErrTerms) {
		t.Errorf("a limit below zero: %v", err)
	}
}
