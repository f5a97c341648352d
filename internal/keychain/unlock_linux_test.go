//go:build real

package keychain_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/oaktest/sessionbus"
)

// fakeService is a locked keyring on a real bus, and the user in front of its dialog.
type fakeService struct {
	t    *testing.T
	conn *dbus.Conn
	user func(s *fakeService) // what happens once the dialog shows

	mu      sync.Mutex
	locked  bool
	dialogs int
}

const (
	fakeCollection = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
	fakePrompt     = dbus.ObjectPath("/org/freedesktop/secrets/prompt/p1")
)

func newFakeService(t *testing.T, user func(s *fakeService)) *fakeService {
	t.Helper()
	env := session(t, sessionbus.NoKeyring)
	conn, err := dbus.Connect(env.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	s := &fakeService{t: t, conn: conn, user: user, locked: true}
	for _, export := range []struct {
		path  dbus.ObjectPath
		iface string
	}{
		{"/org/freedesktop/secrets", "org.freedesktop.Secret.Service"},
		{"/org/freedesktop/secrets", "org.freedesktop.DBus.Properties"},
		{fakeCollection, "org.freedesktop.DBus.Properties"},
		{fakePrompt, "org.freedesktop.Secret.Prompt"},
	} {
		if err := conn.Export(s, export.path, export.iface); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.RequestName("org.freedesktop.secrets", 0); err != nil {
		t.Fatal(err)
	}
	return s
}

// Get is of org.freedesktop.DBus.Properties.
func (s *fakeService) Get(_, name string) (dbus.Variant, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == "Locked" {
		return dbus.MakeVariant(s.locked), nil
	}
	return dbus.MakeVariant([]dbus.ObjectPath{fakeCollection}), nil
}

// Unlock is of org.freedesktop.Secret.Service.
func (s *fakeService) Unlock(paths []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.locked {
		return paths, "/", nil
	}
	return nil, fakePrompt, nil
}

// Prompt is of org.freedesktop.Secret.Prompt.
func (s *fakeService) Prompt(string) *dbus.Error {
	s.mu.Lock()
	s.dialogs++
	s.mu.Unlock()
	go s.user(s)
	return nil
}

func (s *fakeService) open() {
	s.mu.Lock()
	s.locked = false
	s.mu.Unlock()
}

func (s *fakeService) shown() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dialogs
}

func (s *fakeService) completed(values ...any) {
	if err := s.conn.Emit(fakePrompt, "org.freedesktop.Secret.Prompt.Completed", values...); err != nil {
		s.t.Error(err)
	}
}

func TestRealDialog(t *testing.T) {
	result := dbus.MakeVariant([]dbus.ObjectPath{fakeCollection})
	for _, c := range []struct {
		name string
		user func(s *fakeService)
		want error
	}{
		{"answered", func(s *fakeService) { s.open(); s.completed(false, result) }, nil},
		{"dismissed", func(s *fakeService) { s.completed(true, result) }, keychain.ErrDenied},
		{"said to be answered", func(s *fakeService) { s.completed(false, result) }, keychain.ErrLocked},
		{"nonsense first", func(s *fakeService) {
			s.completed()
			s.open()
			s.completed(false, result)
		}, nil},
		{"the keyring dies", func(s *fakeService) { _ = s.conn.Close() }, keychain.ErrUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newFakeService(t, c.user)
			v := keychain.OS("")
			if err := v.Status(t.Context()); !errors.Is(err, keychain.ErrLocked) {
				t.Errorf("Status before = %v", err)
			}
			err := v.(keychain.Unlocker).Unlock(t.Context())
			if !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Errorf("Unlock = %v, want %v", err, c.want)
			}
			if n := s.shown(); n != 1 {
				t.Errorf("%d dialogs", n)
			}
		})
	}
}

// Nobody is at the machine.
func TestRealDialogWithoutAnAnswer(t *testing.T) {
	shown := make(chan struct{})
	newFakeService(t, func(*fakeService) { close(shown) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-shown
		cancel()
	}()
	v := keychain.OS("")
	if err := v.(keychain.Unlocker).Unlock(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Unlock = %v", err)
	}
}

// The window and the command line ask at the same time.
func TestRealOneDialogForTwo(t *testing.T) {
	shown, answer := make(chan struct{}, 2), make(chan struct{})
	s := newFakeService(t, func(s *fakeService) {
		shown <- struct{}{}
		<-answer
		s.open()
		s.completed(false, dbus.MakeVariant(""))
	})
	v := keychain.OS("")
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if err := v.(keychain.Unlocker).Unlock(t.Context()); err != nil {
				t.Errorf("Unlock = %v", err)
			}
		})
	}
	<-shown
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := v.(keychain.Unlocker).Unlock(short); !errors.Is(err, keychain.ErrTimeout) {
		t.Errorf("a third Unlock that cannot wait = %v", err)
	}
	close(answer)
	wg.Wait()
	if n := s.shown(); n != 1 {
		t.Errorf("%d dialogs", n)
	}
}
