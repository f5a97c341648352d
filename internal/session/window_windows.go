package session

import (
	"errors"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Windows tells windows alone that a session was locked or left (WTSRegisterSessionNotification, wtsapi32.h), so there is one for it that
// nobody sees. It is a message-only window (Microsoft's "Window Features"): it hears what is said to it and nothing of what is said to
// all, which has been enough for others (Chromium's remoting/host/win/wts_session_change_observer.cc). Messages belong to the thread that
// made the window, so it has one of its own, and the tray's window, with its thread and its loop, knows nothing of it.
//
// Any program of the user's desktop can send the message too. It gains nothing by it: all that follows is a lock.

// What of winuser.h is needed here.
const (
	wmClose            = 0x0010
	wmTimer            = 0x0113
	wmWTSSessionChange = 0x02B1

	hwndMessage = ^uintptr(2) // HWND_MESSAGE, which is -3

	sessionOfThis = 0 // NOTIFY_FOR_THIS_SESSION, wtsapi32.h
)

var (
	user32          = windows.NewLazySystemDLL("user32.dll")
	registerClass   = user32.NewProc("RegisterClassExW")
	createWindow    = user32.NewProc("CreateWindowExW")
	destroyWindow   = user32.NewProc("DestroyWindow")
	defWindowProc   = user32.NewProc("DefWindowProcW")
	getMessage      = user32.NewProc("GetMessageW")
	dispatchMessage = user32.NewProc("DispatchMessageW")
	postMessage     = user32.NewProc("PostMessageW")
	postQuitMessage = user32.NewProc("PostQuitMessage")
	setTimer        = user32.NewProc("SetTimer")
	killTimer       = user32.NewProc("KillTimer")
	wtsapi32        = windows.NewLazySystemDLL("wtsapi32.dll")
	sessionTells    = wtsapi32.NewProc("WTSRegisterSessionNotification")
	sessionTellsNo  = wtsapi32.NewProc("WTSUnRegisterSessionNotification")
)

// className is what the window's class is called.
const className = "OaklockSession"

// class is WNDCLASSEXW.
type class struct {
	size, style                        uint32
	proc                               uintptr
	classExtra, windowExtra            int32
	instance, icon, cursor, background uintptr
	menu, name                         *uint16
	smallIcon                          uintptr
}

// message is MSG.
type message struct {
	window uintptr
	what   uint32
	w, l   uintptr
	time   uint32
	x, y   int32
	_      uint32
}

// openWindow returns when there is a window, or when there will be none.
func (w *Watcher) openWindow() {
	opened := make(chan struct{})
	w.work.Go(func() {
		runtime.LockOSThread() // and it is not unlocked: the thread ends with its window
		err := w.makeWindow()
		close(opened)
		if err != nil {
			return
		}
		var m message
		for {
			r, _, _ := getMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0)
			if int32(r) <= 0 { //nolint:gosec // a BOOL that is also -1
				return
			}
			_, _, _ = dispatchMessage.Call(uintptr(unsafe.Pointer(&m)))
		}
	})
	<-opened
}

// makeWindow is for the window's thread.
func (w *Watcher) makeWindow() error {
	for _, p := range []*windows.LazyProc{registerClass, createWindow, destroyWindow, defWindowProc, getMessage, dispatchMessage, postMessage,
		postQuitMessage, setTimer, killTimer, sessionTells, sessionTellsNo} {
		if err := p.Find(); err != nil {
			return err
		}
	}
	name, err := windows.UTF16PtrFromString(className)
	if err != nil {
		return err
	}
	var instance windows.Handle
	if err := windows.GetModuleHandleEx(windows.GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, nil, &instance); err != nil {
		return err
	}
	c := class{proc: windowCallback(), instance: uintptr(instance), name: name}
	c.size = uint32(unsafe.Sizeof(c))
	if r, _, err := registerClass.Call(uintptr(unsafe.Pointer(&c))); r == 0 && !errors.Is(err, windows.ERROR_CLASS_ALREADY_EXISTS) {
		return err
	}
	window, _, err := createWindow.Call(0, uintptr(unsafe.Pointer(name)), 0, 0, 0, 0, 0, 0, hwndMessage, 0, uintptr(instance), 0)
	if window == 0 {
		return err
	}
	windowsOf.Store(window, w)
	w.window.Store(window)
	w.askSession(window)
	return nil
}

// askSession asks to be told of the session. Before the services that it needs have started Windows cannot, and says
// RPC_S_INVALID_BINDING (Microsoft's page on the function): then it is asked again.
func (w *Watcher) askSession(window uintptr) {
	const again = 5000 // milliseconds
	r, _, err := sessionTells.Call(window, sessionOfThis)
	w.screen.Store(r != 0)
	if r == 0 && errors.Is(err, windows.RPC_S_INVALID_BINDING) {
		_, _, _ = setTimer.Call(window, 1, again, 0)
	} else {
		_, _, _ = killTimer.Call(window, 1)
	}
}

// closeWindow asks the window's thread to end.
func (w *Watcher) closeWindow() {
	if window := w.window.Load(); window != 0 {
		_, _, _ = postMessage.Call(window, wmClose, 0, 0)
	}
}

var (
	windowCallback = sync.OnceValue(func() uintptr { return windows.NewCallback(windowTold) })
	windowsOf      sync.Map // *Watcher by window
)

// windowTold is the window's WindowProc.
func windowTold(window uintptr, what uint32, wParam, lParam uintptr) uintptr {
	found, ok := windowsOf.Load(window)
	if !ok {
		r, _, _ := defWindowProc.Call(window, uintptr(what), wParam, lParam)
		return r
	}
	w := found.(*Watcher)
	switch what {
	case wmWTSSessionChange:
		w.tell(windowsSession(wParam))
	case wmTimer:
		w.askSession(window)
	case wmClose:
		if w.ctx.Err() == nil { // somebody else's
			return 0
		}
		_, _, _ = sessionTellsNo.Call(window)
		windowsOf.Delete(window)
		_, _, _ = destroyWindow.Call(window)
		_, _, _ = postQuitMessage.Call(0)
	default:
		r, _, _ := defWindowProc.Call(window, uintptr(what), wParam, lParam)
		return r
	}
	return 0
}
