package session

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ebitengine/purego"
)

// Watcher tells of events until the context that New was given ends.
type Watcher struct {
	teller
	mac    *frameworks
	root   uint32 // the way to the power management; of the power's thread
	screen bool
	work   sync.WaitGroup
}

// New is told by macOS that the machine goes to sleep and that it woke (Apple's Technical Q&A QA1340). macOS waits up to 30 seconds for
// what hears it. Of the screen and of other users it is told by notify(3), see screen_darwin.go. Neither needs the main thread, which
// is the tray's. It has not been tried on a Mac; SECURITY.md says so.
//
// After ctx has ended, Wait waits until nobody is told any more.
func New(ctx context.Context, hear func(Event)) (*Watcher, error) {
	mac, err := macOS()
	if err != nil {
		return nil, err
	}
	w := &Watcher{teller: teller{hear: hear}, mac: mac}
	if !w.followPower(ctx) {
		w.work.Wait()
		return nil, fmt.Errorf("%w: IORegisterForSystemPower gave nothing", ErrUnavailable)
	}
	w.followScreen(ctx)
	return w, nil
}

// TellsOfSleep is true.
func (*Watcher) TellsOfSleep() bool { return true }

// TellsOfScreen says whether macOS tells of the screen and of other users.
func (w *Watcher) TellsOfScreen() bool { return w.screen }

// Wait returns when the context has ended and nothing of the watcher runs any more.
func (w *Watcher) Wait() { w.work.Wait() }

// followPower returns when it is known whether macOS tells.
func (w *Watcher) followPower(ctx context.Context) bool {
	told := make(chan bool)
	w.work.Go(func() {
		runtime.LockOSThread() // a run loop is a thread's
		defer runtime.UnlockOSThread()
		id := lastWatcher.Add(1)
		watchers.Store(id, w)
		defer watchers.Delete(id)
		var port uintptr
		var notifier uint32
		w.root = w.mac.registerForPower(id, &port, powerCallback(), &notifier)
		if told <- w.root != 0; w.root == 0 {
			return
		}
		mode := w.mac.text("kCFRunLoopDefaultMode") // which is what the constant of that name has in it; modes are compared by that
		loop := w.mac.currentLoop()
		w.mac.addSource(loop, w.mac.sourceOfPort(port), mode)
		w.runLoop(ctx, loop)
		w.mac.deregister(&notifier)
		w.mac.closeService(w.root)
		w.mac.destroyPort(port)
		w.mac.release(mode)
	})
	return <-told
}

// runLoop runs the thread's loop until ctx ends.
func (w *Watcher) runLoop(ctx context.Context, loop uintptr) {
	ended, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		for { // again, because a loop that does not run yet passes over it
			w.mac.stopLoop(loop)
			select {
			case <-ended:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	if ctx.Err() == nil {
		w.mac.runLoop()
	}
	close(ended)
	<-stopped
}

// macOS calls a function by its address, of which purego gives out only so many. So there is one, and it is told who is meant.
var (
	powerCallback = sync.OnceValue(func() uintptr { return purego.NewCallback(powerTold) })
	watchers      sync.Map // *Watcher by number
	lastWatcher   atomic.Uintptr
)

// powerTold is an IOServiceInterestCallback.
func powerTold(id uintptr, _, message uint32, argument uintptr) {
	found, ok := watchers.Load(id)
	if !ok {
		return
	}
	w := found.(*Watcher)
	e, waits := macPower(message)
	w.tell(e)
	if waits {
		w.mac.allowPowerChange(w.root, argument)
	}
}
