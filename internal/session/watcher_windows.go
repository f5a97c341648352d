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

// Watcher tells of sleep until the context that New was given ends.
type Watcher struct {
	mu     sync.Mutex // one event at a time
	hear   func(Event)
	asleep bool // guarded by mu
	done   chan struct{}
}

// New is told by Windows that the machine goes to sleep and that it woke (PowerRegisterSuspendResumeNotification, powerbase.h). Windows
// waits about two seconds for what hears it. Of the screen and of other users it tells windows only, and the agent has none. It has not
// been tried on Windows; SECURITY.md says so.
//
// After ctx has ended, Wait waits until nobody is told any more.
func New(ctx context.Context, hear func(Event)) (*Watcher, error) {
	const deviceNotifyCallback = 2 // DEVICE_NOTIFY_CALLBACK, winuser.h
	lib := windows.NewLazySystemDLL("powrprof.dll")
	register, unregister := lib.NewProc("PowerRegisterSuspendResumeNotification"), lib.NewProc("PowerUnregisterSuspendResumeNotification")
	if err := errors.Join(register.Find(), unregister.Find()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	w := &Watcher{hear: hear, done: make(chan struct{})}
	id := lastWatcher.Add(1)
	watchers.Store(id, w)
	params := struct{ callback, context uintptr }{callback(), id} // DEVICE_NOTIFY_SUBSCRIBE_PARAMETERS
	var handle uintptr
	if code, _, _ := register.Call(deviceNotifyCallback, uintptr(unsafe.Pointer(&params)), uintptr(unsafe.Pointer(&handle))); code != 0 {
		watchers.Delete(id)
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, windows.Errno(code))
	}
	context.AfterFunc(ctx, func() {
		_, _, _ = unregister.Call(handle)
		watchers.Delete(id)
		w.mu.Lock() // until what is being told is heard
		close(w.done)
		w.mu.Unlock()
	})
	return w, nil
}

// TellsOfSleep is true.
func (*Watcher) TellsOfSleep() bool { return true }

// TellsOfScreen is false.
func (*Watcher) TellsOfScreen() bool { return false }

// Wait returns when the context has ended and nothing of the watcher runs any more.
func (w *Watcher) Wait() { <-w.done }

// Windows calls a function by its address, of which Go gives out only so many. So there is one, and it is told who is meant.
var (
	callback    = sync.OnceValue(func() uintptr { return windows.NewCallback(told) })
	watchers    sync.Map // *Watcher by number
	lastWatcher atomic.Uintptr
)

func told(id uintptr, event uint32, _ uintptr) uintptr {
	const ( // winuser.h
		suspend         = 4  // PBT_APMSUSPEND
		resumeSuspend   = 7  // PBT_APMRESUMESUSPEND: after the next, where somebody is there
		resumeAutomatic = 18 // PBT_APMRESUMEAUTOMATIC
	)
	found, ok := watchers.Load(id)
	if !ok {
		return 0
	}
	w := found.(*Watcher)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case event == suspend:
		w.asleep = true
		w.hear(Sleeping)
	case w.asleep && (event == resumeAutomatic || event == resumeSuspend): // once: what began since the first must go on
		w.asleep = false
		w.hear(Resumed)
	}
	return 0
}
