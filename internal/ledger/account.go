package ledger

import (
	"time"

	"github.com/oaklock/oaklock/internal/grant"
)

// scope is whose limits an account is held against: one site at one provider, one credential over all sites, or everything.
type scope struct {
	Scope
	a, b string // origin and provider; provider and label
}

// Scope says whose limit something is.
type Scope string

// The scopes.
const (
	Site Scope = "site" // one site at one provider: the grant's limits
	Key  Scope = "key"  // one credential
	All  Scope = "all"  // everything
)

// sum is what was used, or is held, on one day.
type sum struct{ cost, tokens, heldCost, heldTokens int64 }

func (s *sum) plus(t sum) {
	s.cost += t.cost
	s.tokens += t.tokens
	s.heldCost += t.heldCost
	s.heldTokens += t.heldTokens
}

// account is what is counted for one scope.
type account struct {
	days map[day]*sum
	open int64 // holds
	rate rate

	// What counts in the periods that a calendar stands in, kept up to date so that no request has to add up a month of days.
	added bool // for any
	at    calendar
	spans [periods]span
	sums  [periods]sum
}

// add counts on a date.
func (a *account) add(d day, x sum) {
	s := a.days[d]
	if s == nil {
		s = new(sum)
		a.days[d] = s
	}
	s.plus(x)
	for p := range periods {
		if a.at.counts(d, a.spans[p]) {
			a.sums[p].plus(x)
		}
	}
}

// in are the sums of the periods that the calendar stands in.
func (a *account) in(c *calendar) *[periods]sum {
	if a.added && a.at == *c {
		return &a.sums
	}
	a.added, a.at, a.sums = true, *c, [periods]sum{}
	for p := range periods {
		a.spans[p] = p.span(c.day)
		for d, s := range a.days {
			if c.counts(d, a.spans[p]) {
				a.sums[p].plus(*s)
			}
		}
	}
	return &a.sums
}

// check finds the first limit that does not hold one more request: that of an answer, for which no waiting helps, then the longest
// period first.
func (a *account) check(l grant.Limits, w Worst, c *calendar, mono time.Duration) *LimitError {
	if l.OutputTokens != 0 && w.Output > l.OutputTokens {
		return &LimitError{Name: grant.OutputTokens, Limit: l.OutputTokens, Need: w.Output}
	}
	if l.Money() || l.Tokens() {
		sums := a.in(c)
		for p := range periods {
			s := sums[p]
			name, limit := costLimit(l, p)
			if limit != 0 && s.cost+s.heldCost+w.Cost > limit {
				return &LimitError{Name: name, Limit: limit, Used: s.cost, Held: s.heldCost, Need: w.Cost, period: p}
			}
			name, limit = tokenLimit(l, p)
			if limit != 0 && s.tokens+s.heldTokens+w.Tokens > limit {
				return &LimitError{Name: name, Limit: limit, Used: s.tokens, Held: s.heldTokens, Need: w.Tokens, period: p}
			}
		}
	}
	if n := a.rate.last(mono); l.RequestsPerMinute != 0 && n >= l.RequestsPerMinute {
		return &LimitError{Name: grant.RequestsPerMinute, Limit: l.RequestsPerMinute, Used: n, Need: 1, Retry: a.rate.free(mono, l.RequestsPerMinute)}
	}
	if l.AtOnce != 0 && a.open >= l.AtOnce {
		return &LimitError{Name: grant.AtOnce, Limit: l.AtOnce, Held: a.open, Need: 1, Retry: time.Second}
	}
	return nil
}

// left is the least that is left of limits of cost, and false where there is none.
func (a *account) left(l grant.Limits, c *calendar) (left int64, limited bool) {
	if !l.Money() {
		return 0, false
	}
	sums := a.in(c)
	for p := range periods {
		if _, limit := costLimit(l, p); limit != 0 {
			rest := max(0, limit-sums[p].cost-sums[p].heldCost)
			if !limited || rest < left {
				left, limited = rest, true
			}
		}
	}
	return left, limited
}

func costLimit(l grant.Limits, p period) (grant.LimitName, int64) {
	switch p {
	case month:
		return grant.CostMonth, l.CostMonth
	case week:
		return grant.CostWeek, l.CostWeek
	case today, periods:
	}
	return grant.CostDay, l.CostDay
}

func tokenLimit(l grant.Limits, p period) (grant.LimitName, int64) {
	switch p {
	case month:
		return grant.TokensMonth, l.TokensMonth
	case week:
		return grant.TokensWeek, l.TokensWeek
	case today, periods:
	}
	return grant.TokensDay, l.TokensDay
}

// rate counts requests in the last minute of monotonic time, by the second. A second that has begun to leave the minute
// still counts, so that no sixty seconds ever hold more than the limit.
type rate struct {
	at    time.Duration // the second of the newest bucket, since the ledger was opened
	count [61]int64     // by second, modulo
}

func (r *rate) move(mono time.Duration) {
	now := mono.Truncate(time.Second)
	for n := 0; r.at < now && n < len(r.count); n++ {
		r.at += time.Second
		*r.bucket(r.at) = 0
	}
	r.at = max(r.at, now)
}

func (r *rate) bucket(at time.Duration) *int64 {
	n := int(at/time.Second) % len(r.count)
	if n < 0 { // from before the ledger was opened
		n += len(r.count)
	}
	return &r.count[n]
}

// add notes a request, also one of an earlier run that is not older than a minute.
func (r *rate) add(mono, at time.Duration) {
	r.move(mono)
	if at = at.Truncate(time.Second); at > r.at-time.Duration(len(r.count))*time.Second {
		*r.bucket(min(at, r.at))++
	}
}

func (r *rate) last(mono time.Duration) (n int64) {
	r.move(mono)
	for _, c := range r.count {
		n += c
	}
	return n
}

// free is how long it takes until fewer than limit are in the last minute.
func (r *rate) free(mono time.Duration, limit int64) time.Duration {
	n := r.last(mono)
	for at := r.at - time.Duration(len(r.count)-1)*time.Second; at <= r.at; at += time.Second {
		if n -= *r.bucket(at); n < limit {
			return at + time.Duration(len(r.count))*time.Second - mono
		}
	}
	return time.Minute
}
