package grant

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/oaklock/oaklock/internal/origin"
)

const (
	// lazily is how long a last use waits for the next write.
	lazily = time.Minute
	// long is how far a use must lie behind the one before to be written soon.
	long = time.Hour
	// soon is when a change that could not be written is tried again, twice as long each time, and seldom at most.
	soon   = time.Second
	seldom = 16 * time.Second
)

// run ends grants when their time has come and writes what was put off. It wakes only when something is due.
func (b *Book) run() {
	defer close(b.stopped)
	expiry, late, again := time.NewTimer(0), time.NewTimer(0), time.NewTimer(0)
	stop := func() { expiry.Stop(); late.Stop(); again.Stop() }
	stop()
	defer stop()
	waiting := false // late is running
	failed := false  // the clock could not be written; with late it is tried again
	trying := false  // again is running
	pause := soon    // it runs for so long the next time
	for {
		if d, ok := b.next(); ok {
			expiry.Reset(d)
		} else {
			expiry.Stop()
		}
		if b.news.Swap(false) {
			late.Reset(soon)
			waiting = true
		}
		if !waiting && b.hasLate() {
			late.Reset(lazily)
			waiting = true
		}
		switch unsaved, room := b.putsOff(); {
		case !unsaved:
			again.Stop()
			trying, pause = false, soon
		case room: // something else could be written since
			b.saveLate()
			continue
		case !trying:
			again.Reset(pause)
			trying, pause = true, min(2*pause, seldom)
		}
		select {
		case <-b.quit:
			return
		case <-b.wake:
		case <-expiry.C:
		case <-again.C:
			trying = false
			b.saveLate()
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
	return b.stale || len(b.dirty()) > 0
}

// putsOff says whether there are changes that could not be written, and whether they may be written now.
func (b *Book) putsOff() (unsaved, room bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return len(b.unsaved) > 0, b.room
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
}

// save writes what is in force for an origin. If that fails it is tried again later, and marked meanwhile.
func (b *Book) save(ctx context.Context, o origin.Origin) error {
	b.turn <- struct{}{}
	defer func() { <-b.turn }()
	err := b.write(ctx, []origin.Origin{o}, nil)
	if err != nil && b.putOff(o) {
		return nil
	}
	return err
}

// wrote follows each attempt to write sites.
func (b *Book) wrote(sites map[origin.Origin]*site, err error) {
	b.mu.Lock()
	b.room = err == nil
	var madeUp []origin.Origin
	for o := range sites {
		if _, was := b.unsaved[o]; was && err == nil {
			madeUp = append(madeUp, o)
			delete(b.unsaved, o)
		}
	}
	if len(b.unsaved) > 0 {
		b.nudge()
	}
	b.mu.Unlock()
	for _, o := range madeUp {
		b.db.Marks().Drop(markKind, o.String())
	}
	if len(madeUp) > 0 {
		b.tell()
	}
}

func (b *Book) tell() {
	select {
	case b.ended <- struct{}{}:
	default: // the listener is about to look anyway
	}
}
