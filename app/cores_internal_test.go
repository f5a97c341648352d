package app

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestACrowdTakesAllCores(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	t.Setenv("GOMAXPROCS", "")
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c := &cores{few: 2, all: 3}
		runtime.GOMAXPROCS(c.few)
		var now atomic.Int64
		crowd := func() {
			now.Store(16)
			c.crowded(ctx, func() int { return int(now.Load()) }, 16)
			synctest.Wait()
		}
		is := func(want int) {
			t.Helper()
			if got := runtime.GOMAXPROCS(0); got != want {
				t.Fatalf("%d cores, not %d", got, want)
			}
		}
		is(2)
		crowd()
		is(3)
		time.Sleep(10*calm + calm/2) // as many, none new: long streams
		is(3)
		now.Store(15)
		crowd() // one came and went while nobody looked
		now.Store(15)
		time.Sleep(calm)
		is(3)
		time.Sleep(calm)
		synctest.Wait()
		is(2)
		crowd()
		is(3)
		cancel()
		c.wait()
		is(2)
	})
}
