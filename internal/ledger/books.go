package ledger

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/origin"
)

// books are the accounts in memory. They are what limits are held against; the database is behind them, so that they are
// there again after a restart.
type books struct {
	wall  func() time.Time
	start time.Time // of monotonic time

	mu sync.Mutex // guards the fields below; nobody holds it across I/O
	calendar
	now      time.Time // of the last turn, in the user's time zone
	from     day       // everything from this date on is in the accounts
	accounts map[scope]*account
	totals   map[day]*Totals
	all      grant.Limits
	keys     map[keyName]grant.Limits
	hits     map[hitKey]Hit
	lastHold int64 // its first is drawn, so that no other run has the same
}

type keyName struct{ provider, label string }

func newBooks(wall func() time.Time) books {
	return books{wall: wall, start: time.Now(), accounts: map[scope]*account{}, totals: map[day]*Totals{},
		keys: map[keyName]grant.Limits{}, hits: map[hitKey]Hit{}, lastHold: firstHold()}
}

func (b *books) mono() time.Duration { return time.Since(b.start) }

// turn looks at the clock. missing says that its month or week began before what is in the accounts; mu must be held.
func (b *books) turn() (missing bool) {
	b.now = b.wall()
	b.calendar.turn(dayOf(b.now))
	return b.needs() < b.from
}

// needs is the first date that a limit may be about.
func (b *books) needs() day {
	return min(month.span(b.day).first, week.span(b.day).first)
}

func (b *books) resets(p period, in *time.Location) time.Time {
	return (p.span(b.day).last + 1).begins(in)
}

func (b *books) account(s scope) *account {
	a := b.accounts[s]
	if a == nil {
		a = &account{days: map[day]*sum{}}
		b.accounts[s] = a
	}
	return a
}

func (b *books) total(d day) *Totals {
	t := b.totals[d]
	if t == nil {
		t = new(Totals)
		b.totals[d] = t
	}
	return t
}

// scopes are those that a request is counted in, in the order in which their limits are looked at.
func scopes(r Request) [3]scope {
	return [3]scope{{Site, r.Origin.String(), r.Provider}, {Key, r.Provider, r.Credential}, {Scope: All}}
}

// limits are those of the scopes; mu must be held.
func (b *books) limits(r Request) [3]grant.Limits {
	limits := [3]grant.Limits{{}, b.keys[keyName{r.Provider, r.Credential}], b.all}
	if r.Grant != nil {
		limits[0] = r.Grant.Limits
	}
	return limits
}

// LongestAnswer is the least of the limits of an answer's tokens that hold for a request; 0: there is none.
func (l *Ledger) LongestAnswer(r Request) (least int64) {
	l.books.mu.Lock()
	defer l.books.mu.Unlock()
	for _, of := range l.books.limits(r) {
		if n := of.OutputTokens; n != 0 && (least == 0 || n < least) {
			least = n
		}
	}
	return least
}

// reserve takes a request's worst case out of every limit, or out of none; mu must be held.
func (b *books) reserve(h *Hold) error {
	r := h.request
	limits := b.limits(r)
	for _, l := range limits {
		if !r.Worst.Priced && l.Money() {
			b.hit(r, &LimitError{})
			return ErrNoPrice
		}
	}
	mono := b.mono()
	for i, s := range scopes(r) {
		a := b.account(s)
		if no := a.check(limits[i], r.Worst, &b.calendar, mono); no != nil {
			no.Scope = s.Scope
			if !no.Rate() && no.Name != grant.OutputTokens {
				no.Resets = b.resets(no.period, b.now.Location())
			}
			b.hit(r, no)
			return no
		}
		h.accounts[i] = a
	}
	h.left, h.limited = h.accounts[0].left(limits[0], &b.calendar)
	h.day = b.day
	b.lastHold++
	h.id = b.lastHold
	for _, a := range h.accounts {
		a.rate.add(mono, mono)
	}
	b.hold(h)
	b.forgive(r.Origin, r.Provider)
	return nil
}

// hold counts what is reserved; mu must be held.
func (b *books) hold(h *Hold) {
	for _, a := range h.accounts {
		a.open++
		a.add(h.day, sum{heldCost: h.request.Worst.Cost, heldTokens: h.request.Worst.Tokens})
	}
}

// release gives back what was reserved; mu must be held.
func (b *books) release(h *Hold) {
	for _, a := range h.accounts {
		a.open--
		a.add(h.day, sum{heldCost: -h.request.Worst.Cost, heldTokens: -h.request.Worst.Tokens})
	}
}

// settle puts what it came to in the place of what was reserved; mu must be held.
func (b *books) settle(h *Hold) {
	b.release(h)
	for _, a := range h.accounts {
		a.add(h.day, sum{cost: max(0, h.cost), tokens: h.tokens})
	}
	b.total(h.day).add(h)
}

// Hit is a request that a limit refused, of a site whose user may want to raise it.
type Hit struct {
	LimitError // of ErrNoPrice only the zero value
	Origin     origin.Origin
	Provider   string
	Credential string
	Model      string
	GrantID    int64
	Time       time.Time
}

// NoPrice says that the model had no price where a limit of cost holds.
func (h Hit) NoPrice() bool { return h.Name == "" }

type hitKey struct {
	origin   origin.Origin
	provider string
}

func (b *books) hit(r Request, no *LimitError) {
	h := Hit{LimitError: *no, Origin: r.Origin, Provider: r.Provider, Credential: r.Credential, Model: r.Model, Time: b.now}
	if r.Grant != nil {
		h.GrantID = r.Grant.ID
	}
	b.hits[hitKey{r.Origin, r.Provider}] = h
}

func (b *books) forgive(o origin.Origin, providerID string) {
	delete(b.hits, hitKey{o, providerID})
}

// Hits are the latest refusal of each site and provider that a limit refused since its last request that went through, the
// newest first, with what is used and held now. Those whose period is over are left out, and those whose request would fit since
// something that was reserved was given back.
func (l *Ledger) Hits() []Hit {
	b := &l.books
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn()
	maps.DeleteFunc(b.hits, func(_ hitKey, h Hit) bool {
		if h.Rate() {
			return b.now.Sub(h.Time).Abs() > time.Minute
		}
		return !h.Resets.IsZero() && !b.now.Before(h.Resets)
	})
	maps.DeleteFunc(b.hits, func(k hitKey, h Hit) bool {
		if h.Rate() || h.NoPrice() || h.Name == grant.OutputTokens {
			return false
		}
		h.Used, h.Held = b.stands(h)
		b.hits[k] = h
		return h.Used+h.Held+h.Need <= h.Limit
	})
	return slices.SortedFunc(maps.Values(b.hits), func(x, y Hit) int {
		if c := y.Time.Compare(x.Time); c != 0 {
			return c
		}
		return strings.Compare(x.Origin.String()+x.Provider, y.Origin.String()+y.Provider)
	})
}

// stands is what is used and held of the limit of cost or tokens that refused; mu must be held.
func (b *books) stands(h Hit) (used, held int64) {
	of := scope{Scope: All}
	switch h.Scope {
	case Site:
		of = scope{Site, h.Origin.String(), h.Provider}
	case Key:
		of = scope{Key, h.Provider, h.Credential}
	case All:
	}
	s := b.account(of).in(&b.calendar)[h.period]
	switch h.Name {
	case grant.TokensDay, grant.TokensWeek, grant.TokensMonth:
		return s.tokens, s.heldTokens
	default:
		return s.cost, s.heldCost
	}
}

// LimitAll sets the limits over everything.
func (l *Ledger) LimitAll(limits grant.Limits) {
	l.books.mu.Lock()
	defer l.books.mu.Unlock()
	l.books.all = limits
	l.books.forgiveScope(All)
}

// forgiveScope forgets refusals by limits that have just been changed; mu must be held.
func (b *books) forgiveScope(s Scope) {
	maps.DeleteFunc(b.hits, func(_ hitKey, h Hit) bool { return h.Scope == s })
}
