package app

import (
	"runtime/debug"
	"sync/atomic"
	"time"
)

// restAfter is how long nothing must have been done before memory is given back: who asks a model, reads and asks again is still at
// work.
const restAfter = 20 * time.Second

// rest gives the memory of work back to the system once it is over. Else the heap stays at what leaveRoom lets it grow to, since the
// collector comes only when something is done. It is one timer: where nothing happens, nothing wakes.
type rest struct {
	free   func()
	waits  atomic.Bool // a timer runs
	worked atomic.Bool // since it was set
}

func newRest() *rest { return &rest{free: debug.FreeOSMemory} }

// work is told of everything that is done, and returns at once.
func (r *rest) work() {
	if r.waits.Load() {
		if !r.worked.Load() { // else every request would take the line of memory away from the other cores
			r.worked.Store(true)
		}
	} else if r.waits.CompareAndSwap(false, true) {
		time.AfterFunc(restAfter, r.look)
	}
}

// look is what the timer does.
func (r *rest) look() {
	if r.worked.Swap(false) {
		time.AfterFunc(restAfter, r.look)
		return
	}
	r.waits.Store(false)
	r.free()
	if r.worked.Swap(false) { // between the two looks above
		r.work()
	}
}
