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
