package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Watcher tells of events until the context that New was given ends.
type Watcher struct {
	teller
	ctx    context.Context // it is over when Windows must be told so, on the window's thread
	window atomic.Uintptr  // 0: Windows would not make one
	screen atomic.Bool     // the window is told of the screen
	work   sync.WaitGroup  // the window's thread
	done   chan struct{}
}

var (
	powrprof        = windows.NewLazySystemDLL("powrprof.dll")
	powerRegister   = powrprof.NewProc("PowerRegisterSuspendResumeNotification")
	powerUnregister = powrprof.NewProc("PowerUnregisterSuspendResumeNotification")
)

// New is told by Windows that the machine goes to sleep and that it woke (PowerRegisterSuspendResumeNotification, powerbase.h). Windows
// waits about two seconds for what hears it. Of the screen and of other users a window is told, see window_windows.go. It has been
// tried in Wine, which tells nothing by itself, and not on Windows; SECURITY.md says so.
//
// After ctx has ended, Wait waits until nobody is told any more.
func New(ctx context.Context, hear func(Event)) (*Watcher, error) {
	const deviceNotifyCallback = 2 // DEVICE_NOTIFY_CALLBACK, winuser.h
	if err := errors.Join(powerRegister.Find(), powerUnregister.Find()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	w := &Watcher{teller: teller{hear: hear}, ctx: ctx, done: make(chan struct{})}
	id := lastWatcher.Add(1)
	watchers.Store(id, w)
	params := struct{ callback, context uintptr }{powerCallback(), id} // DEVICE_NOTIFY_SUBSCRIBE_PARAMETERS
	var handle uintptr
	if code, _, _ := powerRegister.Call(deviceNotifyCallback, uintptr(unsafe.Pointer(&params)), uintptr(unsafe.Pointer(&handle))); code != 0 {
		watchers.Delete(id)
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, windows.Errno(code))
	}
	w.openWindow()
	context.AfterFunc(ctx, func() {
		_, _, _ = powerUnregister.Call(handle)
		watchers.Delete(id)
		w.closeWindow()
		w.work.Wait()
		w.end()
		close(w.done)
	})
	return w, nil
}

// TellsOfSleep is true.
func (*Watcher) TellsOfSleep() bool { return true }

// TellsOfScreen says whether Windows tells of the screen and of other users. While the service behind it is still starting, as it may
// be at a login, it is false.
func (w *Watcher) TellsOfScreen() bool { return w.screen.Load() }

// Wait returns when the context has ended and nothing of the watcher runs any more.
func (w *Watcher) Wait() { <-w.done }

// Windows calls a function by its address, of which Go gives out only so many. So there is one, and it is told who is meant.
var (
	powerCallback = sync.OnceValue(func() uintptr { return windows.NewCallback(powerTold) })
	watchers      sync.Map // *Watcher by number
	lastWatcher   atomic.Uintptr
)

func powerTold(id uintptr, event uint32, _ uintptr) uintptr {
	if w, ok := watchers.Load(id); ok {
		w.(*Watcher).tell(windowsPower(event))
	}
	return 0
}
