//go:build real && linux

package session_test

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"

	"github.com/oaklock/oaklock/internal/oaktest/login1"
	"github.com/oaklock/oaklock/internal/oaktest/sessionbus"
	"github.com/oaklock/oaklock/internal/session"
)

// desk is a watcher on buses of its own, with what it hears.
type desk struct {
	*testing.T
	login  *login1.Logind
	saver  *dbus.Conn
	heard  chan session.Event
	before atomic.Pointer[func(session.Event)] // runs while the watcher waits for an event to be heard
	w      *session.Watcher
}

// sit starts buses with a played logind, two sessions of this user, one of them on the screen, and one of somebody else.
func sit(t *testing.T) *desk {
	env := sessionbus.Start(t, sessionbus.NoKeyring)
	env.Setenv(t)
	system := sessionbus.Start(t, sessionbus.NoKeyring)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", system.Address)
	d := &desk{T: t, login: login1.Start(t, system.Address), saver: connect(t, env.Address), heard: make(chan session.Event, 16)}
	d.login.Add("mine", os.Getuid(), "seat0", true)
	d.login.Add("ssh", os.Getuid(), "", true)
	d.login.Add("other", os.Getuid()+1, "seat0", false)
	ctx, cancel := context.WithCancel(t.Context())
	w, err := session.New(ctx, func(e session.Event) {
		if f := d.before.Load(); f != nil {
			(*f)(e)
		}
		d.heard <- e
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); w.Wait() })
	d.w = w
	return d
}

func connect(t *testing.T, address string) *dbus.Conn {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (d *desk) hears(want session.Event) {
	d.Helper()
	select {
	case e := <-d.heard:
		if e != want {
			d.Fatalf("heard %v, want %v", e, want)
		}
	case <-time.After(patience):
		d.Fatalf("did not hear %v", want)
	}
}

// hearsNothing says that nothing was heard of what was told before: what is told now on the same bus is the next.
func (d *desk) hearsNothing() {
	d.Helper()
	d.login.Lock("mine")
	d.hears(session.ScreenLocked)
	if len(d.heard) > 0 {
		d.Fatalf("heard %v besides", <-d.heard)
	}
}

func TestScreenLock(t *testing.T) {
	d := sit(t)
	d.login.Lock("mine")
	d.hears(session.ScreenLocked)
	d.login.Set("mine", "LockedHint", true)
	d.hears(session.ScreenLocked)
	d.login.Set("mine", "LockedHint", false)
	d.hearsNothing()
	d.login.Lock("other")
	d.login.Set("other", "LockedHint", true)
	d.hearsNothing()
	for _, c := range []struct{ name, path string }{
		{"org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"}, {"org.freedesktop.ScreenSaver", "/ScreenSaver"},
		{"org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"}, {"org.xfce.ScreenSaver", "/org/xfce/ScreenSaver"},
		{"org.mate.ScreenSaver", "/org/mate/ScreenSaver"}, {"org.cinnamon.ScreenSaver", "/org/cinnamon/ScreenSaver"},
	} {
		for _, on := range []any{false, "true", true} { // the first two are no lock, and the third comes next
			if err := d.saver.Emit(dbus.ObjectPath(c.path), c.name+".ActiveChanged", on); err != nil {
				t.Fatal(err)
			}
		}
		d.hears(session.ScreenLocked)
	}
	d.hearsNothing()
}

// TestKeychain: it comes, is locked, and goes; that something is written into it is no news.
func TestKeychain(t *testing.T) {
	d := sit(t)
	const name, path = "org.freedesktop.secrets", "/org/freedesktop/secrets/collection/login"
	if _, err := d.saver.RequestName(name, 0); err != nil {
		t.Fatal(err)
	}
	d.hears(session.KeychainMoved)
	for _, changed := range []map[string]dbus.Variant{
		{"Modified": dbus.MakeVariant(uint64(1))}, {"Locked": dbus.MakeVariant(true)},
	} {
		for _, iface := range []string{"org.freedesktop.Secret.Item", "org.freedesktop.Secret.Collection"} {
			if err := d.saver.Emit(path, "org.freedesktop.DBus.Properties.PropertiesChanged", iface, changed, []string{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	d.hears(session.KeychainMoved)
	if _, err := d.saver.ReleaseName(name); err != nil {
		t.Fatal(err)
	}
	d.hears(session.KeychainMoved)
	d.hearsNothing()
}

// TestSleep: the machine waits until it was heard that it is to sleep, and Oaklock makes it wait again for the next time.
func TestSleep(t *testing.T) {
	d := sit(t)
	held := <-d.login.Held()
	looks := func(e session.Event) {
		if e == session.Sleeping && asleep(held) {
			t.Error("the machine may sleep before it was heard that it is to")
		}
	}
	d.before.Store(&looks)
	d.login.Sleep(true)
	d.hears(session.Sleeping)
	if _, err := io.Copy(io.Discard, held); err != nil { // it ends when the machine may sleep
		t.Fatal(err)
	}
	d.login.Sleep(false)
	d.hears(session.Resumed)
	select {
	case <-d.login.Held():
	case <-time.After(patience):
		t.Fatal("the next time it will sleep without waiting")
	}
}

// asleep says whether nobody keeps the machine awake any more, by the other end of what kept it.
func asleep(held *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(held.Fd())}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n == 1 && fds[0].Revents&unix.POLLHUP != 0
}

func TestUserSwitch(t *testing.T) {
	d := sit(t)
	d.login.Set("mine", "Active", false)
	d.login.Set("other", "Active", true)
	d.hears(session.SwitchedAway)
	d.login.Set("other", "Active", false)
	d.login.Set("mine", "Active", true)
	d.hearsNothing()
	// From one own session to another is no switch, and neither is what happens to one without a screen.
	d.login.Add("second", os.Getuid(), "seat0", true)
	d.login.Set("mine", "Active", false)
	d.login.Set("ssh", "Active", false)
	d.hearsNothing()
	d.login.Set("second", "Active", false)
	d.hears(session.SwitchedAway)
}

// TestForgedSignals: whoever is on the system bus can send a signal to us; it counts only from logind.
func TestForgedSignals(t *testing.T) {
	d := sit(t)
	system := connect(t, os.Getenv("DBUS_SYSTEM_BUS_ADDRESS"))
	var names []string
	if err := system.BusObject().Call("org.freedesktop.DBus.ListNames", 0).Store(&names); err != nil {
		t.Fatal(err)
	}
	for _, to := range names {
		if to[0] != ':' {
			continue
		}
		for _, m := range []struct {
			path, iface, member string
			body                []any
		}{
			{"/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForSleep", []any{true}},
			{"/org/freedesktop/login1/session/mine", "org.freedesktop.login1.Session", "Lock", nil},
		} {
			msg := &dbus.Message{Type: dbus.TypeSignal, Headers: map[dbus.HeaderField]dbus.Variant{
				dbus.FieldPath:        dbus.MakeVariant(dbus.ObjectPath(m.path)),
				dbus.FieldInterface:   dbus.MakeVariant(m.iface),
				dbus.FieldMember:      dbus.MakeVariant(m.member),
				dbus.FieldDestination: dbus.MakeVariant(to),
			}, Body: m.body}
			if len(m.body) > 0 {
				msg.Headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(m.body...))
			}
			if c := system.Send(msg, nil); c != nil && c.Err != nil {
				t.Fatal(c.Err)
			}
		}
	}
	// A call that is answered says that the bus has passed on all that came before it.
	if err := system.BusObject().Call("org.freedesktop.DBus.GetId", 0).Err; err != nil {
		t.Fatal(err)
	}
	d.hearsNothing()
}

func TestWithoutBuses(t *testing.T) {
	gone := t.TempDir() + "/bus"
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path="+gone)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+gone)
	if _, err := session.New(t.Context(), func(session.Event) {}); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("without any bus: %v", err)
	}
	// A bus without logind tells of the screen saver only.
	env := sessionbus.Start(t, sessionbus.NoKeyring)
	env.Setenv(t)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", env.Address)
	ctx, cancel := context.WithCancel(t.Context())
	heard := make(chan session.Event, 1)
	w, err := session.New(ctx, func(e session.Event) { heard <- e })
	if err != nil {
		t.Fatal(err)
	}
	if w.TellsOfSleep() {
		t.Error("there is no logind to tell of sleep")
	}
	if err := connect(t, env.Address).Emit("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver.ActiveChanged", true); err != nil {
		t.Fatal(err)
	}
	if e := <-heard; e != session.ScreenLocked {
		t.Errorf("heard %v", e)
	}
	env.Kill() // the bus goes, and the watcher with it
	w.Wait()
	cancel()
}
