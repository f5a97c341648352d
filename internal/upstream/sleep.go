package upstream

import (
	"sync/atomic"
	"time"

	"github.com/oaklock/oaklock/internal/clock"
)

// sleep knows that the machine has slept, which costs the connections from before, also where nobody tells of it.
type sleep struct {
	began time.Time
	ahead atomic.Int64 // clock.Ahead of began at the last look
}

func newSleep() *sleep { return &sleep{began: time.Now()} }

// over says that the machine has slept since the last look, once.
func (s *sleep) over() bool {
	ahead := clock.Ahead(s.began)
	return ahead-time.Duration(s.ahead.Swap(int64(ahead))) > clock.Tolerance
}
