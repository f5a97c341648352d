package proxy

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/oaklock/oaklock/internal/grant"
)

const (
	// lookEvery is how often the clocks are compared while something is under way. Timers stand still in a sleep too, so it is
	// noticed within this time after it.
	lookEvery = 10 * time.Second
	// sleepTolerance is how much further the wall clock may go between two looks. Who sets it forward while an answer is under way
	// is taken for a sleep, and loses the answer.
	sleepTolerance = 10 * time.Second
)

// clocks know of a sleep of the machine where nobody tells of it (macOS, Linux without logind): the monotonic clock stands still
// meanwhile, the wall clock goes on.
type clocks struct {
	gone  func(since time.Time) time.Duration // how much further the wall clock went since then
	slept atomic.Pointer[func()]              // is told after a sleep; nil: somebody else tells
	waits atomic.Bool                         // a timer runs
	last  time.Time                           // the last look; its owner is whoever has set waits
}

func wallAhead(since time.Time) time.Duration {
	now := time.Now()
	return now.Round(0).Sub(since.Round(0)) - now.Sub(since)
}

// WatchClocks is for systems on which nobody tells of a sleep. From now on answers that were under way over one end soon after it, as
// by StopBefore, and slept is told. Where nothing is under way nothing looks.
func (h *Handler) WatchClocks(slept func()) { h.clocks.slept.Store(&slept) }

// begin puts a request into the table of running ones.
func (h *Handler) begin(x *exchange, g *grant.Grant, cancel context.CancelCauseFunc) *running {
	r := h.running.start(x, g, cancel)
	h.watchClocks()
	return r
}

func (h *Handler) watchClocks() {
	c := &h.clocks
	if c.slept.Load() != nil && !c.waits.Load() && c.waits.CompareAndSwap(false, true) {
		c.last = time.Now()
		time.AfterFunc(lookEvery, h.lookAtClocks)
	}
}

func (h *Handler) lookAtClocks() {
	c := &h.clocks
	all := h.running.all()
	if c.gone(c.last) > sleepTolerance {
		for _, r := range all {
			if c.gone(r.start) > sleepTolerance { // not one that began afterwards
				r.cancel(errSlept)
			}
		}
		(*c.slept.Load())()
	}
	if len(all) > 0 {
		c.last = time.Now()
		time.AfterFunc(lookEvery, h.lookAtClocks)
		return
	}
	c.waits.Store(false)
	if len(h.running.all()) > 0 { // since the look above
		h.watchClocks()
	}
}
