// Package consent asks the user whether a site may use a provider, and holds the site's requests until the answer.
//
// A page's request calls [Broker.Ask] and waits. The user's doors list [Broker.All] and answer with
// [Broker.Allow], [Broker.Deny] or [Broker.Block]. The broker knows nothing of windows: state is pulled, and the changed
// callback says only "look again". It stores nothing itself: an Allow is written to the grant book first, then the
// waiting requests are woken, and each looks its grant up afresh.
package consent

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/origin"
)

// Limits of what may wait (admission.md).
const (
	MaxOrigins     = 3  // sites with an open question; a fourth hears the constant 403
	MaxPerOrigin   = 16 // requests of one site on hold
	MaxWaiting     = 64 // requests on hold in all
	maxMissed      = 20
	maxProviders   = 8 // in one question
	missedLifetime = 24 * time.Hour
)

// How Ask ends other than with a decision.
var (
	// ErrUnanswered says that the user did not answer in time; it is not remembered.
	ErrUnanswered = errors.New("the user has not answered")
	// ErrTooMany says that as many requests wait as may.
	ErrTooMany = errors.New("too many requests wait for an answer")
	// ErrCrowded says that three other sites wait already.
	ErrCrowded = errors.New("too many sites wait for an answer")
)

// How an answer fails.
var (
	// ErrNoQuestion says that there is no such question any more: it was answered before, and the first answer holds.
	ErrNoQuestion = errors.New("there is no such question; it may have been answered already")
	// ErrNotAsked says that the answer names a provider that the question does not.
	ErrNotAsked = errors.New("the question is not about this provider")
)

// Book is where decisions are written; it is the grant book.
type Book interface {
	Allow(ctx context.Context, o origin.Origin, providerIDs []string, t grant.Terms, by string) error
	Deny(ctx context.Context, o origin.Origin, providerIDs []string) (time.Time, error)
	Block(ctx context.Context, o origin.Origin) error
}

// Options of a broker; all are needed.
type Options struct {
	Book    Book
	Wait    func() time.Duration // how long a request is held, at the time it comes
	Changed func()               // called after every change, without a lock held
}

// Broker keeps the open and the missed questions.
type Broker struct {
	o Options

	mu      sync.Mutex
	open    []*question // guarded by mu, oldest first; one for each origin
	missed  []*question // guarded by mu, oldest first; one for each origin
	waiting int         // guarded by mu
}

type question struct {
	id        string
	origin    origin.Origin
	asked     time.Time
	through   Program
	wishes    []Wish
	waiters   []*waiter
	answering bool // an Allow is being written: a second answer comes too late
}

type waiter struct {
	provider string
	call     *Call
	deadline time.Time
	woken    chan struct{} // closed when the question was decided for this provider, or the state must be looked at
}

// Wish is one provider that a site asked for.
type Wish struct {
	Provider string
	Model    string // the first one asked for, in the page's own words; may be empty
	Stored   bool   // the request names data saved under the key, and is refused unless that is allowed too
	// A page that asks ahead of its first request may ask for less than everything.
	Models  []string // nil: all
	CostDay int64    // millionths of a US dollar; 0: no wish
	// Through is the program that asks, "" where nobody looked or it is not known. It is the question's and not the provider's:
	// the first that is known stays.
	Through Program
	Call    *Call // what the page made that wishes for several providers at once; nil: a request of its own
}

// Call is one request that wishes for several providers, and counts as one that waits.
type Call struct{ _ byte } // not empty, so that each has an address of its own

// Program is what made a request, as far as its name goes, which any program can give itself.
type Program struct {
	Name    string
	Browser bool
}

// Question is a site's open or missed question.
type Question struct {
	ID       string
	Origin   origin.Origin
	Asked    time.Time
	Deadline time.Time // of the request that waits longest from now; zero when missed
	Waiting  int
	Wishes   []Wish
	Through  Program
}

// New connects a broker.
func New(o Options) *Broker { return &Broker{o: o} }

// Ask holds a request until the user decides about its site and provider, the waiting time ends, or ctx does. It
// returns nil when there is something to look up: a grant, a denial, a block, a pause. The caller looks afresh.
func (b *Broker) Ask(ctx context.Context, o origin.Origin, w Wish) error {
	deadline := time.Now().Add(b.o.Wait())
	b.mu.Lock()
	q, err := b.join(o, w)
	if err != nil {
		b.mu.Unlock()
		return err
	}
	me := &waiter{provider: w.Provider, call: w.Call, deadline: deadline, woken: make(chan struct{})}
	q.waiters = append(q.waiters, me)
	b.waiting++
	b.mu.Unlock()
	b.o.Changed()

	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-me.woken:
		return nil // the waker took me off
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = ErrUnanswered
	}
	b.leave(o, me)
	b.o.Changed()
	return err
}

// Room says whether a question of this origin would be heard: it has one already, or fewer than three others wait.
func (b *Broker) Room(o origin.Origin) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.find(b.open, o) >= 0 || len(b.open) < MaxOrigins
}

// Waits says whether requests of this origin wait for an answer.
func (b *Broker) Waits(o origin.Origin) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.find(b.open, o) >= 0
}

// join finds or opens the origin's question and adds the wish to it. The caller holds mu.
func (b *Broker) join(o origin.Origin, w Wish) (*question, error) {
	if b.waiting >= MaxWaiting {
		return nil, ErrTooMany
	}
	i := b.find(b.open, o)
	if i < 0 {
		if len(b.open) >= MaxOrigins {
			return nil, ErrCrowded
		}
		q := &question{id: newID(), origin: o, asked: time.Now()}
		if m := b.find(b.missed, o); m >= 0 { // it comes back to life, with all that was missed
			q = b.missed[m]
			b.missed = slices.Delete(b.missed, m, m+1)
		}
		b.open = append(b.open, q)
		i = len(b.open) - 1
	}
	q := b.open[i]
	if len(q.waiters) >= MaxPerOrigin {
		return nil, ErrTooMany
	}
	if len(q.waiters) == 0 && w.Through.Name != "" || q.through.Name == "" { // a missed one may come back through another
		q.through = w.Through
	}
	known := slices.IndexFunc(q.wishes, func(x Wish) bool { return x.Provider == w.Provider })
	if known >= 0 {
		q.wishes[known].Stored = q.wishes[known].Stored || w.Stored
	} else {
		if len(q.wishes) >= maxProviders {
			return nil, ErrTooMany
		}
		q.wishes = append(q.wishes, w)
	}
	return q, nil
}

// leave takes a waiter off that was not woken; the last one to leave makes the question a missed one. A waker that was
// quicker has taken it off already.
func (b *Broker) leave(o origin.Origin, me *waiter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.find(b.open, o)
	if i < 0 {
		return
	}
	q := b.open[i]
	n := slices.Index(q.waiters, me)
	if n < 0 {
		return
	}
	q.waiters = slices.Delete(q.waiters, n, n+1)
	b.waiting--
	if len(q.waiters) == 0 && !q.answering {
		b.miss(i)
	}
}

// miss moves the open question i to the missed ones. The caller holds mu.
func (b *Broker) miss(i int) {
	q := b.open[i]
	b.open = slices.Delete(b.open, i, i+1)
	b.missed = append(b.missed, q)
	if len(b.missed) > maxMissed {
		b.missed = slices.Delete(b.missed, 0, 1)
	}
}

func (b *Broker) find(list []*question, o origin.Origin) int {
	return slices.IndexFunc(list, func(q *question) bool { return q.origin == o })
}

// Questions are those that requests wait for, oldest first.
func (b *Broker) Questions() []Question {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.showOpen()
}

// All are the open questions, oldest first, and those that nobody waits for any more, newest first, for a day, which can still be
// answered. Both are of one moment: a question that moves meanwhile is in one list, and not in both or in neither.
func (b *Broker) All() (open, missed []Question) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.missed = slices.DeleteFunc(b.missed, func(q *question) bool { return time.Since(q.asked) > missedLifetime })
	missed = make([]Question, 0, len(b.missed))
	for _, q := range slices.Backward(b.missed) {
		missed = append(missed, q.show())
	}
	return b.showOpen(), missed
}

// showOpen shows the open questions. The caller holds mu.
func (b *Broker) showOpen() []Question {
	out := make([]Question, 0, len(b.open))
	for _, q := range b.open {
		if len(q.waiters) > 0 || !q.answering {
			out = append(out, q.show())
		}
	}
	return out
}

func (q *question) show() Question {
	s := Question{ID: q.id, Origin: q.origin, Asked: q.asked, Wishes: slices.Clone(q.wishes), Through: q.through}
	calls := map[*Call]bool{}
	for _, w := range q.waiters {
		if w.call == nil || !calls[w.call] {
			s.Waiting++
		}
		calls[w.call] = true
		if w.deadline.After(s.Deadline) {
			s.Deadline = w.deadline
		}
	}
	return s
}

// Allow writes the grants and then wakes the requests that wait for these providers; nil means all in the question.
// Providers that joined since the user looked are not allowed along: they stay, as a question of their own. If the
// grants cannot be written at all the question stays as it was; grant.ErrNotSaved means that they hold until quit.
func (b *Broker) Allow(ctx context.Context, id string, providers []string, t grant.Terms, by string) error {
	if err := t.Check(); err != nil {
		return err
	}
	q, providers, err := b.take(id, providers)
	if err != nil {
		return err
	}
	err = b.o.Book.Allow(ctx, q.origin, providers, t, by)
	if err != nil && !errors.Is(err, grant.ErrNotSaved) {
		b.putBack(q)
		return err
	}
	b.finish(q, providers)
	return err
}

// Deny refuses all that the question asks, for a while, and wakes its requests. The until time is when the site may ask
// again.
func (b *Broker) Deny(ctx context.Context, id string) (until time.Time, err error) {
	q, providers, err := b.take(id, nil)
	if err != nil {
		return time.Time{}, err
	}
	until, err = b.o.Book.Deny(ctx, q.origin, providers)
	b.finish(q, providers) // a denial takes effect even where it cannot be saved
	return until, err
}

// Block refuses the site for good and wakes its requests.
func (b *Broker) Block(ctx context.Context, id string) error {
	q, providers, err := b.take(id, nil)
	if err != nil {
		return err
	}
	err = b.o.Book.Block(ctx, q.origin)
	b.finish(q, providers)
	return err
}

// take claims a question for one answer: whoever comes second finds ErrNoQuestion.
func (b *Broker) take(id string, providers []string) (*question, []string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	id = strings.ToLower(strings.TrimSpace(id))
	byID := func(q *question) bool { return q.id == id && !q.answering }
	var q *question
	if i := slices.IndexFunc(b.open, byID); i >= 0 {
		q = b.open[i]
	} else if i := slices.IndexFunc(b.missed, byID); i >= 0 {
		q = b.missed[i]
	} else {
		return nil, nil, ErrNoQuestion
	}
	var asked []string
	for _, w := range q.wishes {
		asked = append(asked, w.Provider)
	}
	if len(providers) == 0 {
		providers = asked
	}
	for _, p := range providers {
		if !slices.Contains(asked, p) {
			return nil, nil, ErrNotAsked
		}
	}
	q.answering = true
	return q, providers, nil
}

// putBack undoes a take after a failed write.
func (b *Broker) putBack(q *question) {
	b.mu.Lock()
	q.answering = false
	if i := slices.Index(b.open, q); i >= 0 && len(q.waiters) == 0 {
		b.miss(i)
	}
	b.mu.Unlock()
	b.o.Changed()
}

// finish wakes the requests that the answer was about. What joined meanwhile for another provider goes on as a new
// question, so that the old ID answers nothing any more.
func (b *Broker) finish(q *question, providers []string) {
	b.mu.Lock()
	q.wishes = slices.DeleteFunc(q.wishes, func(w Wish) bool { return slices.Contains(providers, w.Provider) })
	rest := q.waiters[:0]
	for _, w := range q.waiters {
		if slices.Contains(providers, w.provider) {
			close(w.woken)
			b.waiting--
		} else {
			rest = append(rest, w)
		}
	}
	q.waiters = rest
	q.answering = false
	q.id = newID()
	if i := slices.Index(b.open, q); i >= 0 {
		switch {
		case len(q.wishes) == 0:
			b.open = slices.Delete(b.open, i, i+1)
		case len(q.waiters) == 0:
			b.miss(i)
		}
	} else if i := slices.Index(b.missed, q); i >= 0 && len(q.wishes) == 0 {
		b.missed = slices.Delete(b.missed, i, i+1)
	}
	b.mu.Unlock()
	b.o.Changed()
}

// Wake ends all waiting without an answer, so that each request looks at the state afresh: after a pause, a lock, a
// block by hand, questions switched off. The questions become missed ones.
func (b *Broker) Wake() { b.wake(func(*question) bool { return true }) }

// WakeOrigin does the same for one site, after its grants were changed by hand.
func (b *Broker) WakeOrigin(o origin.Origin) { b.wake(func(q *question) bool { return q.origin == o }) }

func (b *Broker) wake(which func(*question) bool) {
	b.mu.Lock()
	for i := len(b.open) - 1; i >= 0; i-- {
		q := b.open[i]
		if !which(q) {
			continue
		}
		for _, w := range q.waiters {
			close(w.woken)
			b.waiting--
		}
		q.waiters = nil
		if !q.answering {
			b.miss(i)
		}
	}
	b.mu.Unlock()
	b.o.Changed()
}

// Forget drops what is missed of a site, after it was allowed, blocked or denied by hand.
func (b *Broker) Forget(o origin.Origin) {
	b.mu.Lock()
	b.missed = slices.DeleteFunc(b.missed, func(q *question) bool { return q.origin == o && !q.answering })
	b.mu.Unlock()
	b.o.Changed()
}

// newID is short enough to type and not to be guessed: 40 random bits.
func newID() string {
	var b [5]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (its documentation)
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}
