package ledger

import (
	"context"
	"database/sql"
	"time"
)

const (
	queued   = 1024                   // lines that may wait before Settle does
	batch    = 512                    // lines in one transaction
	interval = 200 * time.Millisecond // least time between two transactions while requests keep coming
	kept     = 10_000                 // lines kept in memory while the disk refuses them
	retry    = time.Second            // from here doubled up to
	retryMax = 30 * time.Second
)

// writer is the goroutine that writes. It sleeps without a timer while there is nothing to write.
type writer struct {
	l       *Ledger
	lines   []*Hold
	last    time.Time     // end of the last transaction
	failing time.Duration // wait before the next attempt; 0: all is well
}

func (w *writer) run() {
	defer close(w.l.stopped)
	timer := time.NewTimer(0)
	timer.Stop()
	defer timer.Stop()
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
			if wait <= 0 || len(w.lines) >= batch && w.failing == 0 {
				w.write()
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
		w.write()
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
		w.write()
		close(h.flushed)
		return
	}
	if len(w.lines) >= kept { // only while the disk refuses: see drain
		w.lines[0] = nil
		w.lines = w.lines[1:]
		w.l.mu.Lock()
		w.l.lost++
		w.l.mu.Unlock()
	}
	w.lines = append(w.lines, h)
}

// sums takes over what the tally has summed up, and says when to ask again; 0: not before surplus says so.
func (w *writer) sums(atOnce bool) time.Duration {
	due, left := w.l.tally.take(time.Now(), atOnce)
	for _, h := range due {
		w.take(h)
	}
	return left
}

func (w *writer) write() {
	var err error
	for len(w.lines) > 0 && err == nil {
		n := min(len(w.lines), batch)
		if err = w.insert(w.lines[:n]); err == nil {
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

func (w *writer) insert(lines []*Hold) error {
	ctx := context.Background() // what was settled is written, whoever has gone away since
	return w.l.db.Write(ctx, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, `INSERT INTO entry (time, origin, provider, endpoint, model, credential, grant_id,
			status, code, refused, count, input, output, cached_input, cache_write, reasoning, millis, bytes_in, bytes_out)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
		if err != nil {
			return err
		}
		defer insert.Close()
		for _, h := range lines {
			r, o, u := h.request, h.outcome, h.outcome.Usage
			var id int64
			if r.Grant != nil {
				id = r.Grant.ID
			}
			if _, err := insert.ExecContext(ctx, r.Time.UnixMilli(), clean(r.Origin.String(), maxOrigin), r.Provider, r.Endpoint, r.Model, r.Credential, id,
				o.Status, o.Code, h.refused, h.count, u.Input, u.Output, u.CachedInput, u.CacheWrite, u.Reasoning, o.Millis, r.BytesIn, o.BytesOut); err != nil {
				return err
			}
		}
		return nil
	})
}
