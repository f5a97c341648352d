// Package ledger reserves against limits, settles, and remembers what was used.
//
// Before a request is sent, [Ledger.Reserve] makes a [Hold]; when it has ended, however it ended, [Hold.Settle] writes its
// line. What was refused is remembered by [Ledger.Refuse]. [Ledger.Entries], [Ledger.Today] and [Ledger.Count] read.
//
// A line says who asked which provider for which model, how it ended and how many tokens it took. It never holds a prompt,
// an answer, a query string or a key. What a page chose itself (its model) is cut to length, and control characters in it
// are replaced, since it ends up in terminals and windows.
//
// Neither Reserve nor Settle waits for the disk: one goroutine writes, many lines in one transaction. A kill -9 loses at
// most the last 200 ms; reading and [Ledger.Close] first write all that was settled before.
package ledger

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/provider"
	"github.com/oaklock/oaklock/internal/store"
)

// Request is what is about to be sent, or refused.
type Request struct {
	Time       time.Time // zero: now
	Origin     origin.Origin
	Provider   string
	Endpoint   string // method and path template, such as "POST /chat/completions"; a query string is cut off
	Model      string
	Credential string       // its label
	Grant      *grant.Grant // nil: none
	BytesIn    int64
}

// Outcome is how it ended.
type Outcome struct {
	Status   int    // what the page got; 0 if it got nothing
	Code     string // ours, when we refused or cut it
	Usage    provider.Usage
	Millis   int64
	BytesOut int64
}

// refused says that the request never reached the provider, or brought nothing back: we answered in its place.
func (o Outcome) refused() bool { return o.Code != "" && o.Status >= 400 }

// Ledger is open until Close. Its methods may be called from any goroutine.
type Ledger struct {
	db      *store.DB
	queue   chan *Hold
	surplus chan struct{} // tells the writer that the tally has something to write
	hurry   chan struct{} // tells the writer, which else sleeps between two transactions, that somebody waits for it
	quit    chan struct{}
	stopped chan struct{} // closed when the writer has returned
	closing sync.Once
	tally   tally

	mu      sync.Mutex // guards the fields below
	problem error
	lost    int64
	unsaved int
}

// Open starts the ledger of a database, which must stay open until [Ledger.Close].
func Open(ctx context.Context, db *store.DB) (*Ledger, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := &Ledger{
		db:    db,
		queue: make(chan *Hold, queued), surplus: make(chan struct{}, 1), hurry: make(chan struct{}, 1),
		quit: make(chan struct{}), stopped: make(chan struct{}),
	}
	w := &writer{l: l}
	go w.run() //nolint:contextcheck // it lives as long as the ledger
	return l, nil
}

// Close writes what is queued and stops; the error says that this could not be done. What is settled later is lost.
func (l *Ledger) Close() error {
	l.closing.Do(func() { close(l.quit) })
	<-l.stopped
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.unsaved > 0 {
		return fmt.Errorf("the last %d lines of the log could not be saved: %w", l.unsaved, l.problem)
	}
	return nil
}

// Problem is why lines cannot be written at the moment, such as [store.ErrFull]; nil when they can. They are kept in memory
// meanwhile, the last 10,000 of them.
func (l *Ledger) Problem() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.problem != nil && l.lost > 0 {
		return fmt.Errorf("%w (%d lines of the log are lost)", l.problem, l.lost)
	}
	return l.problem
}

// Hold is a request between Reserve and Settle.
type Hold struct {
	l       *Ledger
	request Request
	outcome Outcome
	refused bool
	count   int64
	settled atomic.Bool
	flushed chan struct{} // not nil: no request, but the question whether all before it is written
}

// Reserve comes before a request is sent. It will take the worst case of the request out of every limit of its grant and
// its key, and refuse with the first limit that does not hold it and the time when that resets. For now limits are only
// stored and shown: it refuses nothing, and the error is always nil. The caller settles the hold exactly once.
func (l *Ledger) Reserve(ctx context.Context, r Request) (*Hold, error) {
	return &Hold{l: l, request: r.clean(), count: 1}, nil
}

// Settle writes the line. Only the first call does something. It returns at once unless 1,024 lines wait for the disk.
func (h *Hold) Settle(o Outcome) {
	if !h.settled.CompareAndSwap(false, true) {
		return
	}
	h.outcome = o.clean()
	h.refused = o.refused()
	h.l.enqueue(h)
}

// Refuse remembers a refusal. Of one origin and code 10 in a second get a line each; what comes on top becomes one line
// with a count, without what may differ (provider, endpoint, model). So a page that hammers cannot fill the disk.
func (l *Ledger) Refuse(r Request, status int, code string) {
	none := provider.NoUsage
	h := &Hold{l: l, request: r.clean(), outcome: Outcome{Status: status, Code: code, Usage: none}.clean(), refused: true, count: 1}
	due, begun := l.tally.add(h, time.Now())
	for _, h := range due {
		l.enqueue(h)
	}
	if begun {
		select {
		case l.surplus <- struct{}{}:
		default:
		}
	}
}

func (l *Ledger) enqueue(h *Hold) {
	select {
	case l.queue <- h:
		return
	default:
	}
	l.nudge()
	select {
	case l.queue <- h:
	case <-l.stopped:
	}
}

func (l *Ledger) nudge() {
	select {
	case l.hurry <- struct{}{}:
	default: // it has been told already
	}
}

// flush returns when all that was settled before is written, or cannot be.
func (l *Ledger) flush(ctx context.Context) error {
	h := &Hold{flushed: make(chan struct{})}
	l.nudge() // the queue may be full
	select {
	case l.queue <- h:
		l.nudge()
	case <-l.stopped:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-h.flushed:
	case <-l.stopped:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
