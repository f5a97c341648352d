package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/godbus/dbus/v5"

	"github.com/oaklock/oaklock/internal/bus"
)

// screenSavers are the interfaces whose signal ActiveChanged(true) says that the screen is covered: the freedesktop one (KDE,
// Xfce, and many that follow), and those that desktops have beside or instead.
var screenSavers = []string{"org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver", "org.cinnamon.ScreenSaver", "org.mate.ScreenSaver", "org.xfce.ScreenSaver"}

// The keychain, as the Secret Service API of freedesktop.org has it.
const (
	secrets    = "org.freedesktop.secrets"
	collection = "org.freedesktop.Secret.Collection"
)

// Watcher tells of events until the context that New was given ends.
type Watcher struct {
	hear  func(Event)
	login *login // nil without logind
	work  sync.WaitGroup
}

// New connects to the buses that there are. hear is told of one event at a time, on a goroutine of the watcher; when it
// returns from Sleeping, the machine may sleep. An error wraps ErrUnavailable where nobody would tell of anything.
//
// After ctx has ended, Wait waits for the goroutine.
func New(ctx context.Context, hear func(Event)) (*Watcher, error) {
	w := &Watcher{hear: hear}
	var saverSignals, loginSignals chan *dbus.Signal
	saver, saverErr := bus.Session(ctx)
	if saverErr == nil {
		saverSignals = signals(saver)
		if saverErr = watchSession(ctx, saver); saverErr != nil {
			_ = saver.Close()
			saverSignals = nil
		}
	}
	var loginErr error
	if w.login, loginErr = openLogin(ctx); loginErr == nil {
		loginSignals = w.login.signals
	} else if saverErr != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, errors.Join(saverErr, loginErr))
	}
	w.work.Go(func() {
		w.run(ctx, saverSignals, loginSignals)
		if saverErr == nil {
			_ = saver.Close()
		}
		if w.login != nil {
			w.login.close()
		}
	})
	return w, nil
}

// TellsOfSleep says whether there is a logind, which alone tells of sleep and of other users.
func (w *Watcher) TellsOfSleep() bool { return w.login != nil }

// TellsOfScreen is true: of the screen's lock each of the two buses tells.
func (w *Watcher) TellsOfScreen() bool { return true }

// Wait returns when the context has ended, or both buses have gone, and nothing of the watcher runs any more.
func (w *Watcher) Wait() { w.work.Wait() }

func (w *Watcher) run(ctx context.Context, savers, logins chan *dbus.Signal) {
	for savers != nil || logins != nil {
		select {
		case <-ctx.Done():
			return
		case s, alive := <-savers:
			if !alive {
				savers = nil
			} else if covered(s) {
				w.hear(ScreenLocked)
			} else if keychainMoved(s) {
				w.hear(KeychainMoved)
			}
		case s, alive := <-logins:
			if !alive {
				logins = nil
			} else {
				w.login.told(ctx, s, w.hear)
			}
		}
	}
}

func signals(conn *dbus.Conn) chan *dbus.Signal {
	c := make(chan *dbus.Signal, 16)
	conn.Signal(c)
	return c
}

func watchSession(ctx context.Context, conn *dbus.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, bus.Wait)
	defer cancel()
	for _, name := range screenSavers {
		if err := conn.AddMatchSignalContext(ctx, dbus.WithMatchInterface(name), dbus.WithMatchMember("ActiveChanged")); err != nil {
			return err
		}
	}
	if err := conn.AddMatchSignalContext(ctx, dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, secrets)); err != nil {
		return err
	}
	return conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(secrets), dbus.WithMatchInterface("org.freedesktop.DBus.Properties"),
		dbus.WithMatchMember("PropertiesChanged"), dbus.WithMatchArg(0, collection))
}

// keychainMoved says whether a signal is the keychain's word that it was locked or unlocked, or the bus's that it came or went. What
// another program sends in their names only makes somebody look.
func keychainMoved(s *dbus.Signal) bool {
	switch {
	case len(s.Body) != 3:
		return false
	case s.Name == "org.freedesktop.DBus.NameOwnerChanged":
		return s.Body[0] == secrets
	case s.Name == "org.freedesktop.DBus.Properties.PropertiesChanged" && s.Body[0] == collection:
		changed, _ := s.Body[1].(map[string]dbus.Variant)
		_, locked := changed["Locked"] // and not that an entry was written
		return locked
	}
	return false
}

// covered says whether a signal is a screen saver's word that it covers the screen now.
func covered(s *dbus.Signal) bool {
	if len(s.Body) != 1 || s.Body[0] != true {
		return false
	}
	return slices.ContainsFunc(screenSavers, func(name string) bool { return s.Name == name+".ActiveChanged" })
}
