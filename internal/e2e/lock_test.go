package e2e_test

import (
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// What happens to the desktop locks Oaklock, each where its setting says so: answers end, pages hear "locked", and the state
// says why.
func TestTheDesktopLocks(t *testing.T) {
	t.Parallel()
	for setting, why := range map[string]string{
		agent.LockOnScreenLock: "screen", agent.LockOnSleep: "sleep", agent.LockOnUserSwitch: "switch",
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			s := begin(t)
			s.allow(site, "openai")
			s.must(s.SetSetting(t.Context(), setting, "off"))
			s.agent.LockOn(setting)
			if a := s.chat(site); a.status != 200 {
				t.Fatalf("with the setting off: %v", a)
			}
			s.must(s.SetSetting(t.Context(), setting, "on"))
			page := s.stream(site)
			s.agent.LockOn(setting)
			page.isCut(t)
			s.ended(t, 200, "locked")
			if a := s.chat(site); a.status != 423 || a.code() != "locked" {
				t.Errorf("then: %v", a)
			}
			if st := s.state(); st.State != "locked" || st.LockedBy != why {
				t.Errorf("the state is %s, because of %q", st.State, st.LockedBy)
			}
			s.must(nil, s.Unlock(t.Context(), control.Unlock{}))
			if st := s.state(); st.State != "on" || st.LockedBy != "" {
				t.Errorf("unlocked, the state is %s, because of %q", st.State, st.LockedBy)
			}
			s.must(nil, s.Lock(t.Context()))
			s.agent.LockOn(setting) // the first reason stays
			if st := s.state(); st.LockedBy != "user" {
				t.Errorf("locked by hand, and the state says %q", st.LockedBy)
			}
		})
	}
}

// An unlock ends when the keychain has said how it is since then: an answer from before, which comes late, is not believed.
func TestAnUnlockWaitsForTheKeychain(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.must(nil, s.Lock(t.Context()))
	s.vault.mu.Lock()
	s.vault.fail = keychain.ErrLocked
	s.vault.mu.Unlock()
	looked, held := make(chan struct{}), make(chan struct{})
	s.vault.mu.Lock()
	s.vault.late = func() { close(looked); <-held }
	s.vault.mu.Unlock()
	s.agent.VaultMoved()
	<-looked
	s.vault.mu.Lock()
	s.vault.fail = nil
	s.vault.mu.Unlock()
	unlocked := make(chan error, 1)
	go func() { unlocked <- s.Unlock(t.Context(), control.Unlock{}) }()
	for s.state().State == "locked" {
		runtime.Gosched()
	}
	s.state() // also somebody who looks meanwhile
	close(held)
	s.must(nil, <-unlocked)
	if v := s.state().Vault; v.Status != "ready" {
		t.Errorf("unlocked, and the keychain is said to be %s: %s", v.Status, v.Message)
	}
}

// What a lock or a removal wipes is in no connection that is kept, in whose buffers the last request's header may lie.
func TestALockLetsGoOfConnections(t *testing.T) {
	t.Parallel()
	s := beginWith(t, oaktest.ProviderOptions{TLS: true})
	made := make(chan string, 10)
	address := connecting(t, s.provider.Server.Listener.Addr().String(), made, io.Discard)
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "openai", BaseURL: "https://example.com/openai/v1"}))
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Secret: s.key, Label: "one"}))
	s.must(s.SetSetting(t.Context(), "proxy", "http://"+address)) // which sees each connection
	s.allow(site, "openai")
	connections := func(what string, want int) {
		t.Helper()
		for range 2 {
			if a := s.chat(site); a.status != 200 {
				t.Fatalf("%s: %v", what, a)
			}
		}
		if n := len(made); n != want {
			t.Errorf("%s: %d connections, want %d", what, n, want)
		}
	}
	connections("at first", 1)
	s.must(nil, s.Lock(t.Context()))
	s.must(nil, s.Unlock(t.Context(), control.Unlock{}))
	connections("after a lock", 2)
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Secret: s.key + "2", Label: "two", Anyway: true}))
	connections("with another key", 2)
	s.must(nil, s.RemoveKey(t.Context(), control.KeyRef{Provider: "openai", Label: "two"}))
	connections("after a removal", 3)
	s.agent.Resumed(time.Time{}) // and so does a sleep, after which they are dead
	connections("after a sleep", 4)
}

// What the user has paused goes on when they say so, and not because a lock came and went in between.
func TestAPauseOutlivesALock(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allow(site, "openai")
	s.must(nil, s.Pause(t.Context()))
	paused := func(when string) {
		t.Helper()
		s.must(nil, s.Lock(t.Context()))
		if st := s.state().State; st != "locked" {
			t.Errorf("%s: locked it is %s", when, st)
		}
		s.must(nil, s.Unlock(t.Context(), control.Unlock{}))
		if st := s.state().State; st != "paused" {
			t.Errorf("%s: unlocked it is %s", when, st)
		}
		if a := s.chat(site); a.status != 423 {
			t.Errorf("%s: a page gets %v", when, a)
		}
	}
	paused("at once")
	s.must(nil, s.agent.Close())
	s.start()
	paused("after a restart")
	s.must(nil, s.Resume(t.Context()))
	if a := s.chat(site); a.status != 200 {
		t.Errorf("resumed: %v", a)
	}
	s.must(nil, s.Lock(t.Context()))
	s.must(nil, s.Pause(t.Context())) // who pauses while it is locked means it too
	paused("while locked")
}

func (s *story) state() control.State {
	s.Helper()
	st, err := s.State(s.Context())
	s.must(nil, err)
	return st
}

// After the machine has slept an answer from before ends, and the next request takes a new connection; what began afterwards
// goes on.
func TestResume(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allow(site, "openai")
	before := s.stream(site)
	slept := time.Now()
	after := s.stream(site)
	s.agent.Resumed(slept)
	before.isCut(t)
	s.ended(t, 200, "slept")
	after.event("goes on")
	after.finish(t)

	// Without word of when it fell asleep everything was before.
	last := s.stream(site)
	s.agent.Resumed(time.Time{})
	last.isCut(t)
	if a := s.chat(site); a.status != 200 {
		t.Errorf("afterwards: %v", a)
	}
}
