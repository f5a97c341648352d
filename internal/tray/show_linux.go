package tray

import (
	"context"
	"fmt"

	"github.com/godbus/dbus/v5"

	"github.com/oaklock/oaklock/internal/bus"
)

// show is an item on the session bus: it registers with the watcher that there is, and with each one that comes.
func (t *Tray) show(ctx context.Context, ready func()) error {
	conn, err := connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	it, err := exportItem(conn, t)
	if err != nil {
		return fmt.Errorf("show the tray icon: %w", err)
	}
	// First watch, then register: a watcher that comes in between is then told twice, which does no harm.
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	if err := watch(ctx, conn); err != nil {
		return fmt.Errorf("%w: %w", ErrNoBus, err)
	}
	register(conn)
	t.lookForHost(ctx, conn)
	ready()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.changed:
			if err := it.apply(t.current()); err != nil {
				return fmt.Errorf("show the tray icon: %w", err)
			}
		case s, alive := <-signals:
			if !alive {
				if ctx.Err() != nil {
					return nil
				}
				return fmt.Errorf("%w any more", ErrNoBus)
			}
			came, went := watcherMoved(s)
			if came {
				register(conn)
			}
			if came || went {
				t.host(came)
			}
		}
	}
}

func watch(ctx context.Context, conn *dbus.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, bus.Wait)
	defer cancel()
	return conn.AddMatchSignalContext(ctx,
		dbus.WithMatchSender("org.freedesktop.DBus"),
		dbus.WithMatchInterface("org.freedesktop.DBus"),
		dbus.WithMatchMember("NameOwnerChanged"),
		dbus.WithMatchArg(0, watcherName))
}

// lookForHost says at first whether there is a tray. Where the bus does not answer it says nothing.
func (t *Tray) lookForHost(ctx context.Context, conn *dbus.Conn) {
	ctx, cancel := context.WithTimeout(ctx, bus.Wait)
	defer cancel()
	if owned, err := hasOwner(ctx, conn); err == nil {
		t.host(owned)
	}
}

// watcherMoved says whether a signal is the bus's word that the watcher's name has a new owner, or none any more. Any program can send us a
// signal of this name; only the bus has the bus's name as sender.
func watcherMoved(s *dbus.Signal) (came, went bool) {
	if s.Sender != "org.freedesktop.DBus" || s.Name != "org.freedesktop.DBus.NameOwnerChanged" || len(s.Body) != 3 {
		return false, false
	}
	owner, ok := s.Body[2].(string)
	if !ok || s.Body[0] != watcherName {
		return false, false
	}
	return owner != "", owner == ""
}

// register does not wait for the answer: a watcher that is stuck must not hold up the menu, and one that is missing will
// be heard of when it comes.
func register(conn *dbus.Conn) {
	conn.Object(watcherName, "/StatusNotifierWatcher").
		Go(watcherName+".RegisterStatusNotifierItem", dbus.FlagNoReplyExpected|dbus.FlagNoAutoStart, nil, conn.Names()[0])
}
