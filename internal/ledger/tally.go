package ledger

import (
	"sync"
	"time"
)

const (
	single  = 10          // refusals of one origin and code in a window that get a line each
	window  = time.Second //
	parties = 32          // origins and codes told apart in a window; a forged origin on every request must not fill the disk
)

// tally counts refusals in windows of a second.
type tally struct {
	mu    sync.Mutex // guards the fields below
	start time.Time
	seen  map[party]*tallied
}

type party struct{ origin, code string }

type tallied struct {
	n    int
	more *Hold // sums up what is over single
}

// add takes a refusal and returns what is to be written now: this one, or sums of the window before. begun says that a sum
// has begun, so that take must be called once the window is over.
func (t *tally) add(h *Hold, now time.Time) (due []*Hold, begun bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.start) >= window {
		due = t.reset(now)
	}
	key := party{h.request.Origin.String(), h.outcome.Code}
	if t.seen[key] == nil && len(t.seen) >= parties {
		key.origin = "" // all the others together
	}
	c := t.seen[key]
	if c == nil {
		c = new(tallied)
		t.seen[key] = c
	}
	c.n++
	switch {
	case c.n <= single:
		due = append(due, h)
	case c.more == nil:
		h.request = Request{Time: h.request.Time, Origin: h.request.Origin}
		if key.origin == "" {
			h.request = Request{Time: h.request.Time}
		}
		c.more, begun = h, true
	default:
		c.more.count++
	}
	return due, begun
}

// take returns the sums of a window that is over, or at once where now does not matter, and how long the window still
// lasts where there are sums in it.
func (t *tally) take(now time.Time, atOnce bool) (due []*Hold, left time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if left = window - now.Sub(t.start); left <= 0 || atOnce {
		return t.sums(), 0
	}
	for _, c := range t.seen {
		if c.more != nil {
			return nil, left
		}
	}
	return nil, 0
}

func (t *tally) reset(now time.Time) []*Hold {
	due := t.sums()
	t.start, t.seen = now, make(map[party]*tallied)
	return due
}

// sums takes the sums out; what is refused later in the same window begins new ones.
func (t *tally) sums() (due []*Hold) {
	for _, c := range t.seen {
		if c.more != nil {
			due = append(due, c.more)
			c.more = nil
		}
	}
	return due
}
