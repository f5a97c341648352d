package grant

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/oaklock/oaklock/internal/origin"
)

// lazily is how long a last use, or a change that could not be written, waits for the next write.
const lazily = time.Minute

// run ends grants when their time has come and writes what was put off. It wakes only when something is due.
func (b *Book) run() {
	defer close(b.stopped)
	expiry, late := time.NewTimer(0), time.NewTimer(0)
	expiry.Stop()
	late.Stop()
	defer expiry.Stop()
	defer late.Stop()
	waiting := false // late is running
	failed := false  // the clock could not be written; with late it is tried again
	for {
		if d, ok := b.next(); ok {
			expiry.Reset(d)
		} else {
			expiry.Stop()
		}
		if !waiting && b.hasLate() {
			late.Reset(lazily)
			waiting = true
		}
		select {
		case <-b.quit:
			return
		case <-b.wake:
		case <-expiry.C:
		case <-late.C:
			waiting, failed = false, false
			b.saveLate()
		}
		b.expire()
		if b.isStale() && !failed {
			b.saveLate()
			failed = b.isStale()
		}
	}
}

// next is how long it takes until the next grant expires.
func (b *Book) next() (d time.Duration, ok bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	now, _ := b.clock.read(b.wall())
	for _, s := range b.sites {
		for _, h := range s.grants {
			if left := h.ends - now; h.ends != 0 && !h.ended.Load() && (!ok || left < d) {
				d, ok = max(left, time.Millisecond), true
			}
		}
	}
	return d, ok
}

// expire ends the grants whose time has come. That the clock has come so far is then to be written: it is what keeps them
// expired after a restart.
func (b *Book) expire() {
	now := b.resetClock()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.sites {
		for _, h := range s.grants {
			if h.expired(now) && !h.ended.Load() {
				h.end()
				b.stale = true
			}
		}
	}
}

func (b *Book) isStale() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.stale
}

func (b *Book) hasLate() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.stale || len(b.unsaved) > 0 || len(b.dirty()) > 0
}

// dirty are the grants whose last use is not written; mu must be held.
func (b *Book) dirty() (out []*held) {
	for _, s := range b.sites {
		for _, h := range s.grants {
			if h.dirty.Load() {
				out = append(out, h)
			}
		}
	}
	return out
}

// saveLate writes what was put off. What cannot be written stays put off.
func (b *Book) saveLate() {
	b.turn <- struct{}{}
	defer func() { <-b.turn }()
	b.mu.RLock()
	dirty := b.dirty()
	origins := slices.Collect(maps.Keys(b.unsaved))
	b.mu.RUnlock()
	for _, h := range dirty {
		h.dirty.Store(false) // before it is read: a use from now on makes it dirty again
	}
	if err := b.write(context.Background(), origins, dirty); err != nil {
		for _, h := range dirty {
			h.dirty.Store(true)
		}
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stale = false
	for _, o := range origins {
		delete(b.unsaved, o)
	}
}

// save writes what is in force for an origin. If that fails it is tried again later.
func (b *Book) save(ctx context.Context, o origin.Origin) error {
	b.turn <- struct{}{}
	defer func() { <-b.turn }()
	err := b.write(ctx, []origin.Origin{o}, nil)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.unsaved[o] = true
		b.nudge()
	} else {
		delete(b.unsaved, o)
	}
	return err
}
