package upstream

import (
	"sync/atomic"
	"time"
)

// sleep knows by two clocks that the machine has slept, also where nobody tells of it (macOS, Linux without logind): the monotonic
// one stands still meanwhile, the wall clock goes on.
type sleep struct {
	began time.Time
	ahead atomic.Int64 // how far the wall clock was ahead of the monotonic one, counted from began
}

// tolerance is how much further ahead the wall clock may be than at the last look. Who sets the clock forward is taken for a sleep,
// which costs a connection.
const tolerance = 10 * time.Second

func newSleep() *sleep { return &sleep{began: time.Now()} }

// over says that the machine has slept since the last look, once.
func (s *sleep) over() bool {
	now := time.Now()
	ahead := now.Round(0).Sub(s.began.Round(0)) - now.Sub(s.began)
	return ahead-time.Duration(s.ahead.Swap(int64(ahead))) > tolerance
}
