// Package notifications is a desktop's notification service for tests: org.freedesktop.Notifications on a session bus,
// which keeps what it is asked to show and plays the user who clicks.
//
//	env := sessionbus.Start(t, sessionbus.NoKeyring)
//	conn, err := dbus.Connect(env.Address)              // the service's own connection; the test closes it
//	s, err := notifications.Start(conn)
//	… start the program under test with env.Vars() …
//	note, err := s.Until(ctx, func(n notifications.Note) bool { return strings.Contains(n.Body, "research.example") })
//	err = s.Invoke(note.ID, "deny")                     // the user clicks a button; "default" is the text itself
//
// Nothing polls or sleeps. A service that crashes and comes back is Stop and Start on the same connection.
package notifications

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/godbus/dbus/v5"
)

const (
	name  = "org.freedesktop.Notifications"
	path  = "/org/freedesktop/Notifications"
	iface = "org.freedesktop.Notifications"
)

// The reasons for which a notification closes, as the Desktop Notifications Specification numbers them.
const (
	Expired   uint32 = 1
	Dismissed uint32 = 2 // by the user
	Withdrawn uint32 = 3 // by the program
)

// Note is a notification as it was asked for.
type Note struct {
	ID       uint32
	Sender   string // the program's unique name on the bus
	App      string
	Replaces uint32 // the ID that the program gave, 0 for a new one
	Icon     string
	Title    string
	Body     string // with its markup
	Actions  []Action
	Urgency  byte // 0 low, 1 normal, 2 critical; 255 when none was given
	Timeout  int32
	Closed   bool // by anybody
}

// Action is a button, or with the key "default" a click on the notification itself.
type Action struct{ Key, Label string }

// Service is the running service.
type Service struct {
	conn *dbus.Conn

	mu    sync.Mutex
	last  uint32        // guarded by mu: the last ID
	notes []Note        // guarded by mu, in the order of asking; one that is replaced is kept as it was, closed
	again chan struct{} // guarded by mu: closed and replaced when something happened
}

// Start takes the service's name on the bus. conn stays the caller's, who closes it after Stop.
func Start(conn *dbus.Conn) (*Service, error) {
	s := &Service{conn: conn, again: make(chan struct{})}
	if err := conn.Export(&calls{s}, path, iface); err != nil {
		return nil, err
	}
	reply, err := conn.RequestName(name, dbus.NameFlagDoNotQueue)
	if err == nil && reply != dbus.RequestNameReplyPrimaryOwner {
		err = fmt.Errorf("%s has another owner", name)
	}
	if err != nil {
		_ = conn.Export(nil, path, iface)
		return nil, err
	}
	return s, nil
}

// Stop gives the name back, as a service that ends: nobody is told of the notifications that were open.
func (s *Service) Stop() error {
	_, err := s.conn.ReleaseName(name)
	_ = s.conn.Export(nil, path, iface)
	return err
}

// Notes are all notifications so far, in the order of asking.
func (s *Service) Notes() []Note {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.notes)
}

// Open are the notifications that the user sees now.
func (s *Service) Open() []Note {
	return slices.DeleteFunc(s.Notes(), func(n Note) bool { return n.Closed })
}

// Until waits until ok holds for a notification, and returns the first one that it holds for.
func (s *Service) Until(ctx context.Context, ok func(Note) bool) (Note, error) {
	for {
		s.mu.Lock()
		again := s.again
		notes := slices.Clone(s.notes)
		s.mu.Unlock()
		if i := slices.IndexFunc(notes, ok); i >= 0 {
			return notes[i], nil
		}
		select {
		case <-ctx.Done():
			return Note{}, fmt.Errorf("the notification that was waited for has not come; there are %+v: %w", notes, ctx.Err())
		case <-again:
		}
	}
}

// Invoke plays the user's click on a button, or with "default" on the notification itself. As services do, it then
// closes the notification.
func (s *Service) Invoke(id uint32, key string) error {
	return s.end(id, Dismissed, func() error { return s.conn.Emit(path, iface+".ActionInvoked", id, key) })
}

// Close plays the end of a notification that nobody clicked: the user dismisses it or it expires.
func (s *Service) Close(id, reason uint32) error {
	return s.end(id, reason, func() error { return nil })
}

// end closes a notification once, whoever does it first, and tells the program after before has told it more.
func (s *Service) end(id, reason uint32, before func() error) error {
	s.mu.Lock()
	open := s.close(id)
	s.mu.Unlock()
	if !open {
		return fmt.Errorf("there is no open notification %d", id)
	}
	if err := before(); err != nil {
		return err
	}
	return s.conn.Emit(path, iface+".NotificationClosed", id, reason)
}

// close marks the open note of this ID. The caller holds mu.
func (s *Service) close(id uint32) (open bool) {
	for i := range s.notes {
		if n := &s.notes[i]; n.ID == id && !n.Closed {
			n.Closed, open = true, true
		}
	}
	s.happened()
	return open
}

// happened wakes all who wait. The caller holds mu.
func (s *Service) happened() {
	close(s.again)
	s.again = make(chan struct{})
}

// calls are the methods on the bus.
type calls struct{ s *Service }

// Notify shows a notification. As the specification asks, one that replaces an open one keeps its ID.
func (c *calls) Notify(app string, replaces uint32, icon, title, body string, actions []string, hints map[string]dbus.Variant, timeout int32, sender dbus.Sender) (uint32, *dbus.Error) {
	n := Note{Sender: string(sender), App: app, Replaces: replaces, Icon: icon, Title: title, Body: body, Urgency: 255, Timeout: timeout}
	for i := 0; i+1 < len(actions); i += 2 {
		n.Actions = append(n.Actions, Action{actions[i], actions[i+1]})
	}
	if u, ok := hints["urgency"].Value().(byte); ok {
		n.Urgency = u
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if replaces != 0 && c.s.close(replaces) {
		n.ID = replaces
	} else {
		c.s.last++
		n.ID = c.s.last
	}
	c.s.notes = append(c.s.notes, n)
	c.s.happened()
	return n.ID, nil
}

// CloseNotification is the program taking a notification back.
func (c *calls) CloseNotification(id uint32) *dbus.Error {
	if err := c.s.Close(id, Withdrawn); err != nil {
		return dbus.MakeFailedError(err)
	}
	return nil
}

// GetCapabilities says what the service can do.
func (c *calls) GetCapabilities() ([]string, *dbus.Error) {
	return []string{"actions", "body", "body-markup"}, nil
}

// GetServerInformation names the service.
func (c *calls) GetServerInformation() (product, vendor, version, spec string, err *dbus.Error) {
	return "notifications of a test", "Oaklock", "1", "1.2", nil
}
