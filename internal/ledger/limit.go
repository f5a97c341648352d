package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/origin"
)

// Worst is the most that a request can take.
type Worst struct {
	Tokens int64 // input and output
	Output int64 // of them those of the answer
	Cost   int64 // millionths of a US dollar
	Priced bool  // the model has a price; without one Cost says nothing
}

// LimitError is a request that a limit does not hold. Sums are millionths of a US dollar, tokens or requests, as the name
// says. Used is settled, Held is reserved for requests under way, Need is what this one could take.
type LimitError struct {
	Scope                   Scope
	Name                    grant.LimitName
	Limit, Used, Held, Need int64
	Resets                  time.Time     // when the period ends; zero where there is none
	Retry                   time.Duration // for rates: when there may be room again

	period period
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("the limit %s of the scope %s is %d: %d used, %d held, %d needed", e.Name, e.Scope, e.Limit, e.Used, e.Held, e.Need)
}

// Rate says that the limit is of requests a minute or at once, and not of money or tokens.
func (e *LimitError) Rate() bool { return e.Name == grant.RequestsPerMinute || e.Name == grant.AtOnce }

// ErrNoPrice is a request for a model without a known price where a limit of cost holds. It is never treated as free.
var ErrNoPrice = errors.New("the model has no price, so a limit of cost cannot be held")

// Use is what a scope has used and holds, under the names of the limits: settled cost and tokens of each period, the
// requests of the last minute; of AtOnce there is only what is held.
type Use struct {
	Used, Held       grant.Limits
	Day, Week, Month time.Time // when the periods end
}

// Left is what is left of each limit, never below 0; of limits that are not there it is 0.
func (u Use) Left(l grant.Limits) (left grant.Limits) {
	for _, n := range []grant.LimitName{grant.CostDay, grant.CostWeek, grant.CostMonth, grant.TokensDay, grant.TokensWeek, grant.TokensMonth, grant.RequestsPerMinute, grant.AtOnce} {
		if limit := *l.Of(n); limit != 0 {
			*left.Of(n) = max(0, limit-*u.Used.Of(n)-*u.Held.Of(n))
		}
	}
	left.OutputTokens = l.OutputTokens
	return left
}

// SiteUse is what a site has used at a provider, whatever it was granted when.
func (l *Ledger) SiteUse(o origin.Origin, providerID string) Use {
	return l.use(scope{Site, o.String(), providerID})
}

// SiteLeft is what a site has left of limits of cost at a provider, in millionths of a US dollar: the least of them, and false where
// there is none.
//
//nolint:contextcheck // see use
func (l *Ledger) SiteLeft(o origin.Origin, providerID string, limits grant.Limits) (left int64, limited bool) {
	_ = l.catchUp(context.Background())
	b := &l.books
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn()
	a := b.accounts[scope{Site, o.String(), providerID}]
	if a == nil {
		a = new(account)
	}
	return a.left(limits, &b.calendar)
}

// KeyUse is what all sites have used of a credential.
func (l *Ledger) KeyUse(providerID, label string) Use { return l.use(scope{Key, providerID, label}) }

// AllUse is what all sites have used.
func (l *Ledger) AllUse() Use { return l.use(scope{Scope: All}) }

//
//nolint:contextcheck // it reads where the clock was turned back, which is rare, and then for whoever asks next too
func (l *Ledger) use(s scope) (u Use) {
	_ = l.catchUp(context.Background()) // what cannot be read is missing in what is shown; Reserve refuses
	b := &l.books
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn()
	in := b.now.Location()
	u.Day, u.Week, u.Month = b.resets(today, in), b.resets(week, in), b.resets(month, in)
	a := b.accounts[s]
	if a == nil {
		return u
	}
	sums := a.in(&b.calendar)
	u.Used.CostDay, u.Used.CostWeek, u.Used.CostMonth = sums[today].cost, sums[week].cost, sums[month].cost
	u.Held.CostDay, u.Held.CostWeek, u.Held.CostMonth = sums[today].heldCost, sums[week].heldCost, sums[month].heldCost
	u.Used.TokensDay, u.Used.TokensWeek, u.Used.TokensMonth = sums[today].tokens, sums[week].tokens, sums[month].tokens
	u.Held.TokensDay, u.Held.TokensWeek, u.Held.TokensMonth = sums[today].heldTokens, sums[week].heldTokens, sums[month].heldTokens
	u.Used.RequestsPerMinute = a.rate.last(b.mono())
	u.Held.AtOnce = a.open
	return u
}
