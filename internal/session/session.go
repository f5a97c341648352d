// Package session hears what happens around the programs of a login: the screen is locked, the machine goes to sleep and
// wakes, another user takes the screen, the keychain is locked or goes (of which Linux alone tells).
//
// [New] connects and tells each [Event] to a function. Nothing is polled: where nothing happens, nothing runs.
//
// On Linux these are signals of systemd-logind on the system bus and of the desktop's screen saver on the session bus, on
// connections of its own, so that no other user of godbus in the process takes them away. Any program of the user can send
// the screen saver's signal. It gains nothing by it: all that follows is a lock, which it could have with a call on the control
// socket too. Other users of the machine can send signals on the system bus; those are looked at only when logind sent them.
//
// On Windows the system calls a function before a sleep and after it, and sends messages about the screen to a window that nobody sees.
// On macOS the system's power management calls a function, and notify(3) says what happens to the screen. Elsewhere New returns
// errors.ErrUnsupported, and the user locks by hand.
package session

import "errors"

// ErrUnavailable says that there is nobody here who would tell: no system bus with logind and no session bus.
var ErrUnavailable = errors.New("this system does not say when the screen is locked or the machine sleeps")

// Event is something that happened.
type Event uint8

// The events.
const (
	// ScreenLocked says that the screen is locked, or that a screen saver covers it.
	ScreenLocked Event = iota + 1
	// Sleeping says that the machine is about to sleep. It waits with that for what hears it, for some seconds: five on Linux (logind's
	// InhibitDelayMaxSec), about two on Windows, 30 on macOS.
	Sleeping
	// Resumed says that it woke.
	Resumed
	// SwitchedAway says that the screen belongs to another user now, or to nobody.
	SwitchedAway
	// KeychainMoved says that the keychain was locked or unlocked, came or went.
	KeychainMoved
)

// String is for the log.
func (e Event) String() string {
	switch e {
	case ScreenLocked:
		return "screen locked"
	case Sleeping:
		return "going to sleep"
	case Resumed:
		return "resumed"
	case SwitchedAway:
		return "switched away"
	case KeychainMoved:
		return "keychain moved"
	}
	return "unknown"
}
