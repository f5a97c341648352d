package proxy

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oaklock/oaklock/internal/clock"
)

// Where nobody tells of a sleep, answers that were under way over one end after it, and no others; where nothing is under way
// nothing looks at the clocks.
func TestClocksTellOfASleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The monotonic clock is the bubble's. Of the wall clock it is known when it went on alone, and how far.
		var mu sync.Mutex
		var at time.Time      // guarded by mu
		var far time.Duration // guarded by mu
		h := New(Config{})
		var looks, slept atomic.Int32
		h.clocks.gone = func(since time.Time) time.Duration {
			looks.Add(1)
			mu.Lock()
			defer mu.Unlock()
			if !since.After(at) {
				return far
			}
			return 0
		}
		wall := func(d time.Duration) {
			mu.Lock()
			at, far = time.Now(), d
			mu.Unlock()
			time.Sleep(time.Nanosecond)
		}
		begin := func() (context.Context, *running) {
			ctx, cancel := context.WithCancelCause(t.Context())
			return ctx, h.begin(&exchange{start: time.Now()}, nil, cancel)
		}
		ended := func(ctx context.Context, want error) {
			t.Helper()
			synctest.Wait()
			if got := context.Cause(ctx); !errors.Is(got, want) {
				t.Fatalf("it ended with %v, not %v", got, want)
			}
		}

		told, r := begin()
		wall(time.Hour)
		time.Sleep(time.Minute)
		ended(told, nil) // somebody else tells of sleep here
		h.running.end(r)

		h.WatchClocks(func() { slept.Add(1) })
		before, r1 := begin()
		time.Sleep(3 * lookEvery)
		ended(before, nil)
		wall(clock.Tolerance) // the clock is set, or drifts
		time.Sleep(3 * lookEvery)
		ended(before, nil)
		wall(time.Hour)
		after, r2 := begin()
		time.Sleep(lookEvery)
		ended(before, errSlept)
		ended(after, nil)
		if slept.Load() != 1 {
			t.Errorf("the sleep was told %d times", slept.Load())
		}
		h.running.end(r1)
		wall(-time.Hour)
		time.Sleep(3 * lookEvery)
		ended(after, nil)

		h.running.end(r2)
		time.Sleep(2 * lookEvery)
		looks.Store(0)
		wall(time.Hour)
		time.Sleep(time.Hour)
		if looks.Load() != 0 || h.clocks.waits.Load() {
			t.Errorf("nothing was under way, and the clocks were looked at %d times", looks.Load())
		}
		late, r3 := begin()
		time.Sleep(3 * lookEvery)
		ended(late, nil)
		wall(time.Hour)
		time.Sleep(lookEvery)
		ended(late, errSlept)
		h.running.end(r3)
		time.Sleep(2 * lookEvery)
	})
}
