// Package traywatcher is a desktop's tray for tests: a StatusNotifierWatcher on a session bus that takes icons, looks at
// them as a panel would, and clicks.
//
//	env := sessionbus.Start(t, sessionbus.NoKeyring)
//	conn, err := dbus.Connect(env.Address)              // the watcher's own connection; the test closes it
//	w, err := traywatcher.Start(conn)
//	… start the program under test with env.Vars() …
//	item, err := w.Next(ctx)                            // its icon has come
//	view, err := item.Until(ctx, func(v traywatcher.View) bool { return v.Status == "NeedsAttention" })
//	err = item.Click(ctx, "Open Oaklock")
//
// Nothing polls or sleeps: Next and Until wait for the signals that a panel waits for, so a program that forgets to send
// one fails the test. A panel that crashes and comes back is Stop and Start on the same connection; items of the watcher
// that was stopped can still be looked at and clicked, but no longer waited for.
package traywatcher

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
)

const (
	name       = "org.kde.StatusNotifierWatcher"
	path       = "/StatusNotifierWatcher"
	itemIface  = "org.kde.StatusNotifierItem"
	menuIface  = "com.canonical.dbusmenu"
	properties = "org.freedesktop.DBus.Properties"
)

// Watcher is the tray.
type Watcher struct {
	conn    *dbus.Conn
	signals chan *dbus.Signal
	done    chan struct{}
	work    sync.WaitGroup

	mu    sync.Mutex
	items []*Item       // guarded by mu
	again chan struct{} // guarded by mu: closed and replaced when something happened
}

// Start takes the watcher's name on the bus. conn must be a connection that nothing else uses while the watcher runs; it
// stays the caller's, who closes it after Stop. An error means that another watcher has the name.
func Start(conn *dbus.Conn) (*Watcher, error) {
	w := &Watcher{conn: conn, signals: make(chan *dbus.Signal, 64), done: make(chan struct{}), again: make(chan struct{})}
	if err := conn.Export(&calls{w}, path, name); err != nil {
		return nil, err
	}
	if _, err := prop.Export(conn, path, prop.Map{name: {
		"IsStatusNotifierHostRegistered": {Value: true},
		"ProtocolVersion":                {Value: int32(0)},
	}}); err != nil {
		return nil, err
	}
	for _, o := range watched {
		if err := conn.AddMatchSignal(o...); err != nil {
			return nil, err
		}
	}
	conn.Signal(w.signals)
	w.work.Go(w.follow)
	reply, err := conn.RequestName(name, dbus.NameFlagDoNotQueue)
	if err == nil && reply != dbus.RequestNameReplyPrimaryOwner {
		err = fmt.Errorf("%s has another owner", name)
	}
	if err != nil {
		w.stop()
		return nil, err
	}
	return w, nil
}

var watched = [][]dbus.MatchOption{
	{dbus.WithMatchInterface(itemIface)},
	{dbus.WithMatchInterface(menuIface)},
	{dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged")},
}

// Stop gives the name back and forgets all icons, as a panel that ends.
func (w *Watcher) Stop() error {
	_, err := w.conn.ReleaseName(name)
	w.stop()
	return err
}

func (w *Watcher) stop() {
	for _, o := range watched {
		_ = w.conn.RemoveMatchSignal(o...) // the connection may be gone
	}
	w.conn.RemoveSignal(w.signals)
	close(w.done)
	_ = w.conn.Export(nil, path, name)
	_ = w.conn.Export(nil, path, properties)
	w.work.Wait()
}

func (w *Watcher) follow() {
	for {
		select {
		case <-w.done:
			return
		case s, alive := <-w.signals:
			if !alive {
				return // the connection is closed
			}
			w.mu.Lock()
			if s.Name == "org.freedesktop.DBus.NameOwnerChanged" && len(s.Body) == 3 && s.Body[2] == "" {
				w.items = slices.DeleteFunc(w.items, func(it *Item) bool {
					if it.Owner == s.Body[0] {
						close(it.gone)
					}
					return it.Owner == s.Body[0]
				})
			}
			w.happened()
			w.mu.Unlock()
		}
	}
}

// happened wakes all who wait. The caller holds mu.
func (w *Watcher) happened() {
	close(w.again)
	w.again = make(chan struct{})
}

// Items are the icons now, oldest first.
func (w *Watcher) Items() []*Item {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.items)
}

// Next waits for an icon that no call of Next has returned yet.
func (w *Watcher) Next(ctx context.Context) (*Item, error) {
	for {
		w.mu.Lock()
		i := slices.IndexFunc(w.items, func(it *Item) bool { return !it.taken })
		if i >= 0 {
			it := w.items[i]
			it.taken = true
			w.mu.Unlock()
			return it, nil
		}
		again := w.again
		w.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("no new tray icon has come: %w", ctx.Err())
		case <-again:
		}
	}
}

// calls are the methods on the bus.
type calls struct{ w *Watcher }

// RegisterStatusNotifierItem is called with the path of the item on the caller's connection, or with a bus name that has
// the item at the usual path. A second call for the same item changes nothing.
func (c *calls) RegisterStatusNotifierItem(service string, sender dbus.Sender) *dbus.Error {
	it := &Item{w: c.w, Owner: string(sender), Path: "/StatusNotifierItem", gone: make(chan struct{})}
	switch {
	case strings.HasPrefix(service, "/"):
		it.Path = dbus.ObjectPath(service)
	default:
		if err := c.w.conn.BusObject().Call("org.freedesktop.DBus.GetNameOwner", 0, service).Store(&it.Owner); err != nil {
			return dbus.MakeFailedError(err)
		}
	}
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	if slices.ContainsFunc(c.w.items, func(o *Item) bool { return o.Owner == it.Owner && o.Path == it.Path }) {
		return nil
	}
	c.w.items = append(c.w.items, it)
	c.w.happened()
	return nil
}

// RegisterStatusNotifierHost is for panels that are not the watcher themselves.
func (c *calls) RegisterStatusNotifierHost(string) *dbus.Error { return nil }
