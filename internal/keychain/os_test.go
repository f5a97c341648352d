package keychain_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/secret"
)

// fakeRing is the keychain of a system that does as the test says.
type fakeRing struct {
	mu    sync.Mutex
	items map[string]string
	users []string // asked for, in order

	before func(call string) error // may wait or panic
	keeps  func(b []byte) string   // nil: what it was given
}

func newFakeRing() *fakeRing { return &fakeRing{items: map[string]string{}} }

func (r *fakeRing) call(name, user string) error {
	if r.before != nil {
		if err := r.before(name); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.users = append(r.users, name+" "+user)
	return nil
}

func (r *fakeRing) Set(user string, b []byte) error {
	if err := r.call("set", user); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.items[user] = string(b)
	if r.keeps != nil {
		r.items[user] = r.keeps(b)
	}
	return nil
}

func (r *fakeRing) Get(user string) ([]byte, error) {
	if err := r.call("get", user); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	item, ok := r.items[user]
	if !ok {
		return nil, keyring.ErrNotFound
	}
	return []byte(item), nil
}

func (r *fakeRing) Delete(user string) error {
	if err := r.call("delete", user); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.items[user]; !ok {
		return keyring.ErrNotFound
	}
	delete(r.items, user)
	return nil
}

func (r *fakeRing) has(user string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.items[user]
}

func ready(context.Context) error { return nil }

func unavailable(err error) error { return fmt.Errorf("%w: %w", keychain.ErrUnavailable, err) }

func wantKey(t *testing.T, v keychain.Vault, id keychain.ID, want string) {
	t.Helper()
	s, err := v.Get(t.Context(), id)
	if err != nil {
		t.Errorf("Get(%s) = %v", id, err)
		return
	}
	defer s.Wipe()
	if !s.Equal([]byte(want)) {
		t.Errorf("Get(%s) is another key, ending in %q", id, s.Hint())
	}
}

func TestOSPutGetDelete(t *testing.T) {
	ring := newFakeRing()
	v := keychain.NewOS(ring, ready, unavailable)
	if v.Kind() != "keychain" || v.Status(t.Context()) != nil {
		t.Errorf("Kind %q, Status %v", v.Kind(), v.Status(t.Context()))
	}
	b := []byte(key)
	if err := v.Put(t.Context(), personal, b); err != nil {
		t.Fatal(err)
	}
	if string(b) != key {
		t.Error("Put changed the caller's bytes")
	}
	wantKey(t, v, personal, key)
	if err := v.Put(t.Context(), personal, []byte(otherKey)); err != nil {
		t.Fatal(err)
	}
	wantKey(t, v, personal, otherKey)
	if err := v.Delete(t.Context(), personal); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Get(t.Context(), personal); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("Get after Delete = %v", err)
	}
	if err := v.Delete(t.Context(), personal); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("second Delete = %v", err)
	}
	if got := ring.users[0]; got != "set openai/personal" {
		t.Errorf("the first call was %q", got)
	}
}

func TestOSRefusesWhatItCannotKeep(t *testing.T) {
	ring := newFakeRing()
	v := keychain.NewOS(ring, ready, unavailable)
	if err := v.Put(t.Context(), personal, make([]byte, keychain.MaxSecret+1)); !errors.Is(err, keychain.ErrTooBig) {
		t.Errorf("2561 bytes = %v", err)
	}
	if err := v.Put(t.Context(), personal, nil); !errors.Is(err, secret.ErrEmpty) {
		t.Errorf("no bytes = %v", err)
	}
	if len(ring.users) > 0 {
		t.Errorf("the keychain was asked: %q", ring.users)
	}
	if err := v.Put(t.Context(), personal, []byte(strings.Repeat("k", keychain.MaxSecret))); err != nil {
		t.Errorf("2560 bytes = %v", err)
	}
	ring.keeps = func(b []byte) string { return string(b[:len(b)-1]) }
	if err := v.Put(t.Context(), personal, []byte(key)); !errors.Is(err, keychain.ErrNotSaved) {
		t.Errorf("a keychain that cuts = %v", err)
	}
}

// kill -9 of gnome-keyring: D-Bus starts a fresh one, which is locked and finds nothing.
func TestOSNeverTakesALockedKeychainForAnEmptyOne(t *testing.T) {
	status := []error{nil, keychain.ErrLocked} // before the look-up, and after it
	v := keychain.NewOS(newFakeRing(), func(context.Context) error {
		err := status[0]
		status = status[1:]
		return err
	}, unavailable)
	if _, err := v.Get(t.Context(), personal); !errors.Is(err, keychain.ErrLocked) || errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("Get = %v, want ErrLocked", err)
	}
}

func TestOSAsksForTheStatusFirst(t *testing.T) {
	ring := newFakeRing()
	v := keychain.NewOS(ring, func(context.Context) error { return keychain.ErrLocked }, unavailable)
	_, getErr := v.Get(t.Context(), personal)
	for name, err := range map[string]error{
		"Get": getErr, "Put": v.Put(t.Context(), personal, []byte(key)),
		"Delete": v.Delete(t.Context(), personal), "Status": v.Status(t.Context()),
	} {
		if !errors.Is(err, keychain.ErrLocked) {
			t.Errorf("%s = %v", name, err)
		}
		if leaks(err) {
			t.Errorf("%s tells the key", name)
		}
	}
	if len(ring.users) > 0 {
		t.Errorf("the keychain was asked while locked, which shows a dialog: %q", ring.users)
	}
}

func TestOSErrors(t *testing.T) {
	ring := newFakeRing()
	v := keychain.NewOS(ring, ready, unavailable)
	for _, c := range []struct{ from, want error }{
		{keyring.ErrSetDataTooBig, keychain.ErrTooBig},
		{errors.New("exec: security: not found"), keychain.ErrUnavailable},
	} {
		ring.before = func(string) error { return c.from }
		if err := v.Put(t.Context(), personal, []byte(key)); !errors.Is(err, c.want) || leaks(err) {
			t.Errorf("Put with %v = %v", c.from, err)
		}
	}
	ring.before = func(string) error { var none *fakeRing; none.items = nil; return nil } // as go-keyring does
	if _, err := v.Get(t.Context(), personal); !errors.Is(err, keychain.ErrUnavailable) {
		t.Errorf("Get from a library that panics = %v", err)
	}
	ring.before = nil
	if err := v.Put(t.Context(), personal, []byte(key)); err != nil {
		t.Errorf("Put after that = %v", err)
	}
}

func leaks(err error) bool { return err != nil && strings.Contains(fmt.Sprintf("%+v", err), key[8:14]) }

// A keychain whose dialog nobody answers.
func TestOSDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		ring := newFakeRing()
		ring.before = func(string) error { <-release; return nil }
		v := keychain.NewOS(ring, ready, unavailable)
		for _, c := range []struct {
			name  string
			limit time.Duration
			call  func() error
		}{
			{"Get", 2 * time.Second, func() error { _, err := v.Get(t.Context(), personal); return err }},
			{"Delete", 2 * time.Second, func() error { return v.Delete(t.Context(), personal) }},
			{"Put", time.Minute, func() error { return v.Put(t.Context(), personal, []byte(key)) }},
		} {
			start := time.Now()
			if err := c.call(); !errors.Is(err, keychain.ErrTimeout) {
				t.Errorf("%s = %v", c.name, err)
			}
			if took := time.Since(start); took != c.limit {
				t.Errorf("%s took %v, want %v", c.name, took, c.limit)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := v.Get(ctx, personal); !errors.Is(err, context.Canceled) || errors.Is(err, keychain.ErrTimeout) {
			t.Errorf("Get for somebody who left = %v", err)
		}
		close(release)
		synctest.Wait()
	})
}

func TestOSStuckCallsAreBoundedAndInNobodysWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		ring := newFakeRing()
		ring.items["openai/personal"] = key
		var hangs atomic.Bool
		ring.before = func(string) error {
			if hangs.Load() {
				<-release
			}
			return nil
		}
		v := keychain.NewOS(ring, ready, unavailable)
		hangs.Store(true)
		for range keychain.MaxStuck - 1 {
			if _, err := v.Get(t.Context(), personal); !errors.Is(err, keychain.ErrTimeout) {
				t.Fatal(err)
			}
		}
		// The keychain wakes up for new questions only: they are answered although the old ones are stuck.
		hangs.Store(false)
		wantKey(t, v, personal, key)
		hangs.Store(true)
		if _, err := v.Get(t.Context(), personal); !errors.Is(err, keychain.ErrTimeout) {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := v.Get(t.Context(), personal); !errors.Is(err, keychain.ErrTimeout) || time.Since(start) != 0 {
			t.Errorf("with %d stuck: %v after %v", keychain.MaxStuck, err, time.Since(start))
		}
		close(release)
		synctest.Wait()
		wantKey(t, v, personal, key)
	})
}

func TestOSOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		running, most := 0, 0
		ring := newFakeRing()
		ring.items["openai/personal"] = key
		ring.before = func(string) error {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(100 * time.Millisecond)
			mu.Lock()
			running--
			mu.Unlock()
			return nil
		}
		v := keychain.NewOS(ring, ready, unavailable)
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { wantKey(t, v, personal, key) })
		}
		wg.Wait()
		if most != 1 {
			t.Errorf("%d calls at a time", most)
		}
	})
}

// While a dialog is open for saving, the window still has to know how things are.
func TestOSStatusDoesNotWaitInLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		ring := newFakeRing()
		ring.before = func(string) error { <-release; return nil }
		v := keychain.NewOS(ring, ready, unavailable)
		saved := make(chan error)
		b := []byte(key)
		go func() { saved <- v.Put(t.Context(), personal, b) }()
		synctest.Wait()
		if err := v.Status(t.Context()); err != nil {
			t.Errorf("Status = %v", err)
		}
		close(release)
		if err := <-saved; err != nil || ring.has("openai/personal") != key {
			t.Errorf("Put = %v", err)
		}
	})
}
