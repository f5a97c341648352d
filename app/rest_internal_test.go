package app

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Memory is given back once after work, not during it, and nothing wakes afterwards.
func TestRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var freed atomic.Int32
		var more atomic.Bool // there is work that the timer does not see
		r := &rest{}
		r.free = func() {
			freed.Add(1)
			if more.Swap(false) {
				r.worked.Store(true)
			}
		}
		after := func(d time.Duration, want int32) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if got := freed.Load(); got != want {
				t.Fatalf("memory was given back %d times, not %d", got, want)
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

		more.Store(true)
		r.work()
		after(restAfter, 3)
		after(restAfter, 4)
		after(time.Hour, 4)
	})
}
