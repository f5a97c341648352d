package session_test

import (
	"slices"
	"testing"

	"github.com/oaklock/oaklock/internal/session"
)

// What Windows says in all its numbers, of which these few say something.
func TestWhatWindowsSays(t *testing.T) {
	powers := map[uint32]session.Event{0x4: session.Sleeping, 0x7: session.Resumed, 0x12: session.Resumed}
	for event := range uint32(0x8020) { // PBT_POWERSETTINGCHANGE, 0x8013, is the last
		if got := session.WindowsPower(event); got != powers[event] {
			t.Errorf("power event %#x is %q", event, got)
		}
	}
	changes := map[uintptr]session.Event{0x2: session.SwitchedAway, 0x4: session.SwitchedAway, 0x7: session.ScreenLocked}
	for change := range uintptr(0x20) {
		if got := session.WindowsSession(change); got != changes[change] {
			t.Errorf("session change %#x is %q", change, got)
		}
	}
}

// What macOS says, in all numbers around those that say something. What it waits for must be answered, or it waits for 30 seconds.
func TestWhatMacOSSays(t *testing.T) {
	type said struct {
		event session.Event
		waits bool
	}
	const common = 0xE0000000
	says := map[uint32]said{
		common | 0x270: {0, true}, common | 0x280: {session.Sleeping, true},
		common | 0x300: {session.Resumed, false}, common | 0x320: {session.Resumed, false},
	}
	for _, base := range []uint32{0, common} {
		for message := base; message < base+0x1000; message++ {
			if e, waits := session.MacPower(message); (said{e, waits}) != says[message] {
				t.Errorf("message %#x is %q, and macOS waits: %t", message, e, waits)
			}
		}
	}
}

// Who was not seen is not switched away.
func TestSeen(t *testing.T) {
	var s session.Seen
	for i, c := range []struct {
		is   bool
		want session.Event
	}{{false, 0}, {true, 0}, {true, 0}, {false, session.SwitchedAway}, {false, 0}, {true, 0}, {false, session.SwitchedAway}} {
		if got := s.Now(c.is); got != c.want {
			t.Errorf("look %d, where it is seen: %t, is %q", i, c.is, got)
		}
	}
}

// A wake is told once for each sleep, and after the end nothing is.
func TestTellsEachOnce(t *testing.T) {
	var heard []session.Event
	w := session.NewTeller(func(e session.Event) { heard = append(heard, e) })
	for _, e := range []session.Event{
		session.Resumed, 0, session.ScreenLocked, session.ScreenLocked, session.Sleeping, session.Resumed, session.Resumed, session.SwitchedAway,
		session.Sleeping, session.Sleeping, session.ScreenLocked, session.Resumed, session.Resumed,
	} {
		w.Tell(e)
	}
	w.End()
	w.Tell(session.ScreenLocked)
	want := []session.Event{
		session.ScreenLocked, session.ScreenLocked, session.Sleeping, session.Resumed, session.SwitchedAway,
		session.Sleeping, session.Sleeping, session.ScreenLocked, session.Resumed,
	}
	if !slices.Equal(heard, want) {
		t.Errorf("heard %v, want %v", heard, want)
	}
}
