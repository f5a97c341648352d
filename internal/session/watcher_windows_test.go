package session_test

import (
	"context"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/oaklock/oaklock/internal/session"
)

var (
	user32       = windows.NewLazySystemDLL("user32.dll")
	findWindowEx = user32.NewProc("FindWindowExW")
	sendMessage  = user32.NewProc("SendMessageW")
)

// hidden is the watcher's window, or 0. Here are no others of its class.
func hidden(t *testing.T) uintptr {
	t.Helper()
	name, err := windows.UTF16PtrFromString(session.ClassName)
	if err != nil {
		t.Fatal(err)
	}
	window, _, _ := findWindowEx.Call(^uintptr(2), 0, uintptr(unsafe.Pointer(name)), 0)
	return window
}

// TestTheHiddenWindow says to the window, on its own thread, and to the callback what Windows would. Wine runs it too.
func TestTheHiddenWindow(t *testing.T) {
	const sessionChange, toClose = 0x02B1, 0x0010 // WM_WTSSESSION_CHANGE, WM_CLOSE
	for range 2 {                                 // "oaklock doctor" makes one beside the agent's
		ctx, cancel := context.WithCancel(t.Context())
		heard := make(chan session.Event, 16)
		w, err := session.New(ctx, func(e session.Event) { heard <- e })
		if err != nil {
			t.Fatal(err)
		}
		if !w.TellsOfScreen() || !w.TellsOfSleep() {
			t.Errorf("tells of the screen: %t, of sleep: %t", w.TellsOfScreen(), w.TellsOfSleep())
		}
		window := hidden(t)
		say := func(change uintptr) { _, _, _ = sendMessage.Call(window, sessionChange, change, 1) }
		for _, c := range []struct {
			say  func()
			want session.Event
		}{
			{func() { say(7) }, session.ScreenLocked},
			{func() { say(8); say(2) }, session.SwitchedAway},
			{func() { say(1); say(4) }, session.SwitchedAway},
			{func() { session.SayPower(4) }, session.Sleeping},
			{func() { session.SayPower(0x12); session.SayPower(7) }, session.Resumed},
			{func() { _, _, _ = sendMessage.Call(window, toClose, 0, 0); say(7) }, session.ScreenLocked}, // somebody else's WM_CLOSE
		} {
			c.say()
			select {
			case e := <-heard:
				if e != c.want {
					t.Errorf("heard %v, want %v", e, c.want)
				}
			case <-time.After(patience):
				t.Fatalf("did not hear %v", c.want)
			}
		}
		cancel()
		w.Wait()
		say(7)
		session.SayPower(4)
		if len(heard) > 0 || hidden(t) != 0 {
			t.Errorf("after the end heard %d events, and the window is %#x", len(heard), hidden(t))
		}
	}
}
