package ledger_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/store"
)

// model is what a user could reckon on paper: every request that may have been sent, with the date on which it was reserved
// and what it came to.
type model struct {
	t *rapid.T
	*ledger.Ledger
	*wall
	db     *store.DB
	dir    string
	key    bool // of the seal is there
	sealed bool // there was a key in some run

	sites  []origin.Origin
	limits map[ledger.Scope]grant.Limits // of each site alike; of the one key; of everything
	most   map[paper]int64               // the highest limit of a day that was in force when something was reserved on it
	under  []*sheet                      // under way
	done   []*sheet
}

type sheet struct {
	*ledger.Hold
	site  int
	date  string
	worst int64
	cost  int64 // once it is done
}

type paper struct {
	scope ledger.Scope
	site  int
	date  string
}

const key = "personal"

func (m *model) date() string { return m.now().Format(time.DateOnly) }

func (m *model) open() {
	var err error
	if m.db, err = store.Open(context.Background(), m.dir); err != nil {
		m.t.Fatal(err)
	}
	if m.Ledger, err = ledger.Open(context.Background(), m.db, ledger.Options{Now: m.now}); err != nil {
		m.t.Fatal(err)
	}
	if m.key = rapid.IntRange(0, 3).Draw(m.t, "the keychain is closed") > 0; m.key {
		v, err := m.db.Seal().Open(context.Background(), testMAC, 0, false)
		if row := store.RowOf("log_chain", "1"); err != nil || slices.Contains(v.Changed, row) || slices.Contains(v.Gone, row) {
			m.t.Fatal(v, err)
		}
		if err := m.Unlocked(context.Background(), m.sealed); err != nil {
			m.t.Fatal(err)
		}
		m.sealed = true
	}
	m.LimitAll(m.limits[ledger.All])
}

func (m *model) pick(t *rapid.T) int { return rapid.IntRange(0, len(m.under)-1).Draw(t, "which") }

func (m *model) end(i int, cost int64) {
	m.under[i].cost = cost
	m.done = append(m.done, m.under[i])
	m.under = append(m.under[:i], m.under[i+1:]...)
}

func (m *model) request(site int, worst int64) ledger.Request {
	r := ledger.Request{Origin: m.sites[site], Provider: "openai", Model: "m", Credential: key}
	r.Worst = ledger.Worst{Tokens: worst, Cost: worst, Priced: true}
	r.Grant = &grant.Grant{ID: 1, Origin: r.Origin, Provider: r.Provider, Terms: grant.Terms{Limits: m.limits[ledger.Site]}}
	return r
}

// use is what the ledger says of a scope, and its limits.
func (m *model) use(s ledger.Scope, site int) ledger.Use {
	switch s {
	case ledger.Key:
		return m.KeyUse("openai", key)
	case ledger.All:
		return m.AllUse()
	case ledger.Site:
	}
	return m.SiteUse(m.sites[site], "openai")
}

var periodNames = []grant.LimitName{grant.CostDay, grant.CostWeek, grant.CostMonth, grant.TokensDay, grant.TokensWeek, grant.TokensMonth}

func (m *model) reserve(t *rapid.T) {
	site := rapid.IntRange(0, len(m.sites)-1).Draw(t, "site")
	worst := rapid.Int64Range(0, 60).Draw(t, "worst")
	r := m.request(site, worst)
	fits := true
	for s, l := range m.limits {
		u := m.use(s, site)
		for _, n := range periodNames {
			fits = fits && (*l.Of(n) == 0 || *u.Used.Of(n)+*u.Held.Of(n)+worst <= *l.Of(n))
		}
		fits = fits && (l.AtOnce == 0 || u.Held.AtOnce < l.AtOnce)
	}
	h, err := m.Reserve(context.Background(), r)
	if no := new(ledger.LimitError); err != nil && !errors.As(err, &no) {
		t.Fatal(err)
	}
	if fits != (err == nil) {
		t.Fatalf("there is room: %v, Reserve says %v", fits, err)
	}
	if err != nil {
		return
	}
	m.under = append(m.under, &sheet{Hold: h, site: site, date: m.date(), worst: worst})
	for s, l := range m.limits {
		p := paper{s, site, m.date()}
		if s != ledger.Site {
			p.site = 0
		}
		limit := l.CostDay
		if limit == 0 {
			limit = 1 << 40
		}
		m.most[p] = max(m.most[p], limit)
		// Settled and reserved are within the limit at the moment at which more was reserved.
		u := m.use(s, site)
		for _, n := range periodNames {
			if *l.Of(n) != 0 && *u.Used.Of(n)+*u.Held.Of(n) > *l.Of(n) {
				t.Fatalf("past the limit %s of %s: %+v", n, s, u)
			}
		}
	}
}

func (m *model) settle(t *rapid.T) {
	if len(m.under) == 0 {
		t.Skip("nothing is under way") // rapid takes another step instead; no test is skipped
	}
	i := m.pick(t)
	s := m.under[i]
	o := ledger.Outcome{Status: 200, Bill: rapid.SampledFrom([]ledger.Bill{ledger.Known, ledger.Partly, ledger.Whole, ledger.Nothing}).Draw(t, "bill")}
	cost := int64(0)
	switch o.Bill {
	case ledger.Known, ledger.Partly:
		cost = rapid.Int64Range(0, s.worst).Draw(t, "cost")
		o.Cost, o.Tokens = cost, cost
	case ledger.Whole:
		cost = s.worst
	case ledger.Nothing:
	}
	for range rapid.IntRange(1, 3).Draw(t, "times") {
		s.Settle(o)
		o.Cost, o.Tokens, o.Bill = 7777, 7777, ledger.Known // only the first counts
	}
	m.end(i, cost)
}

func (m *model) kill(*rapid.T) {
	_ = m.db.Close()
	_ = m.Close() // what it wanted to write it cannot any more
	for len(m.under) > 0 {
		m.end(0, m.under[0].worst)
	}
	m.open()
	m.compare()
}

func (m *model) restart(t *rapid.T) {
	if len(m.under) > 0 {
		t.Skip("requests are under way")
	}
	if err := errors.Join(m.Close(), m.db.Close()); err != nil {
		t.Fatal(err)
	}
	m.open()
}

func (m *model) turnClock(t *rapid.T) {
	hours := rapid.SampledFrom([]int{1, 5, 24, 24 * 7, 24 * 40, 24 * 366, -1, -24, -24 * 8, -24 * 400}).Draw(t, "hours")
	m.set(m.now().Add(time.Duration(hours) * time.Hour))
}

func (m *model) limit(t *rapid.T) {
	s := rapid.SampledFrom([]ledger.Scope{ledger.Site, ledger.Key, ledger.All}).Draw(t, "whose")
	var l grant.Limits
	for _, n := range append(periodNames, grant.AtOnce) {
		if rapid.Bool().Draw(t, "set") {
			*l.Of(n) = rapid.Int64Range(1, 200).Draw(t, string(n))
		}
	}
	m.limits[s] = l
	switch s {
	case ledger.Key:
		if err := m.LimitKey(context.Background(), "openai", key, l); err != nil {
			t.Fatal(err)
		}
	case ledger.All:
		m.LimitAll(l)
	case ledger.Site:
	}
}

// travel takes the user to another time zone, as a restart there does.
func (m *model) travel(t *rapid.T) {
	if len(m.under) > 0 {
		t.Skip("requests are under way")
	}
	in, err := time.LoadLocation(rapid.SampledFrom([]string{"Europe/Berlin", "America/New_York", "Africa/Cairo", "Pacific/Apia", "UTC"}).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	m.set(m.now().In(in))
	m.restart(t)
}

// retain deletes old lines; what is on paper stays.
func (m *model) retain(t *rapid.T) {
	if !m.key {
		t.Skip("nothing goes without the key")
	}
	if _, err := m.Retain(context.Background(), 31); err != nil {
		t.Fatal(err)
	}
}

// verify: whatever happened was Oaklock's own doing.
func (m *model) verify(t *rapid.T) {
	if c, err := m.Verify(context.Background(), false); err != nil || c.Break != nil {
		t.Fatalf("the log does not fit: %+v, %v", c.Break, err)
	}
}

// compare holds the ledger against the paper, to the last millionth.
func (m *model) compare() {
	if m.sealed && !m.key {
		return // some lines wait for the key
	}
	sums, err := m.Usage(context.Background(), ledger.UsageFilter{By: []ledger.Dimension{ledger.ByDay, ledger.BySite}})
	if err != nil {
		m.t.Fatal(err)
	}
	type at struct{ date, site string }
	lines, paid := map[at]int64{}, map[at]int64{}
	for _, s := range m.done {
		k := at{s.date, m.sites[s.site].String()}
		lines[k]++
		paid[k] += s.cost
	}
	var requests int64
	for _, s := range sums {
		k := at{s.Day, s.Origin}
		requests += s.Requests
		if s.Requests != lines[k] || s.Cost != s.Tokens || s.Cost != paid[k] {
			m.t.Fatalf("on %s %s has %d requests for %d in the ledger, on paper %d for %d", s.Day, s.Origin, s.Requests, s.Cost, lines[k], paid[k])
		}
	}
	if requests != int64(len(m.done)) {
		m.t.Fatalf("%d requests are in the ledger, %d on paper", requests, len(m.done))
	}
}

// check: no date ever had more spent and held on it than the highest limit that was in force when something was reserved.
func (m *model) check(t *rapid.T) {
	spent := map[paper]int64{}
	add := func(s *sheet, cost int64) {
		spent[paper{ledger.Site, s.site, s.date}] += cost
		spent[paper{ledger.Key, 0, s.date}] += cost
		spent[paper{ledger.All, 0, s.date}] += cost
	}
	for _, s := range m.done {
		add(s, s.cost)
	}
	for _, s := range m.under {
		add(s, s.worst)
	}
	for p, n := range spent {
		if n > m.most[p] {
			t.Fatalf("%s %d spent %d on %s, and the limit was never above %d", p.scope, p.site, n, p.date, m.most[p])
		}
	}
	u := m.AllUse()
	if u.Held.AtOnce != int64(len(m.under)) {
		t.Fatalf("%d are held, on paper %d", u.Held.AtOnce, len(m.under))
	}
}

func TestALimitHoldsWhateverHappens(t *testing.T) {
	sites := []origin.Origin{site(t, "https://a.example"), site(t, "https://b.example")}
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "oaklock-ledger")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		m := &model{t: t, wall: &wall{t: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)}, dir: filepath.Join(dir, "oaklock"), sites: sites,
			limits: map[ledger.Scope]grant.Limits{ledger.Site: {CostDay: 100}, ledger.Key: {}, ledger.All: {}}, most: map[paper]int64{}}
		m.open()
		defer func() { _ = m.Close(); _ = m.db.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"reserve": m.reserve, "reserve again": m.reserve, "settle": m.settle, "kill": m.kill, "restart": m.restart,
			"turn the clock": m.turnClock, "travel": m.travel, "limit": m.limit, "retain": m.retain, "verify": m.verify,
			"compare": func(*rapid.T) { m.compare() },
			"":        m.check,
		})
	})
}
