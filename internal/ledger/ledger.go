// Package ledger reserves against limits, settles, and remembers what was used.
//
// Before a request is sent, [Ledger.Reserve] takes the most that it can cost out of every limit and makes a [Hold], or
// refuses with a [LimitError]; when it has ended, however it ended, [Hold.Settle] puts what it did cost in that place and
// writes its line. What was refused is remembered by [Ledger.Refuse]. [Ledger.SiteUse], [Ledger.KeyUse] and [Ledger.AllUse]
// say how much of the limits is used, [Ledger.Entries] and [Ledger.Usage] read the log and its sums.
//
// A line says who asked which provider for which model, how it ended, how many tokens it took and what it cost. It never
// holds a prompt, an answer, a query string or a key. What a page chose itself (its model) is cut to length, and control
// characters in it are replaced, since it ends up in terminals and windows.
//
// # A limit holds
//
// Limits are held against accounts in memory, under one lock: settled + held + worst case ≤ limit, for every limit of the
// grant, of the credential and over everything, or nothing is reserved. The hold is then written down before Reserve
// returns, and is there until its line is in the database, from Settle on with what it was settled at. So a kill -9 at any
// moment leaves something of every request that may have been sent; the next start settles those that were under way at
// their whole reservation. A page cannot spend more by having Oaklock killed, however often.
//
// It is written down in a slot of a file ([store.Slots]): below 1 µs, with no batching and no budget leased ahead. A row
// in the database took 25 µs, and waited while the lines of others went to the disk. What a power failure can take are
// the requests under way, and what was settled in the last 200 ms.
//
// Where it cannot be written, as on a full disk, Reserve refuses: a request that could not be counted is not sent.
//
// # Lines
//
// A line carries the hash of the one before, so that one that was changed, taken out or put in from outside is found by
// [Ledger.Verify]; chain.go says how. It stays as long as [Ledger.Retain] is told; its part in the sums of its day stays for
// good.
//
// Settle does not wait for the disk: one goroutine writes, many lines in one transaction. Of lines, a kill -9 loses at most
// the refusals of the last 200 ms; reading and [Ledger.Close] first write all that was settled before. Only while there is no key for a
// database that is sealed, lines of what was reserved wait for it; they count meanwhile, and are in their slots.
package ledger

import (
	"context"
	"errors"
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
	Worst      Worst
}

// Outcome is how it ended.
type Outcome struct {
	Status   int    // what the page got; 0 if it got nothing
	Code     string // ours, when we refused or cut it
	Usage    provider.Usage
	Bill     Bill
	Cost     int64 // millionths of a US dollar, where the Bill is Known or Partly
	Tokens   int64 // what counts against limits of tokens, likewise
	Millis   int64
	BytesOut int64
}

// Bill says how far the cost of a request is known.
type Bill uint8

// The bills.
const (
	// Whole is a request of which nothing is known but that it may have been sent: it counts as what was reserved.
	Whole Bill = iota
	// Partly is one of which Cost and Tokens are an estimate from above.
	Partly
	// Known is one whose Cost and Tokens the provider has said.
	Known
	// Nothing is one that was not sent, or that the provider refused.
	Nothing
)

// isRefused says that the request never reached the provider, or brought nothing back: we answered in its place. One that was sent
// and may have cost something was refused by nobody, whatever came of it. It is asked after bill.
func (h *Hold) isRefused() bool {
	return h.outcome.Code != "" && h.outcome.Status >= 400 && h.cost == 0 && h.tokens == 0
}

// Options are for tests; the zero value is right.
type Options struct {
	Now func() time.Time // the wall clock, in the user's time zone; nil: time.Now
}

// Ledger is open until Close. Its methods may be called from any goroutine.
type Ledger struct {
	db      *store.DB
	slots   *store.Slots
	books   books
	queue   chan *Hold
	opened  mark          // the end of the chain as the sealed row had it then; of the writer
	behind  stretch       // lines that were there behind the chain's end when the ledger was opened; of the writer
	surplus chan struct{} // tells the writer that the tally has something to write
	hurry   chan struct{} // tells the writer, which else sleeps between two transactions, that somebody waits for it
	quit    chan struct{}
	stopped chan struct{} // closed when the writer has returned
	closing sync.Once
	tally   tally

	auditing chan struct{} // held by who reads all lines, and by who deletes some

	mu      sync.Mutex // guards the fields below
	problem error
	lost    int64
	unsaved int
	chain   chain // changed by the writer alone
	sealed  mark  // the end of the chain as the sealed row has it

	accepted int // how often the user has taken the log as it stands
}

// Open starts the ledger of a database, which must stay open until [Ledger.Close]. What was under way when an earlier run
// was killed is settled at its whole reservation.
func Open(ctx context.Context, db *store.DB, o Options) (*Ledger, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	l := &Ledger{
		db: db, books: newBooks(o.Now),
		queue: make(chan *Hold, queued), surplus: make(chan struct{}, 1), hurry: make(chan struct{}, 1),
		quit: make(chan struct{}), stopped: make(chan struct{}), auditing: make(chan struct{}, 1),
	}
	w := &writer{l: l}
	if err := l.load(ctx, w); err != nil {
		if l.slots != nil {
			_ = l.slots.Close()
		}
		return nil, err
	}
	go w.run() //nolint:contextcheck // it lives as long as the ledger
	return l, nil
}

// Close writes what is queued and stops; the error says that this could not be done. What is settled later is lost.
func (l *Ledger) Close() error {
	l.closing.Do(func() {
		close(l.quit)
		<-l.stopped
		_ = l.slots.Close() // what is in it has been written, or waits there for the key of the seal
	})
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
	l        *Ledger
	id       int64 // 0: a refusal, which reserved nothing
	day      day
	accounts [3]*account
	left     int64 // see Left
	limited  bool
	settled  atomic.Bool

	// What the line says.
	request   Request
	outcome   Outcome
	cost      int64 // -1: not known
	tokens    int64
	estimated bool
	refused   bool
	count     int64
	record    []byte // as it is written down; the memory of its first form is used for the second
	slot      int    // where it is written down until its line is

	flushed chan struct{} // not nil: no request, but the question whether all before it is written
	then    func(*writer) // what the writer does then
}

// Reserve comes before a request is sent: it takes the worst case out of every limit and writes that down, or does neither.
// The error is a [*LimitError], [ErrNoPrice], or why the reservation could not be written; then the request must not be
// sent. The caller settles the hold exactly once.
func (l *Ledger) Reserve(ctx context.Context, r Request) (*Hold, error) {
	h := &Hold{l: l, request: r.clean(), count: 1}
	if without {
		return h, nil
	}
	b := &l.books
	if r.Time.IsZero() {
		h.request.Time = b.wall()
	}
	if err := l.catchUp(ctx); err != nil {
		return nil, fmt.Errorf("read what was used earlier: %w", err)
	}
	b.mu.Lock()
	if b.turn() { // again, in between: fail closed
		b.mu.Unlock()
		return nil, errClock
	}
	err := b.reserve(h)
	b.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if err := l.writeHold(h); err != nil {
		b.mu.Lock()
		b.release(h)
		b.mu.Unlock()
		return nil, fmt.Errorf("write the reservation: %w", err)
	}
	return h, nil
}

var errClock = errors.New("the clock was turned back while a request was reserved")

// catchUp reads the sums of earlier days, where the clock came back to a month that is not in memory.
func (l *Ledger) catchUp(ctx context.Context) error {
	b := &l.books
	b.mu.Lock()
	missing, need := b.turn(), b.needs()
	b.mu.Unlock()
	if !missing {
		return nil
	}
	return l.loadDays(ctx, need)
}

// Settle puts what the request did cost in the place of what was reserved, and writes the line. Only the first call does
// something. It returns at once unless 1,024 lines wait for the disk.
//
// What it came to is written down before its room is another's: otherwise a kill in between would leave the whole reservation
// beside that of a request which was let in for what this one gave back, and more would count than the limit.
func (h *Hold) Settle(o Outcome) {
	if without || !h.settled.CompareAndSwap(false, true) {
		return
	}
	h.outcome = o.clean()
	h.bill()
	h.refused = h.isRefused()
	h.l.writeDone(h)
	b := &h.l.books
	b.mu.Lock()
	b.settle(h)
	b.mu.Unlock()
	h.l.enqueue(h)
}

// Left is what was left of the grant's limits of cost when the hold was reserved, in millionths of a US dollar: the least of them,
// and false where there is none.
func (h *Hold) Left() (left int64, limited bool) { return h.left, h.limited }

// Cost is what the hold was settled at, in millionths of a US dollar; 0 before, and where the model had no price.
func (h *Hold) Cost() int64 { return max(0, h.cost) }

// bill works out what counts.
func (h *Hold) bill() {
	w := h.request.Worst
	switch o := h.outcome; o.Bill {
	case Whole:
		h.cost, h.tokens, h.estimated = w.Cost, w.Tokens, w.Cost > 0 || w.Tokens > 0
	case Partly:
		h.cost, h.tokens, h.estimated = o.Cost, o.Tokens, true
	case Known:
		h.cost, h.tokens = o.Cost, o.Tokens
	case Nothing:
		return
	}
	if !w.Priced {
		h.cost = -1
	}
}

// Refuse remembers a refusal. Of one origin and code 10 in a second get a line each; what comes on top becomes one line
// with a count, without what may differ (provider, endpoint, model). So a page that hammers cannot fill the disk.
func (l *Ledger) Refuse(r Request, status int, code string) {
	none := provider.NoUsage
	h := &Hold{l: l, request: r.clean(), outcome: Outcome{Status: status, Code: code, Usage: none}.clean(), refused: true, count: 1}
	b := &l.books
	b.mu.Lock()
	b.turn()
	h.day = b.day
	if r.Time.IsZero() {
		h.request.Time = b.now
	}
	b.total(h.day).Refused++
	b.mu.Unlock()
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
func (l *Ledger) flush(ctx context.Context) error { return l.afterAll(ctx, nil) }

// byWriter has the writer do something once all that was settled before is written. It is not done where the ledger is closed.
func (l *Ledger) byWriter(ctx context.Context, do func(*writer) error) error {
	err := errClosed
	if wait := l.afterAll(ctx, func(w *writer) { err = do(w) }); wait != nil {
		return wait // and err may still be written
	}
	return err
}

var errClosed = errors.New("the log is closed")

func (l *Ledger) afterAll(ctx context.Context, then func(*writer)) error {
	h := &Hold{flushed: make(chan struct{}), then: then}
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
