package notify

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/godbus/dbus/v5"

	"github.com/oaklock/oaklock/internal/bus"
)

const (
	name                  = "org.freedesktop.Notifications"
	path  dbus.ObjectPath = "/org/freedesktop/Notifications"
	iface                 = "org.freedesktop.Notifications"
)

// Notifier shows notifications until the context that New was given ends.
type Notifier struct {
	conn     *dbus.Conn
	answered func(id string, a Action)
	jobs     chan func(context.Context)
	ended    chan struct{}
	work     sync.WaitGroup

	// The fields below belong to the goroutine of run. It is also the one that sends Notify and waits for the number that
	// comes back, so no answer can be looked at before its notification is known.
	service string           // unique name of who shows the notifications
	shown   map[uint32]asked // by the service's numbers
}

// asked is a notification that the user may see.
type asked struct {
	id      string
	buttons []Button
}

// New connects to the session bus. answered is told what the user clicked, at most once for each Ask, on a goroutine of
// its own; it may call the Notifier. When ctx ends nothing is shown any more; Wait then waits for the goroutines.
//
// An error wraps ErrUnavailable when there is no session bus; none is started. A bus on which nothing shows notifications
// yet is no error here but one of Ask, since at login the desktop may be slower than Oaklock.
func New(ctx context.Context, answered func(id string, a Action)) (*Notifier, error) {
	conn, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	n := &Notifier{conn: conn, answered: answered, jobs: make(chan func(context.Context)), ended: make(chan struct{}), shown: map[uint32]asked{}}
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	if err := n.watch(ctx); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	n.work.Go(func() { n.run(ctx, signals) })
	return n, nil
}

func (n *Notifier) watch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, bus.Wait)
	defer cancel()
	for _, o := range [][]dbus.MatchOption{
		{dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchInterface("org.freedesktop.DBus"),
			dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, name)},
		{dbus.WithMatchSender(name), dbus.WithMatchInterface(iface), dbus.WithMatchObjectPath(path)},
	} {
		if err := n.conn.AddMatchSignalContext(ctx, o...); err != nil {
			return err
		}
	}
	return nil
}

// Ask shows a notification with these buttons, or replaces the one that id has. It comes back when the service has taken
// it, which may take seconds where the desktop starts the service first; an error wraps ErrUnavailable when nothing shows
// it. The next Ask tries anew, so a service that comes later or back again is found.
//
// Title and body are plain text, also where they come from a page: they are cleaned, cut and escaped here.
func (n *Notifier) Ask(id, title, body string, buttons ...Button) error {
	answer := make(chan error, 1)
	job := func(ctx context.Context) {
		answer <- n.ask(ctx, asked{id, slices.Clone(buttons)}, plain(title, maxTitle), markup(plain(body, maxBody)))
	}
	select {
	case n.jobs <- job:
		return <-answer
	case <-n.ended:
		return fmt.Errorf("%w any more", ErrUnavailable)
	}
}

// Close takes back the notification of id, if it is shown. An answer that is not under way by then is not told any more.
// Close waits for an Ask before it.
func (n *Notifier) Close(id string) {
	done := make(chan struct{})
	job := func(context.Context) {
		defer close(done)
		if number, ok := n.number(id); ok {
			delete(n.shown, number)
			n.call("CloseNotification", number)
		}
	}
	select {
	case n.jobs <- job:
		<-done
	case <-n.ended:
	}
}

// Wait returns when ctx has ended, or the bus has gone, and nothing of the Notifier runs any more.
func (n *Notifier) Wait() { n.work.Wait() }

func (n *Notifier) run(ctx context.Context, signals <-chan *dbus.Signal) {
	defer close(n.ended)
	defer n.conn.Close()
	n.follow(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case job := <-n.jobs:
			job(ctx)
		case s, alive := <-signals:
			if !alive {
				return // the bus is gone
			}
			n.hear(ctx, s)
		}
	}
}

// follow looks who has the service's name. The numbers of another service mean nothing.
func (n *Notifier) follow(ctx context.Context) {
	if now := owner(ctx, n.conn); now != n.service {
		n.service = now
		clear(n.shown)
	}
}

// hear takes a signal. Any program can send us any signal: only the bus says who has the name, and only who has the name
// says what the user did. (The match rules do not help here, since a signal that is addressed to us passes them by.)
func (n *Notifier) hear(ctx context.Context, s *dbus.Signal) {
	switch {
	case s.Sender == "org.freedesktop.DBus" && s.Name == "org.freedesktop.DBus.NameOwnerChanged":
		n.follow(ctx) // not from the signal, which may be older than what an Ask has seen since
		return
	case n.service == "" || s.Sender != n.service || len(s.Body) != 2:
		return
	}
	number, _ := s.Body[0].(uint32)
	note, ok := n.shown[number]
	if !ok {
		return
	}
	switch s.Name {
	case iface + ".NotificationClosed":
		delete(n.shown, number)
	case iface + ".ActionInvoked":
		key, _ := s.Body[1].(string)
		action := Action(key)
		if key == "default" {
			action = Open
		}
		if !slices.ContainsFunc(note.buttons, func(b Button) bool { return b.Action == action }) {
			return
		}
		delete(n.shown, number)
		n.call("CloseNotification", number) // some services leave it open
		n.work.Go(func() { n.answered(note.id, action) })
	}
}

func (n *Notifier) ask(ctx context.Context, note asked, title, body string) error {
	if n.follow(ctx); n.service == "" {
		if err := start(ctx, n.conn); err != nil {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		if n.follow(ctx); n.service == "" {
			return ErrUnavailable
		}
	}
	var buttons []string
	for _, b := range note.buttons {
		if b.Action == Open {
			buttons = append(buttons, "default", b.Label)
		}
	}
	for _, b := range note.buttons {
		buttons = append(buttons, string(b.Action), b.Label)
	}
	hints := map[string]dbus.Variant{
		"urgency":       dbus.MakeVariant(byte(1)), // normal: critical ones stay above everything until they are clicked
		"desktop-entry": dbus.MakeVariant("oaklock"),
	}
	replaces, _ := n.number(note.id)
	ctx, cancel := context.WithTimeout(ctx, bus.Wait)
	defer cancel()
	var number uint32
	// To the service itself and not to its name, so that the number is surely this service's.
	err := n.conn.Object(n.service, path).CallWithContext(ctx, iface+".Notify", dbus.FlagNoAutoStart,
		"Oaklock", replaces, "oaklock", title, body, buttons, hints, int32(-1)).Store(&number)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	delete(n.shown, replaces)
	n.shown[number] = note
	return nil
}

// number is the service's number for id.
func (n *Notifier) number(id string) (uint32, bool) {
	for number, note := range n.shown {
		if note.id == id {
			return number, true
		}
	}
	return 0, false
}

// call sends without waiting: there is nothing to do about a service that does not take it.
func (n *Notifier) call(method string, args ...any) {
	n.conn.Object(n.service, path).Go(iface+"."+method, dbus.FlagNoReplyExpected|dbus.FlagNoAutoStart, nil, args...)
}

// Available says whether something shows notifications now, or would be started to: nil, or an error that wraps ErrUnavailable. It
// starts nothing.
func Available(ctx context.Context) error {
	conn, err := connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if owner(ctx, conn) != "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, bus.Wait)
	defer cancel()
	var startable []string
	if err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.ListActivatableNames", 0).Store(&startable); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if !slices.Contains(startable, name) {
		return ErrUnavailable
	}
	return nil
}
