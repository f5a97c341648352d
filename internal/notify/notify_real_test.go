//go:build real && linux

package notify_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/oaklock/oaklock/internal/notify"
	"github.com/oaklock/oaklock/internal/oaktest/notifications"
	"github.com/oaklock/oaklock/internal/oaktest/sessionbus"
)

// patience is for a slow machine; nothing waits that long when it works.
const patience = 20 * time.Second

const (
	path  = "/org/freedesktop/Notifications"
	iface = "org.freedesktop.Notifications"
)

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

type answer struct {
	id     string
	action notify.Action
}

// desktop is a session with a notification service, and a Notifier on it.
type desktop struct {
	env      *sessionbus.Env
	conn     *dbus.Conn // the service's
	service  *notifications.Service
	notifier *notify.Notifier
	answers  chan answer
}

func newDesktop(t *testing.T) *desktop {
	t.Helper()
	d := &desktop{env: sessionbus.Start(t, sessionbus.NoKeyring), answers: make(chan answer, 99)}
	d.env.Setenv(t)
	d.conn = d.connect(t)
	d.start(t)
	d.notifier = d.notify(t, func(id string, a notify.Action) { d.answers <- answer{id, a} })
	return d
}

func (d *desktop) connect(t *testing.T) *dbus.Conn {
	t.Helper()
	conn, err := dbus.Connect(d.env.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func (d *desktop) start(t *testing.T) {
	t.Helper()
	var err error
	if d.service, err = notifications.Start(d.conn); err != nil {
		t.Fatal(err)
	}
}

func (d *desktop) stop(t *testing.T) {
	t.Helper()
	if err := d.service.Stop(); err != nil {
		t.Fatal(err)
	}
}

func (d *desktop) notify(t *testing.T, answered func(string, notify.Action)) *notify.Notifier {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	n, err := notify.New(ctx, answered)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		n.Wait()
	})
	return n
}

// The buttons say what the caller says.
var (
	openIt = notify.Button{Action: notify.Open, Label: "Abrir"}
	denyIt = notify.Button{Action: notify.Deny, Label: "Denegar"}
)

// ask shows a notification with both buttons and returns it as the service has it.
func (d *desktop) ask(t *testing.T, id string) notifications.Note {
	t.Helper()
	if err := d.notifier.Ask(id, id+" asks", "It wants your <key>.", openIt, denyIt); err != nil {
		t.Fatal(err)
	}
	notes := d.service.Notes()
	return notes[len(notes)-1]
}

func (d *desktop) invoke(t *testing.T, number uint32, key string) {
	t.Helper()
	if err := d.service.Invoke(number, key); err != nil {
		t.Fatal(err)
	}
}

func (d *desktop) expect(t *testing.T, want answer) {
	t.Helper()
	select {
	case got := <-d.answers:
		if got != want {
			t.Errorf("answer %v, want %v", got, want)
		}
	case <-within(t).Done():
		t.Fatalf("the answer %v did not come", want)
	}
}

func TestAskShowsTheQuestion(t *testing.T) {
	d := newDesktop(t)
	note := d.ask(t, "https://a.example")
	if note.Title != "https://a.example asks" || note.Body != "It wants your &lt;key&gt;." {
		t.Errorf("it says %q, %q", note.Title, note.Body)
	}
	// There is no Allow, see the package comment; critical ones would stay above everything.
	want := []notifications.Action{{Key: "default", Label: "Abrir"}, {Key: "open", Label: "Abrir"}, {Key: "deny", Label: "Denegar"}}
	if !slices.Equal(note.Actions, want) || note.Urgency != 1 || note.App != "Oaklock" {
		t.Errorf("it has %v with urgency %d of %s", note.Actions, note.Urgency, note.App)
	}
	if err := d.notifier.Ask("news", "Paused", "", openIt); err != nil {
		t.Fatal(err)
	}
	if got := d.service.Notes()[1].Actions; !slices.Equal(got, want[:2]) {
		t.Errorf("one with Open alone has %v", got)
	}
}

func TestAnswers(t *testing.T) {
	d := newDesktop(t)
	for key, want := range map[string]notify.Action{"open": notify.Open, "deny": notify.Deny, "default": notify.Open} {
		note := d.ask(t, key)
		d.invoke(t, note.ID, key)
		d.expect(t, answer{key, want})
	}
	// One answer each, and none that was not offered.
	d.invoke(t, d.ask(t, "not offered").ID, "allow")
	last := d.ask(t, "twice")
	for range 3 {
		if err := d.conn.Emit(path, iface+".ActionInvoked", last.ID, "deny"); err != nil {
			t.Fatal(err)
		}
	}
	d.expect(t, answer{"twice", notify.Deny})
	d.invoke(t, d.ask(t, "after").ID, "open")
	d.expect(t, answer{"after", notify.Open})
}

// Whoever is answered may go on with the next.
func TestAnswersMayAsk(t *testing.T) {
	d := newDesktop(t)
	asked := make(chan error, 1)
	var n *notify.Notifier
	n = d.notify(t, func(id string, _ notify.Action) {
		n.Close(id)
		asked <- n.Ask("second", "second", "")
	})
	if err := n.Ask("first", "first", "", openIt); err != nil {
		t.Fatal(err)
	}
	d.invoke(t, d.service.Notes()[0].ID, "open")
	select {
	case err := <-asked:
		if err != nil {
			t.Error(err)
		}
	case <-within(t).Done():
		t.Fatal("asking from an answer blocks")
	}
}

func TestAskAgainReplaces(t *testing.T) {
	d := newDesktop(t)
	first := d.ask(t, "a")
	other := d.ask(t, "b")
	second := d.ask(t, "a")
	if second.Replaces != first.ID || second.ID != first.ID || other.Replaces != 0 {
		t.Errorf("%+v, %+v and %+v", first, other, second)
	}
	if open := d.service.Open(); len(open) != 2 {
		t.Errorf("open: %+v", open)
	}
	// One that is closed is not replaced.
	if err := d.service.Close(second.ID, notifications.Dismissed); err != nil {
		t.Fatal(err)
	}
	d.invoke(t, other.ID, "open")
	d.expect(t, answer{"b", notify.Open}) // so the signal before it has come too
	if third := d.ask(t, "a"); third.Replaces != 0 {
		t.Errorf("a closed notification was replaced: %+v", third)
	}
}

func TestClose(t *testing.T) {
	d := newDesktop(t)
	note := d.ask(t, "a")
	d.notifier.Close("a")
	d.notifier.Close("a")
	d.notifier.Close("never asked")
	if _, err := d.service.Until(within(t), func(n notifications.Note) bool { return n.ID == note.ID && n.Closed }); err != nil {
		t.Fatal(err)
	}
	if err := d.conn.Emit(path, iface+".ActionInvoked", note.ID, "deny"); err != nil {
		t.Fatal(err)
	}
	d.invoke(t, d.ask(t, "b").ID, "open")
	d.expect(t, answer{"b", notify.Open})
}

// Any program on the bus can send the signal of a click, to everybody or to us alone, and can say that it is the service.
func TestForgedAnswers(t *testing.T) {
	d := newDesktop(t)
	note := d.ask(t, "a")
	forger := d.connect(t)
	forge := func(destination, path, member string, body ...any) {
		dot := strings.LastIndex(member, ".")
		msg := &dbus.Message{Type: dbus.TypeSignal, Body: body, Headers: map[dbus.HeaderField]dbus.Variant{
			dbus.FieldPath:      dbus.MakeVariant(dbus.ObjectPath(path)),
			dbus.FieldInterface: dbus.MakeVariant(member[:dot]),
			dbus.FieldMember:    dbus.MakeVariant(member[dot+1:]),
			dbus.FieldSignature: dbus.MakeVariant(dbus.SignatureOf(body...)),
		}}
		if destination != "" {
			msg.Headers[dbus.FieldDestination] = dbus.MakeVariant(destination)
		}
		forger.Send(msg, nil)
	}
	for _, to := range []string{"", note.Sender} {
		forge(to, path, iface+".ActionInvoked", note.ID, "deny")
		forge(to, "/org/freedesktop/DBus", "org.freedesktop.DBus.NameOwnerChanged", iface, d.conn.Names()[0], forger.Names()[0])
		forge(to, path, iface+".ActionInvoked", note.ID, "deny")
		forge(to, path, iface+".NotificationClosed", note.ID, uint32(2))
		forge(to, path, iface+".ActionInvoked")
	}
	// The bus answers this after it has passed on what came before.
	if err := forger.BusObject().CallWithContext(within(t), "org.freedesktop.DBus.GetId", 0).Err; err != nil {
		t.Fatal(err)
	}
	// A signal of the real service that is not well-formed is no answer either.
	for _, body := range [][]any{{}, {"deny"}, {note.ID}, {note.ID, uint32(1)}, {"deny", note.ID}} {
		if err := d.conn.Emit(path, iface+".ActionInvoked", body...); err != nil {
			t.Fatal(err)
		}
	}
	d.invoke(t, note.ID, "open") // the forged ones deny
	d.expect(t, answer{"a", notify.Open})
}

func TestServiceComesAndGoes(t *testing.T) {
	d := newDesktop(t)
	d.stop(t)
	if err := d.notifier.Ask("a", "a", "a", openIt); !errors.Is(err, notify.ErrUnavailable) {
		t.Errorf("without a service: %v", err)
	}
	d.start(t)
	d.ask(t, "before")
	old := d.ask(t, "a")
	d.stop(t)
	d.conn = d.connect(t) // the new service is another program
	d.start(t)
	fresh := d.ask(t, "a")
	if fresh.Replaces != 0 {
		t.Errorf("the new service was told to replace %d, which is the old one's", fresh.Replaces)
	}
	if old.ID == fresh.ID {
		t.Fatalf("both services gave the number %d, so the test proves nothing", old.ID)
	}
	// The new service has nothing of the old one's number.
	if err := d.conn.Emit(path, iface+".ActionInvoked", old.ID, "deny"); err != nil {
		t.Fatal(err)
	}
	d.invoke(t, fresh.ID, "open")
	d.expect(t, answer{"a", notify.Open})
}

// silent is a service that takes calls and never answers.
type silent struct{ until chan struct{} }

// Notify is a method on the bus.
func (s silent) Notify(string, uint32, string, string, string, []string, map[string]dbus.Variant, int32) (uint32, *dbus.Error) {
	<-s.until
	return 1, nil
}

func TestStuckService(t *testing.T) {
	d := newDesktop(t)
	d.stop(t)
	s := silent{make(chan struct{})}
	defer close(s.until)
	if err := d.conn.Export(s, path, iface); err != nil {
		t.Fatal(err)
	}
	if _, err := d.conn.RequestName(iface, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	if err := d.notifier.Ask("a", "a", "a", openIt); !errors.Is(err, notify.ErrUnavailable) {
		t.Errorf("Ask: %v", err)
	}
}

func TestNotifierEnds(t *testing.T) {
	d := newDesktop(t)
	ctx, cancel := context.WithCancel(context.Background())
	n, err := notify.New(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	n.Wait()
	n.Close("a")
	if err := n.Ask("a", "a", "a"); !errors.Is(err, notify.ErrUnavailable) {
		t.Errorf("Ask after the end: %v", err)
	}
	d.env.Kill()
	d.notifier.Wait()
	if err := d.notifier.Ask("a", "a", "a"); !errors.Is(err, notify.ErrUnavailable) {
		t.Errorf("Ask without a bus: %v", err)
	}
}
