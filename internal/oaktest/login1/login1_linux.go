package login1

import (
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
	"golang.org/x/sys/unix"
)

const (
	name         = "org.freedesktop.login1"
	managerIface = name + ".Manager"
	sessionIface = name + ".Session"
)

// Logind is a played logind.
type Logind struct {
	t    testing.TB
	conn *dbus.Conn

	mu       sync.Mutex // guards what follows but held
	sessions []listed
	props    map[string]*prop.Properties // by the session's ID
	given    []int                       // descriptors that keep the machine awake, as they were given out
	held     chan *os.File               // the other ends
}

type listed struct {
	ID   string
	UID  uint32
	User string
	Seat string
	Path dbus.ObjectPath
}

// Start plays logind on the bus at address, until the test ends.
func Start(t testing.TB, address string) *Logind {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	l := &Logind{t: t, conn: conn, props: map[string]*prop.Properties{}, held: make(chan *os.File, 16)}
	t.Cleanup(func() {
		_ = conn.Close()
		l.release()
	})
	if err := conn.Export(&manager{l}, "/org/freedesktop/login1", managerIface); err != nil {
		t.Fatal(err)
	}
	if got, err := conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil || got != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("be %s: %v, %v", name, got, err)
	}
	return l
}

// Add logs a user in. seat is "" for a session without a screen.
func (l *Logind) Add(id string, uid int, seat string, active bool) {
	l.t.Helper()
	path := dbus.ObjectPath("/org/freedesktop/login1/session/" + id)
	user := struct {
		UID  uint32
		Path dbus.ObjectPath
	}{uint32(uid), "/org/freedesktop/login1/user/self"}
	p, err := prop.Export(l.conn, path, prop.Map{sessionIface: {
		"User":       {Value: user, Emit: prop.EmitFalse},
		"Active":     {Value: active, Emit: prop.EmitTrue},
		"LockedHint": {Value: false, Emit: prop.EmitTrue},
	}})
	if err != nil {
		l.t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions = append(l.sessions, listed{id, uint32(uid), "somebody", seat, path})
	l.props[id] = p
}

// Set changes "Active" or "LockedHint" of a session and tells of it.
func (l *Logind) Set(id, property string, v bool) {
	l.t.Helper()
	l.mu.Lock()
	p := l.props[id]
	l.mu.Unlock()
	p.SetMust(sessionIface, property, v)
}

// Lock asks a session to lock, as loginctl does.
func (l *Logind) Lock(id string) {
	l.t.Helper()
	l.emit(dbus.ObjectPath("/org/freedesktop/login1/session/"+id), sessionIface+".Lock")
}

// Sleep tells that the machine is about to sleep (true) or has woken (false). Whoever keeps the machine awake must have it
// already that it may: an event that was heard after it asked is a sign.
func (l *Logind) Sleep(begins bool) {
	l.t.Helper()
	l.release()
	l.emit("/org/freedesktop/login1", managerIface+".PrepareForSleep", begins)
}

func (l *Logind) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, fd := range l.given {
		_ = unix.Close(fd) // the program that asked has one of its own, which alone counts from here on
	}
	l.given = nil
}

// Held gives the other end of the next descriptor that keeps the machine awake: reading from it ends when it sleeps.
func (l *Logind) Held() <-chan *os.File { return l.held }

func (l *Logind) emit(path dbus.ObjectPath, signal string, args ...any) {
	l.t.Helper()
	if err := l.conn.Emit(path, signal, args...); err != nil {
		l.t.Fatal(err)
	}
}

type manager struct{ l *Logind }

// ListSessions is a method on the bus.
func (m *manager) ListSessions() ([]listed, *dbus.Error) {
	m.l.mu.Lock()
	defer m.l.mu.Unlock()
	return append([]listed{}, m.l.sessions...), nil
}

// Inhibit is a method on the bus.
func (m *manager) Inhibit(what, _, _, mode string) (dbus.UnixFD, *dbus.Error) {
	if what != "sleep" || mode != "delay" {
		return 0, dbus.MakeFailedError(errors.New("unexpected " + what + " " + mode))
	}
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	r := os.NewFile(uintptr(pipe[0]), "held") //nolint:gosec // a descriptor
	m.l.t.Cleanup(func() { _ = r.Close() })
	m.l.mu.Lock()
	m.l.given = append(m.l.given, pipe[1])
	m.l.mu.Unlock()
	m.l.held <- r
	return dbus.UnixFD(pipe[1]), nil //nolint:gosec // a descriptor
}
