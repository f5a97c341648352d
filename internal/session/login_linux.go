package session

import (
	"context"
	"os"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"

	"github.com/oaklock/oaklock/internal/bus"
)

// What systemd-logind is called (org.freedesktop.login1(5)).
const (
	loginName                    = "org.freedesktop.login1"
	loginPath    dbus.ObjectPath = "/org/freedesktop/login1"
	sessionsPath dbus.ObjectPath = "/org/freedesktop/login1/session"
	managerIface                 = "org.freedesktop.login1.Manager"
	sessionIface                 = "org.freedesktop.login1.Session"
	propsIface                   = "org.freedesktop.DBus.Properties"
)

// login hears logind. After openLogin all of it belongs to the watcher's goroutine.
type login struct {
	conn    *dbus.Conn
	manager dbus.BusObject
	signals chan *dbus.Signal
	uid     uint32
	seen    seen // of any of the user's sessions
	hold    int  // a descriptor: the machine does not sleep before it is closed; -1 for none
}

func openLogin(ctx context.Context) (*login, error) {
	conn, err := systemBus(ctx)
	if err != nil {
		return nil, err
	}
	l := &login{conn: conn, manager: conn.Object(loginName, loginPath), signals: signals(conn), uid: uint32(os.Getuid()), hold: -1} //nolint:gosec // a uid is never negative on Linux
	if err := l.watch(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	l.seen.now(l.look(ctx))
	l.holdSleep(ctx)
	return l, nil
}

// watch fails where there is no logind.
func (l *login) watch(ctx context.Context) error {
	if _, err := l.owner(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, bus.Wait)
	defer cancel()
	for _, o := range [][]dbus.MatchOption{
		{dbus.WithMatchInterface(managerIface), dbus.WithMatchMember("PrepareForSleep")},
		{dbus.WithMatchInterface(sessionIface), dbus.WithMatchMember("Lock"), dbus.WithMatchPathNamespace(sessionsPath)},
		{dbus.WithMatchInterface(propsIface), dbus.WithMatchMember("PropertiesChanged"), dbus.WithMatchPathNamespace(sessionsPath),
			dbus.WithMatchArg(0, sessionIface)},
	} {
		if err := l.conn.AddMatchSignalContext(ctx, append(o, dbus.WithMatchSender(loginName))...); err != nil {
			return err
		}
	}
	return nil
}

// owner is who is logind now.
func (l *login) owner(ctx context.Context) (unique string, err error) {
	err = call(ctx, l.conn.BusObject(), "org.freedesktop.DBus.GetNameOwner", &unique, loginName)
	return unique, err
}

// told looks at a signal. A signal that is addressed to us passes by the match rules, whoever sent it, so the sender is looked
// at: another user of the machine must not be able to end this one's answers.
func (l *login) told(ctx context.Context, s *dbus.Signal, hear func(Event)) {
	if owner, err := l.owner(ctx); err != nil || s.Sender != owner {
		return
	}
	switch s.Name {
	case managerIface + ".PrepareForSleep":
		if len(s.Body) == 1 && s.Body[0] == true {
			hear(Sleeping)
			l.letSleep()
		} else if len(s.Body) == 1 && s.Body[0] == false {
			hear(Resumed)
			l.holdSleep(ctx)
		}
	case sessionIface + ".Lock":
		if l.mine(ctx, s.Path) {
			hear(ScreenLocked)
		}
	case propsIface + ".PropertiesChanged":
		l.changed(ctx, s, hear)
	}
}

// changed looks at what is new of a session: locked, or seen no longer.
func (l *login) changed(ctx context.Context, s *dbus.Signal, hear func(Event)) {
	if len(s.Body) != 3 {
		return
	}
	news, _ := s.Body[1].(map[string]dbus.Variant)
	if locked, ok := news["LockedHint"]; ok && locked.Value() == true && l.mine(ctx, s.Path) {
		hear(ScreenLocked)
	}
	if _, ok := news["Active"]; !ok {
		return
	}
	// Not from the signal: where the user goes from one own session to another, one is told of before the other.
	if e := l.seen.now(l.look(ctx)); e != 0 {
		hear(e)
	}
}

// mine says whether a session is of this user.
func (l *login) mine(ctx context.Context, session dbus.ObjectPath) bool {
	var user dbus.Variant
	if err := call(ctx, l.conn.Object(loginName, session), propsIface+".Get", &user, sessionIface, "User"); err != nil {
		return false
	}
	pair, _ := user.Value().([]any) // (uo)
	return len(pair) == 2 && pair[0] == l.uid
}

// listed is (susso), what logind lists of a session.
type listed struct {
	ID   string
	UID  uint32
	User string
	Seat string
	Path dbus.ObjectPath
}

// look says whether one of the user's sessions is what its screen shows. Sessions without a screen (ssh) are always active and
// do not count.
func (l *login) look(ctx context.Context) bool {
	var all []listed
	if err := call(ctx, l.manager, managerIface+".ListSessions", &all); err != nil {
		return false
	}
	for _, s := range all {
		if s.UID != l.uid || s.Seat == "" {
			continue
		}
		var active dbus.Variant
		err := call(ctx, l.conn.Object(loginName, s.Path), propsIface+".Get", &active, sessionIface, "Active")
		if err == nil && active.Value() == true {
			return true
		}
	}
	return false
}

// holdSleep makes the machine wait until it was heard that it is to sleep: else it may be asleep before the keys are wiped, with
// the keys in its memory. Where logind refuses, it is told without waiting.
func (l *login) holdSleep(ctx context.Context) {
	if l.hold >= 0 {
		return
	}
	var fd dbus.UnixFD
	err := call(ctx, l.manager, managerIface+".Inhibit", &fd, "sleep", "Oaklock", "Oaklock takes the keys out of memory first", "delay")
	if err == nil {
		l.hold = int(fd)
	}
}

func (l *login) letSleep() {
	if l.hold >= 0 {
		_ = unix.Close(l.hold)
		l.hold = -1
	}
}

func (l *login) close() {
	l.letSleep()
	_ = l.conn.Close()
}
