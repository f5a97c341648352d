package agent

import (
	"context"
	"sync"
	"time"

	"github.com/oaklock/oaklock/internal/proxy"
)

// idleClock knows when a key was last used.
type idleClock struct {
	mu    sync.Mutex
	after time.Duration // guarded by mu; 0: it may be unused for ever
	last  time.Time     // guarded by mu
	wall  time.Time     // guarded by mu; the same by the wall clock alone

	poke chan struct{} // holds one: the limit is another
}

// set begins anew with this limit.
func (c *idleClock) set(after time.Duration) {
	c.mu.Lock()
	c.after = after
	c.touch()
	c.mu.Unlock()
	select {
	case c.poke <- struct{}{}:
	default:
	}
}

// used notes that a key is being used. It wakes nobody: whoever waits finds out that it is too early.
func (c *idleClock) used() {
	c.mu.Lock()
	c.touch()
	c.mu.Unlock()
}

// touch is for who holds mu.
func (c *idleClock) touch() {
	c.last = time.Now()
	c.wall = c.last.Round(0)
}

// left is the time until the limit; on is false where there is none. Timers stand still while the machine sleeps, and the wall
// clock can be set back: the longer of the two counts.
func (c *idleClock) left() (d time.Duration, on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	idle := max(now.Sub(c.last), now.Round(0).Sub(c.wall))
	return c.after - idle, c.after > 0
}

func (c *idleClock) over() bool {
	left, on := c.left()
	return on && left <= 0
}

// idleUser is who the clock is for.
type idleUser struct {
	busy   func() bool // an answer is under way, which is use too
	locked func() bool // there is nothing to lock, until set is called
	lock   func()
}

// follow locks when no key was used for too long, until done is closed. It is one timer for hours, not a look every minute:
// an Oaklock that nobody uses wakes nobody.
func (c *idleClock) follow(done <-chan struct{}, u idleUser) {
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		t.Stop()
		if left, on := c.left(); on && !u.locked() {
			t.Reset(max(left, 0))
		}
		select {
		case <-done:
			return
		case <-c.poke:
		case <-t.C:
			if u.busy() {
				c.used()
			} else if c.over() {
				u.lock()
			}
		}
	}
}

// Why Oaklock is locked, as control.State.LockedBy has it.
const (
	lockedByUser = "user"
	lockedIdle   = "idle"
	lockedFile   = "passphrase" // the key file waits for its passphrase since the start
)

// lockReasons are what the settings call them.
var lockReasons = map[string]string{LockOnScreenLock: "screen", LockOnSleep: "sleep", LockOnUserSwitch: "switch"}

// LockOn locks because of what happened to the desktop, if the setting of this name (LockOnScreenLock, LockOnSleep or
// LockOnUserSwitch) says so. When it returns, no key is in memory.
func (a *Agent) LockOn(setting string) {
	if a.settings.get(setting) == "on" {
		a.lockBy(lockReasons[setting])
	}
}

// lockBy locks for a reason. Where it is locked already, the first reason stays.
func (a *Agent) lockBy(why string) {
	if a.mode() == proxy.Locked {
		return
	}
	a.lockedBy.Store(&why)
	a.log.Info("locked", "because", why)
	_ = a.Lock(context.Background()) // it cannot fail
}

// Resumed tells that the machine has slept since slept (zero: not known). Connections to providers are dead by now, though
// TCP does not know it yet: those that are kept go, and answers that were under way then end instead of hanging.
func (a *Agent) Resumed(slept time.Time) {
	if slept.IsZero() {
		slept = time.Now()
	}
	a.pages.StopBefore(slept)
	a.afterSleep()
}

// NobodyTellsOfSleep makes the clocks say that the machine has slept: on this system nobody calls Resumed.
func (a *Agent) NobodyTellsOfSleep() { a.pages.WatchClocks(a.afterSleep) }

func (a *Agent) afterSleep() {
	a.upstream.Forget()
	if a.idle.over() {
		a.lockBy(lockedIdle)
	}
	a.changed()
}
