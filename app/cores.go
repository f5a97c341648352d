package app

import (
	"context"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// calm is how long there must be no crowd before cores are given back: a change stops the program for some microseconds.
const calm = time.Second

// cores is how much of the processor the agent takes. It keeps to half of the cores, since the browser needs them more, and on
// two cores a request that stays on one is faster by the switches between threads that it saves. While a crowd of requests is
// under way it takes them all.
type cores struct {
	few, all int
	wg       sync.WaitGroup
	many     atomic.Bool // follow runs
	seen     atomic.Bool // a crowd, since follow has looked
}

// newCores takes half, as far as nobody has said otherwise: then it is nil, and changes nothing.
func newCores() *cores {
	n := runtime.NumCPU()
	if os.Getenv("GOMAXPROCS") != "" || n == 1 {
		return nil
	}
	c := &cores{few: n / 2, all: n}
	runtime.GOMAXPROCS(c.few)
	return c
}

// crowded is told of each request of a crowd, and returns at once.
func (c *cores) crowded(ctx context.Context, underWay func() int, crowd int) {
	if c == nil {
		return
	}
	c.seen.Store(true)
	if !c.many.Load() && c.many.CompareAndSwap(false, true) {
		c.wg.Go(func() { c.follow(ctx, func() bool { return underWay() >= crowd }) })
	}
}

// follow takes all cores until there was no crowd for a while.
func (c *cores) follow(ctx context.Context, crowd func() bool) {
	defer c.many.Store(false)
	runtime.GOMAXPROCS(c.all)
	defer runtime.GOMAXPROCS(c.few)
	tick := time.NewTicker(calm)
	defer tick.Stop()
	for c.seen.Store(false); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !c.seen.Swap(false) && !crowd() {
			return
		}
	}
}

// wait waits for follow, whose ctx must have ended.
func (c *cores) wait() {
	if c != nil {
		c.wg.Wait()
	}
}
