// Package grant remembers what the user has allowed, denied and blocked.
//
// Use [Open] for the [Book], [Book.Lookup] before every request and again before the key is fetched, and watch
// [Grant.Done] while an answer streams. Everything that is looked up lies in memory; the database is behind it.
//
// Two rules hold whatever happens to the disk. What gives is written first and then takes effect ([Book.Allow]), so that
// nothing acknowledged is lost. What takes away takes effect first and is then written ([Book.Revoke], [Book.Block],
// [Book.Deny], expiry), so that a full disk cannot keep a site in.
//
// The package refuses to guess: a row that does not read as a grant is not honoured ([Book.Skipped]), an empty list never
// means "all", and a clock that is set back does not bring an expired grant back.
package grant

import (
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/provider"
)

// State is what was decided about one origin and one provider.
type State uint8

const (
	// Unknown is an origin and provider of which nothing is decided, or of which it has run out.
	Unknown State = iota
	// Granted comes with the grant.
	Granted
	// Denied holds for a while: see [Book.Deny].
	Denied
	// Blocked holds for good, and for the whole origin.
	Blocked
	// Unproven is a grant that stands in the database, and nobody knows yet whether Oaklock wrote it: see [Book.Judge].
	Unproven
)

func (s State) String() string {
	switch s {
	case Granted:
		return "granted"
	case Denied:
		return "denied"
	case Blocked:
		return "blocked"
	case Unproven:
		return "unproven"
	case Unknown:
	}
	return "unknown"
}

// Grant is what one origin may do with one provider. It is immutable; a change makes a new one and ends the old.
type Grant struct {
	ID       int64 // never used twice
	Origin   origin.Origin
	Provider string
	Terms
	Given   time.Time
	GivenBy string // "window" or "command line"
	done    chan struct{}
}

// Done is closed when the grant ends: revoked, replaced, blocked, expired. Whatever goes on under it must then stop.
func (g *Grant) Done() <-chan struct{} { return g.done }

// AllowsClass says whether endpoints of this class may be used.
func (g *Grant) AllowsClass(c provider.Class) bool { return slices.Contains(g.Classes, c) }

// AllowsModel compares exactly. The empty model, of endpoints that take none, is allowed.
func (g *Grant) AllowsModel(m string) bool {
	return m == "" || len(g.Models) == 1 && g.Models[0] == AnyModel || m != AnyModel && slices.Contains(g.Models, m)
}

// held is a grant in the book.
type held struct {
	*Grant
	ends  time.Duration   // on the book's clock; 0: no end
	used  atomic.Int64    // wall time in milliseconds since 1970; 0: never
	dirty atomic.Bool     // used is not written yet
	ended atomic.Bool     // done is closed
	proof atomic.Uint32   // a proof
	tell  chan<- struct{} // of the book's Ended
	lost  bool            // it was to outlast this run and could not be saved
}

// proof is what is known of who wrote a grant's row.
type proof = uint32

const (
	proven   proof = iota // Oaklock
	pending               // nobody could tell yet
	unproven              // not Oaklock: it is shown, and gives nothing
)

func (h *held) expired(now time.Duration) bool { return h.ends != 0 && now >= h.ends }

// end closes Done; only the first call does something.
func (h *held) end() {
	if h.ended.CompareAndSwap(false, true) {
		close(h.done)
		select {
		case h.tell <- struct{}{}:
		default: // whoever listens is about to look anyway
		}
	}
}

func (h *held) lastUsed() time.Time { return fromMillis(h.used.Load()) }

// denial is how often and until when the user said no.
type denial struct {
	count       int
	last, until time.Duration // on the book's clock
}

// silence is how long no question is asked after the first, second and every later denial in a row.
var silence = [...]time.Duration{10 * time.Minute, time.Hour, 24 * time.Hour}

// forgotten is how long a denial counts towards the next one.
const forgotten = 7 * 24 * time.Hour

func (d denial) counts(now time.Duration) int {
	if now-d.last > forgotten {
		return 0
	}
	return d.count
}

func (d denial) again(now time.Duration) denial {
	n := d.counts(now) + 1
	return denial{n, now, now + silence[min(n, len(silence))-1]}
}

// site is all that was decided about an origin. It is immutable, so that what is about to be written can be made before
// it takes effect.
type site struct {
	blocked time.Time // zero: not blocked
	grants  map[string]*held
	// denials are by provider; that with no provider counts the answers for the whole site and is never in force.
	denials map[string]denial
}

// copy may be changed until it is published. s may be nil: nothing was decided yet.
func (s *site) copy() *site {
	if s == nil {
		return &site{grants: make(map[string]*held), denials: make(map[string]denial)}
	}
	return &site{s.blocked, maps.Clone(s.grants), maps.Clone(s.denials)}
}

func (s *site) empty() bool {
	return s.blocked.IsZero() && len(s.grants) == 0 && len(s.denials) == 0
}

func toMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
