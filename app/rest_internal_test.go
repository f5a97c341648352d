package app

import (
	"testing"
	"testing/synctest"
	"time"
)

// Memory is given back once after work, not during it, and nothing wakes afterwards.
func TestRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		freed := 0
		r := &rest{free: func() { freed++ }}
		after := func(d time.Duration, want int) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if freed != want {
				t.Fatalf("memory was given back %d times, not %d", freed, want)
			}
		}
		after(time.Hour, 0)
		r.work()
		after(restAfter-1, 0)
		after(1, 1)
		after(time.Hour, 1)
		for range 10 {
			r.work()
			r.work()
			after(restAfter/2, 1) // somebody is at work
		}
		after(restAfter-1, 1)
		after(1, 2)
		after(time.Hour, 2)
		if r.waits.Load() {
			t.Error("a timer runs while nothing happens")
		}

		r.free = func() { freed++; r.waits.Store(true); r.work(); r.waits.Store(false) } // work that the look did not see
		r.work()
		after(restAfter, 3)
		r.free = func() { freed++ }
		after(restAfter, 4)
	})
}
