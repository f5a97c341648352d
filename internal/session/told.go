package session

import "sync"

// teller tells what a system says, which it may say on several threads, as one event at a time.
type teller struct {
	mu     sync.Mutex
	hear   func(Event)
	asleep bool // guarded by mu
	ended  bool // guarded by mu
}

// tell returns when the event was heard. Of zero, and after the end, nobody is told.
func (t *teller) tell(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e == 0 || t.ended || e == Resumed && !t.asleep { // it is told once: what began since the first must go on
		return
	}
	if e == Sleeping || e == Resumed {
		t.asleep = e == Sleeping
	}
	t.hear(e)
}

// end returns when nobody is being told any more.
func (t *teller) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
}

// windowsPower is what an event of Windows' power management means (winuser.h, PBT_…; Microsoft's "Power Management Events").
func windowsPower(event uint32) Event {
	switch event {
	case 0x4: // PBT_APMSUSPEND
		return Sleeping
	case 0x12, 0x7: // PBT_APMRESUMEAUTOMATIC, at every wake; PBT_APMRESUMESUSPEND, after it, where somebody is there
		return Resumed
	}
	return 0
}

// windowsSession is what the first parameter of Windows' message WM_WTSSESSION_CHANGE means (winuser.h, WTS_…). Who takes his own
// session over from afar takes it from the screen, too.
func windowsSession(change uintptr) Event {
	switch change {
	case 0x7: // WTS_SESSION_LOCK
		return ScreenLocked
	case 0x2, 0x4: // WTS_CONSOLE_DISCONNECT, WTS_REMOTE_DISCONNECT
		return SwitchedAway
	}
	return 0
}

// macPower is what a message of macOS' power management means (IOKit/IOMessage.h, kIOMessage…), and whether macOS waits for an answer.
func macPower(message uint32) (e Event, waits bool) {
	const common = 0xE0000000 // iokit_common_msg(0)
	switch message {
	case common | 0x270: // kIOMessageCanSystemSleep: it may, and whether it will comes next
		return 0, true
	case common | 0x280: // kIOMessageSystemWillSleep
		return Sleeping, true
	case common | 0x320, common | 0x300: // kIOMessageSystemWillPowerOn; kIOMessageSystemHasPoweredOn, after it
		return Resumed, false
	}
	return 0, false
}

// seen is whether the user's session is what its screen shows.
type seen bool

// now notes whether it is, and says what that means.
func (s *seen) now(is bool) Event {
	before := bool(*s)
	*s = seen(is)
	if before && !is {
		return SwitchedAway
	}
	return 0
}
