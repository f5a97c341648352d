package agent

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// played is what an idle clock is for, with the hands of a test.
type played struct {
	clock        idleClock
	busy, locked atomic.Bool
	mu           sync.Mutex
	locks        []time.Duration // when, since the beginning
}

// play follows a clock with this limit until the test ends.
func play(t *testing.T, limit time.Duration) *played {
	p := &played{clock: idleClock{poke: make(chan struct{}, 1)}}
	began, done, over := time.Now(), make(chan struct{}), make(chan struct{})
	p.clock.set(limit)
	go func() {
		defer close(over)
		p.clock.follow(done, idleUser{
			busy:   func() bool { return p.busy.Load() },
			locked: func() bool { return p.locked.Load() },
			lock: func() {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.locked.Store(true)
				p.locks = append(p.locks, time.Since(began))
			},
		})
	}()
	t.Cleanup(func() { close(done); <-over })
	return p
}

func (p *played) expect(t *testing.T, want ...time.Duration) {
	t.Helper()
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.locks) != len(want) {
		t.Fatalf("locked at %v, want %v", p.locks, want)
	}
	for i, at := range want {
		if p.locks[i] != at {
			t.Fatalf("locked at %v, want %v", p.locks, want)
		}
	}
}

func TestIdleLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := play(t, 8*time.Hour)
		time.Sleep(5 * time.Hour)
		p.clock.used() // the limit begins anew
		time.Sleep(7 * time.Hour)
		p.expect(t)
		time.Sleep(time.Hour)
		p.expect(t, 13*time.Hour)
		time.Sleep(100 * time.Hour) // there is nothing to lock
		p.expect(t, 13*time.Hour)
		p.locked.Store(false)
		p.clock.set(time.Hour) // as after an unlock
		time.Sleep(time.Hour)
		p.expect(t, 13*time.Hour, 114*time.Hour)
	})
}

// TestIdleLockWaitsForAnswers: an answer that takes longer than the limit is use.
func TestIdleLockWaitsForAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := play(t, time.Hour)
		p.busy.Store(true)
		time.Sleep(3*time.Hour + time.Minute)
		p.expect(t)
		p.busy.Store(false)
		time.Sleep(time.Hour)
		p.expect(t, 4*time.Hour)
	})
}

func TestIdleLockOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := play(t, 0)
		time.Sleep(1000 * time.Hour)
		p.expect(t)
		p.clock.set(time.Minute) // switched on while it runs
		time.Sleep(time.Minute)
		p.expect(t, 1000*time.Hour+time.Minute)
	})
}

// TestIdleAfterSleep: timers and the monotonic clock stand still while the machine sleeps, the wall clock does not. The time
// of last use, as it would be after ten hours of sleep, has a wall clock only.
func TestIdleAfterSleep(t *testing.T) {
	c := idleClock{poke: make(chan struct{}, 1)}
	c.set(8 * time.Hour)
	if c.over() {
		t.Error("over at once")
	}
	c.wall = c.wall.Add(-10 * time.Hour) // the monotonic clock stood still
	if !c.over() {
		t.Error("ten hours of sleep are not idle")
	}
	c.used()
	if c.over() {
		t.Error("over, though a key was just used")
	}
	c.last = c.last.Add(-10 * time.Hour) // the wall clock was set back meanwhile
	if !c.over() {
		t.Error("ten hours with a wall clock that was set back are not idle")
	}
}
