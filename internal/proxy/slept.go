package proxy

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/oaklock/oaklock/internal/clock"
	"github.com/oaklock/oaklock/internal/grant"
)

// lookEvery is how often the clocks are compared while something is under way. Timers stand still in a sleep too, so it is noticed
// within this time after it. Who sets the wall clock forward by more than clock.Tolerance while an answer is under way loses it.
const lookEvery = 10 * time.Second

// clocks know of a sleep of the machine where nobody tells of it.
type clocks struct {
	gone  func(since time.Time) time.Duration // how much further the wall clock went since then
	slept atomic.Pointer[func()]              // is told after a sleep; nil: somebody else tells
	waits atomic.Bool                         // a timer runs
	last  time.Time                           // the last look; its owner is whoever has set waits
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
	if c.gone(c.last) > clock.Tolerance {
		for _, r := range all {
			if c.gone(r.start) > clock.Tolerance { // not one that began afterwards
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
