package ledger

import (
	"slices"
	"time"
)

const (
	queued   = 1024                   // lines that may wait before Settle does
	batch    = 512                    // lines in one transaction
	interval = 200 * time.Millisecond // least time between two transactions while requests keep coming
	kept     = 10_000                 // lines from which on refusals are dropped, oldest first, while the disk refuses lines
	retry    = time.Second            // from here doubled up to
	retryMax = 30 * time.Second
)

// writer is the goroutine that writes. It sleeps without a timer while there is nothing to write.
type writer struct {
	l       *Ledger
	lines   []*Hold
	left    []*Hold       // what was reserved, of the run before too, while the key of the seal is not there: see chain.go
	last    time.Time     // end of the last transaction
	failing time.Duration // wait before the next attempt; 0: all is well
	saved   calendar      // as it is in the database

	names  map[usageKey]map[string]bool // the models in the sums, by site, of the latest day
	latest day
}

func (w *writer) run() {
	defer close(w.l.stopped)
	timer := time.NewTimer(0)
	timer.Stop()
	defer timer.Stop()
	if len(w.left) > 0 {
		w.write(true)
		timer.Reset(w.failing)
	}
	for {
		queue := w.l.queue
		if len(w.lines) > 0 {
			// The timer runs. To be woken by every line would cost each request a switch of threads.
			queue = nil
		}
		select {
		case h := <-queue:
			w.take(h)
		case <-w.l.hurry:
		case <-w.l.surplus:
		case <-timer.C:
		case <-w.l.quit:
			w.finish()
			return
		}
		w.drain()
		left := w.sums(false)
		if len(w.lines) > 0 {
			wait := max(interval, w.failing) - time.Since(w.last)
			many := len(w.lines) >= batch
			if wait <= 0 || many && w.failing == 0 {
				w.write(many)
				wait = w.failing
			}
			if len(w.lines) > 0 && (left == 0 || wait < left) {
				left = wait
			}
		}
		if left > 0 {
			timer.Reset(left)
		} else {
			timer.Stop()
		}
	}
}

// finish writes all there is; where the disk refuses, it tries once more with everything in hand.
func (w *writer) finish() {
	for refused := false; ; refused = w.failing > 0 {
		w.drain()
		w.sums(true)
		w.write(true)
		if refused || w.failing == 0 && len(w.l.queue) == 0 {
			return
		}
	}
}

// drain takes what waits, without waiting.
func (w *writer) drain() {
	for len(w.lines) < batch || w.failing > 0 {
		select {
		case h := <-w.l.queue:
			w.take(h)
		default:
			return
		}
	}
}

func (w *writer) take(h *Hold) {
	if h.flushed != nil {
		w.sums(true)
		w.write(true)
		if h.then != nil {
			h.then(w)
		}
		close(h.flushed)
		return
	}
	w.lines = append(w.lines, h)
	if len(w.lines) <= kept { // more only while the disk refuses: see drain
		return
	}
	// A line that reserved something stays, for it is what limits stand on; there are few, since nothing is reserved while
	// the disk refuses.
	if i := slices.IndexFunc(w.lines, func(h *Hold) bool { return h.id == 0 }); i >= 0 {
		w.lines = slices.Delete(w.lines, i, i+1)
		w.l.mu.Lock()
		w.l.lost++
		w.l.mu.Unlock()
	}
}

// sums takes over what the tally has summed up, and says when to ask again; 0: not before surplus says so.
func (w *writer) sums(atOnce bool) time.Duration {
	due, left := w.l.tally.take(time.Now(), atOnce)
	for _, h := range due {
		w.take(h)
	}
	return left
}

// sortOut lets what was reserved wait while there is no key for a database that is sealed.
func (w *writer) sortOut() {
	if seal := w.l.db.Seal(); seal.Opened() || !seal.Sealed() {
		if len(w.left) > 0 {
			w.lines, w.left = append(w.left, w.lines...), nil
		}
		return
	}
	w.lines = slices.DeleteFunc(w.lines, func(h *Hold) bool {
		if h.id != 0 {
			w.left = append(w.left, h)
		}
		return h.id != 0
	})
}

// write writes all there is; atOnce says that somebody waits, or that lines come faster than they would be written else.
func (w *writer) write(atOnce bool) {
	w.sortOut()
	var err error
	if len(w.lines) == 0 && w.moved() {
		err = w.insert(nil, atOnce)
	}
	for len(w.lines) > 0 && err == nil {
		n := min(len(w.lines), batch)
		if err = w.insert(w.lines[:n], atOnce); err == nil {
			w.l.freeHolds(w.lines[:n])
			clear(w.lines[:n])
			w.lines = w.lines[n:]
		}
	}
	w.last = time.Now()
	if err == nil {
		w.lines, w.failing = nil, 0
	} else {
		w.failing = min(max(retry, 2*w.failing), retryMax)
	}
	w.l.mu.Lock()
	w.l.problem, w.l.unsaved = err, len(w.lines)
	w.l.mu.Unlock()
}

// moved says that the clock was turned and nobody has written so.
func (w *writer) moved() bool {
	w.l.books.mu.Lock()
	defer w.l.books.mu.Unlock()
	return w.saved.back != w.l.books.back
}
