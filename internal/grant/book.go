package grant

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/store"
)

// Options are for tests; the zero value is right.
type Options struct {
	Now func() time.Time // the wall clock; nil: time.Now
}

// Book is all that was decided, in memory with the database behind. Its methods may be called from any goroutine.
type Book struct {
	db   *store.DB
	wall func() time.Time

	// turn is held by who writes: one change at a time, so that the database ends up as the memory is. It is a channel
	// and not a lock because it is held across a write.
	turn    chan struct{}
	news    atomic.Bool   // a use is to be written soon
	wake    chan struct{} // tells run to look at its timers again
	quit    chan struct{}
	stopped chan struct{} // closed when run has returned
	ended   chan struct{} // tells the listener of Ended to look
	closing sync.Once

	// mu guards the fields below. Nobody holds it across a write.
	mu      sync.RWMutex
	clock   clock
	sites   map[origin.Origin]*site
	giving  *giving                // the change that is being written and not in force yet; nil: none
	unsaved map[origin.Origin]bool // in force, but the write failed, and is tried again; true: a mark lets it hold over a restart
	room    bool                   // the last write did not fail
	stale   bool                   // the clock in the database is older than an expiry
	lastID  int64
	skipped []string
}

// giving is a change that gives something, while it is being written. Whoever takes away from the same origin and
// provider meanwhile wins: the change then does not take effect.
type giving struct {
	origin    origin.Origin
	providers []string // nil: all
	overtaken bool
}

// Open reads the book from the database. Nothing that was granted "until Oaklock quits" is in it, and nothing that is in it is
// [Granted] before [Book.Judge].
func Open(ctx context.Context, db *store.DB, o Options) (*Book, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	b := &Book{
		db: db, wall: o.Now,
		turn: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		quit: make(chan struct{}), stopped: make(chan struct{}), ended: make(chan struct{}, 1),
		sites: make(map[origin.Origin]*site), unsaved: make(map[origin.Origin]bool),
	}
	if err := b.load(ctx); err != nil {
		return nil, fmt.Errorf("read the grants: %w", err)
	}
	b.takeMarks()
	b.expire()
	go b.run() //nolint:contextcheck // it lives as long as the book
	return b, nil
}

// Close writes what was put off and stops. The database stays open. Lookups go on answering.
func (b *Book) Close() {
	b.closing.Do(func() {
		close(b.quit)
		<-b.stopped
		b.mu.RLock()
		known := len(b.sites) > 0 || len(b.unsaved) > 0
		b.mu.RUnlock()
		if known { // also when nothing was put off: how far the clock has come
			b.saveLate()
		}
	})
}

// Skipped are sentences about rows of the database that could not be read as what they should be and are not honoured.
func (b *Book) Skipped() []string { return slices.Clone(b.skipped) }

// Lookup says what was decided. The grant is nil unless the state is [Granted]. It does no I/O and allocates nothing.
func (b *Book) Lookup(o origin.Origin, providerID string) (State, *Grant) {
	wall := b.wall()
	b.mu.RLock()
	now, jumped := b.clock.read(wall)
	s := b.sites[o]
	b.mu.RUnlock()
	if jumped {
		now = b.resetClock()
		b.nudge()
	}
	if s == nil {
		return Unknown, nil
	}
	if !s.blocked.IsZero() {
		return Blocked, nil
	}
	if h := s.grants[providerID]; h != nil && h.proof.Load() != unproven {
		if !h.expired(now) {
			if h.proof.Load() == pending {
				return Unproven, nil
			}
			return Granted, h.Grant
		}
		if !h.ended.Load() {
			b.expire() // here and now, so that it stays expired whatever the wall clock does next
			b.nudge()
		}
	}
	if now < s.denials[providerID].until {
		return Denied, nil
	}
	return Unknown, nil
}

// Ended receives after one or more grants have ended, or after what was [Book.Unsaved] could be written. It is for one listener, which then looks at what runs on grants.
func (b *Book) Ended() <-chan struct{} { return b.ended }

// Known says whether the origin has, or had until it expired, a grant for any provider. Like Lookup it does no I/O.
func (b *Book) Known(o origin.Origin) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := b.sites[o]
	if s == nil || !s.blocked.IsZero() {
		return false
	}
	for _, h := range s.grants {
		if h.proof.Load() != unproven {
			return true
		}
	}
	return false
}

// Used remembers that the grant was used now. It is written within a minute, and within a second where the use before was long ago or
// never: after a kill "never" would be wrong.
func (b *Book) Used(o origin.Origin, providerID string) {
	now := b.wall().UnixMilli()
	b.mu.RLock()
	s := b.sites[o]
	b.mu.RUnlock()
	if s == nil {
		return
	}
	if h := s.grants[providerID]; h != nil {
		news := now-h.used.Swap(now) > long.Milliseconds()
		if h.UntilQuit {
			return
		}
		if news {
			b.news.Store(true)
		}
		if !h.dirty.Swap(true) || news {
			b.nudge()
		}
	}
}

// resetClock takes a jump of the wall clock into account and says the time.
func (b *Book) resetClock() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = b.clock.reset(b.wall()) // read under the lock: an older reading would look like a jump back
	return b.clock.at
}

func (b *Book) nudge() {
	select {
	case b.wake <- struct{}{}:
	default: // it is about to look anyway
	}
}

// publish puts a site into force; mu must be held.
func (b *Book) publish(o origin.Origin, s *site) {
	if s.empty() {
		delete(b.sites, o)
	} else {
		b.sites[o] = s
	}
}

// overtake makes sure that a change still being written does not give what is just taken away; mu must be held. It says
// whether there was one. providerID "" is all of the origin.
func (b *Book) overtake(o origin.Origin, providerID string) bool {
	g := b.giving
	if g == nil || g.origin != o || providerID != "" && g.providers != nil && !slices.Contains(g.providers, providerID) {
		return false
	}
	g.overtaken = true
	return true
}
