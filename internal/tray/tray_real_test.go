//go:build real && linux

package tray_test

import (
	"context"
	"errors"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/oaklock/oaklock/internal/oaktest/sessionbus"
	"github.com/oaklock/oaklock/internal/oaktest/traywatcher"
	"github.com/oaklock/oaklock/internal/tray"
)

// patience is for a slow machine; nothing waits that long when it works.
const patience = 20 * time.Second

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func connect(t *testing.T, env *sessionbus.Env) *dbus.Conn {
	t.Helper()
	conn, err := dbus.Connect(env.Address, dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// desktop is a session whose tray the test's own process shows itself in.
type desktop struct {
	env     *sessionbus.Env
	conn    *dbus.Conn // the watcher's
	watcher *traywatcher.Watcher
}

func newDesktop(t *testing.T) *desktop {
	t.Helper()
	env := sessionbus.Start(t, sessionbus.NoKeyring)
	env.Setenv(t)
	d := &desktop{env: env, conn: connect(t, env)}
	d.start(t)
	t.Cleanup(func() { _ = d.watcher.Stop() })
	return d
}

func (d *desktop) start(t *testing.T) {
	t.Helper()
	var err error
	if d.watcher, err = traywatcher.Start(d.conn); err != nil {
		t.Fatal(err)
	}
}

func (d *desktop) next(t *testing.T) *traywatcher.Item {
	t.Helper()
	item, err := d.watcher.Next(within(t))
	if err != nil {
		t.Fatal(err)
	}
	return item
}

// clicked are the actions that were called, by name.
type clicked chan string

func (c clicked) actions() tray.Actions {
	say := func(s string) func() { return func() { c <- s } }
	return tray.Actions{Open: say("open"), Pause: say("pause"), Resume: say("resume"), Lock: say("lock"), Copy: say("copy"), Quit: say("quit")}
}

func (c clicked) expect(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-c:
		if got != want {
			t.Errorf("%s was called, want %s", got, want)
		}
	case <-within(t).Done():
		t.Fatalf("%s was not called", want)
	}
}

// running is a call of Run.
type running struct {
	*tray.Tray
	cancel context.CancelFunc
	ended  chan error
}

// run shows the tray until the test ends.
func run(t *testing.T, a tray.Actions) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, r := make(chan *tray.Tray, 1), &running{cancel: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- tray.Run(ctx, a, func(tr *tray.Tray) { ready <- tr }) }()
	t.Cleanup(func() { _ = r.stop() })
	select {
	case r.Tray = <-ready:
	case err := <-r.ended:
		t.Fatalf("Run: %v", err)
	}
	return r
}

// stop ends Run and is what it returned.
func (r *running) stop() error {
	r.cancel()
	return r.wait()
}

// wait is what Run returned by itself.
func (r *running) wait() error {
	err := <-r.ended
	r.ended <- err
	return err
}

func until(t *testing.T, it *traywatcher.Item, ok func(traywatcher.View) bool) traywatcher.View {
	t.Helper()
	v, err := it.Until(within(t), ok)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func click(t *testing.T, it *traywatcher.Item, label string) {
	t.Helper()
	if err := it.Click(within(t), label); err != nil {
		t.Fatal(err)
	}
}

func TestTrayShowsWhatIsSet(t *testing.T) {
	d := newDesktop(t)
	tr := run(t, clicked(make(chan string, 9)).actions())
	item := d.next(t)

	v := until(t, item, func(traywatcher.View) bool { return true })
	if v.Title != "Oaklock" || v.Status != "Active" || v.ToolTip != "Oaklock\nOaklock is on." {
		t.Errorf("at first: %q, %q, %q", v.Title, v.Status, v.ToolTip)
	}
	for i, size := range sizes {
		if !samePicture(v.Icons[i], icon(t, "on", size)) {
			t.Errorf("the icon of %d pixels is not the picture of its size", size)
		}
	}

	tr.Set(tray.Menu{Status: "1 <b>site</b> & asks.", Questions: []string{"https://a_b.example"}, NeedsYou: true, Endpoint: "http://127.0.0.1:6255"})
	v = until(t, item, func(v traywatcher.View) bool {
		return v.Status == "NeedsAttention" && v.Has("Answer https://a_b.example")
	})
	if v.ToolTip != "Oaklock\n1 bsite/b  asks." {
		t.Errorf("the tooltip is %q: a host may show it as markup", v.ToolTip)
	}
	if !samePicture(v.Icons[0], icon(t, "needs-you", 16)) {
		t.Error("the attention icon is not the one with the dot")
	}
	if v.Menu[1].Raw != "Answer https://a__b.example…" {
		t.Errorf("the label was sent as %q, in which the underscore marks a key", v.Menu[1].Raw)
	}
	if v.Menu[0].Enabled || !v.Menu[1].Enabled {
		t.Error("the status can be clicked, or the question cannot")
	}

	for _, c := range []struct{ state, picture, entry string }{
		{tray.Paused, "paused", "Resume"}, {tray.Locked, "locked", "Unlock…"}, {tray.On, "on", "Pause all"},
	} {
		tr.Set(tray.Menu{State: c.state})
		until(t, item, func(v traywatcher.View) bool {
			return v.Status == "Active" && v.Has(c.entry) && samePicture(v.Icons[5], icon(t, c.picture, 64))
		})
	}
}

func samePicture(got *image.NRGBA, want image.Image) bool {
	size := want.Bounds().Dx()
	for i := range size * size {
		if got.NRGBAAt(i%size, i/size) != at(want, i, size) {
			return false
		}
	}
	return got.Bounds() == want.Bounds()
}

func TestTrayClicks(t *testing.T) {
	d := newDesktop(t)
	did := make(clicked, 9)
	tr := run(t, did.actions())
	item := d.next(t)
	has := func(label string) func(traywatcher.View) bool {
		return func(v traywatcher.View) bool { return v.Has(label) }
	}

	tr.Set(tray.Menu{Questions: []string{"https://a.example", "https://b.example"}, Endpoint: "http://127.0.0.1:6255"})
	until(t, item, has("Answer https://b.example"))
	for _, c := range [][2]string{
		{"Open Oaklock", "open"}, {"Answer https://a.example", "open"}, {"Answer https://b.example", "open"}, {"Pause all", "pause"},
		{"Lock", "lock"}, {"Copy endpoint", "copy"}, {"Quit Oaklock", "quit"},
	} {
		click(t, item, c[0])
		did.expect(t, c[1])
	}
	tr.Set(tray.Menu{State: tray.Paused})
	until(t, item, has("Resume"))
	click(t, item, "Resume")
	did.expect(t, "resume")
	tr.Set(tray.Menu{State: tray.Locked})
	until(t, item, has("Unlock"))
	click(t, item, "Unlock")
	did.expect(t, "open") // unlocking is the window's matter
	if err := item.Activate(within(t)); err != nil {
		t.Fatal(err)
	}
	did.expect(t, "open")
}

// Any program of the user can send any number; what is not in the menu does nothing, and the properties are not theirs.
func TestTrayTakesOnlyWhatTheMenuOffers(t *testing.T) {
	d := newDesktop(t)
	did := make(clicked, 99)
	tr := run(t, did.actions())
	item := d.next(t)
	tr.Set(tray.Menu{State: tray.Locked})
	v := until(t, item, func(v traywatcher.View) bool { return v.Has("Unlock") })
	offered := map[int32]bool{}
	for _, e := range v.Menu {
		offered[e.ID] = e.Enabled && !e.Separator
	}
	for id := int32(-2); id < 40; id++ {
		if !offered[id] {
			_ = item.ClickID(within(t), id) // an error for those that there are not
		}
	}
	if err := d.conn.Object(item.Owner, item.Path).CallWithContext(within(t), "org.freedesktop.DBus.Properties.Set", 0,
		"org.kde.StatusNotifierItem", "Title", dbus.MakeVariant("Not Oaklock")).Err; err == nil {
		t.Error("another program changed the title")
	}
	click(t, item, "Quit Oaklock")
	did.expect(t, "quit") // and nothing came before it
	if err := tr.stop(); err != nil || len(did) > 0 {
		t.Errorf("Run: %v, and %d more actions", err, len(did))
	}
}

// Panels and people with a D-Bus browser look up what can be called, and with what.
func TestTrayDescribesItself(t *testing.T) {
	d := newDesktop(t)
	run(t, tray.Actions{})
	item := d.next(t)
	for path, want := range map[dbus.ObjectPath][]string{
		item.Path: {
			`<interface name="org.kde.StatusNotifierItem">`, `<method name="Activate"><arg type="i" direction="in"></arg><arg type="i" direction="in"></arg></method>`,
			`<property name="ToolTip" type="(sa(iiay)ss)" access="read">`,
		},
		item.Path + "/menu": {
			`<interface name="com.canonical.dbusmenu">`, `<method name="Event"><arg type="i" direction="in"></arg><arg type="s" direction="in"></arg><arg type="v" direction="in"></arg><arg type="u" direction="in"></arg></method>`,
			`<method name="GetGroupProperties"><arg type="ai" direction="in"></arg><arg type="as" direction="in"></arg><arg type="a(ia{sv})" direction="out"></arg></method>`,
		},
	} {
		var about string
		if err := d.conn.Object(item.Owner, path).CallWithContext(within(t), "org.freedesktop.DBus.Introspectable.Introspect", 0).Store(&about); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(about, w) {
				t.Errorf("%s does not say %s:\n%s", path, w, about)
			}
		}
	}
}

func TestTraySurvivesAFloodOfClicks(t *testing.T) {
	d := newDesktop(t)
	held, started := make(chan struct{}), make(chan struct{}, 99)
	did := make(clicked, 999)
	a := did.actions()
	a.Pause = func() { started <- struct{}{}; <-held }
	tr := run(t, a)
	item := d.next(t)
	click(t, item, "Pause all")
	<-started
	for range 200 {
		click(t, item, "Lock")
	}
	tr.Set(tray.Menu{Status: "Still here."})
	until(t, item, func(v traywatcher.View) bool { return v.Has("Still here.") })
	close(held)
	did.expect(t, "lock")
	// The clicks that were kept are done one after the other, so after them the tray is free again.
	for range 8 {
		click(t, item, "Open Oaklock")
	}
	for got := range did {
		if got == "open" {
			return
		}
	}
}

// Only what changed is sent: an open menu must not jump, and a panel need not draw.
func TestTraySendsOnlyWhatChanged(t *testing.T) {
	d := newDesktop(t)
	tr := run(t, clicked(make(chan string, 9)).actions())
	item := d.next(t)
	listener := connect(t, d.env)
	if err := listener.AddMatchSignal(dbus.WithMatchSender(item.Owner)); err != nil {
		t.Fatal(err)
	}
	signals := make(chan *dbus.Signal, 99)
	listener.Signal(signals)
	// sent are the signals until the status sentence says what.
	sent := func(what string) (names []string) {
		for {
			select {
			case s := <-signals:
				names = append(names, s.Name[strings.LastIndex(s.Name, ".")+1:])
				if len(s.Body) != 2 {
					continue
				}
				updated, _ := s.Body[0].([][]any)
				if len(updated) == 1 && updated[0][1].(map[string]dbus.Variant)["label"].Value() == what {
					return names
				}
			case <-within(t).Done():
				t.Fatalf("the sentence did not become %q", what)
			}
		}
	}
	m := tray.Menu{Status: "One.", State: tray.On}
	tr.Set(m)
	if got := sent("One."); !slices.Equal(got, []string{"NewToolTip", "ItemsPropertiesUpdated"}) {
		t.Errorf("a new sentence sent %q", got)
	}
	for range 5 {
		tr.Set(m)
	}
	m.Status = "Two."
	tr.Set(m)
	if got := sent("Two."); !slices.Equal(got, []string{"NewToolTip", "ItemsPropertiesUpdated"}) {
		t.Errorf("the same menu five times and a new sentence sent %q", got)
	}
}

func TestTrayComesBackWithEveryWatcher(t *testing.T) {
	d := newDesktop(t)
	if err := d.watcher.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := tray.Available(t.Context()); !errors.Is(err, tray.ErrNoHost) {
		t.Errorf("Available without a watcher: %v", err)
	}
	did, hosts := make(clicked, 9), make(chan bool, 16)
	actions := did.actions()
	actions.Host = func(shown bool) { hosts <- shown }
	run(t, actions) // before there is a watcher
	expectHost(t, hosts, false)
	d.start(t)
	expectHost(t, hosts, true)
	if err := tray.Available(t.Context()); err != nil {
		t.Errorf("Available with a watcher: %v", err)
	}
	owner := d.next(t).Owner
	for range 3 {
		if err := d.watcher.Stop(); err != nil {
			t.Fatal(err)
		}
		expectHost(t, hosts, false)
		// What fyne.io/systray gives up at: some signal with fewer values than it expects, such as a keyring's.
		if err := d.conn.Emit("/prompt", "org.freedesktop.Secret.Prompt.Completed", false, dbus.MakeVariant("")); err != nil {
			t.Fatal(err)
		}
		stray := &dbus.Message{Type: dbus.TypeSignal, Headers: map[dbus.HeaderField]dbus.Variant{
			dbus.FieldDestination: dbus.MakeVariant(owner), dbus.FieldPath: dbus.MakeVariant(dbus.ObjectPath("/x")),
			dbus.FieldInterface: dbus.MakeVariant("org.freedesktop.DBus"), dbus.FieldMember: dbus.MakeVariant("NameOwnerChanged"),
		}}
		d.conn.Send(stray, nil) // no word of a tray, as expectHost sees
		d.start(t)
		expectHost(t, hosts, true)
		item := d.next(t)
		if item.Owner != owner {
			t.Errorf("the icon came back as %s, was %s", item.Owner, owner)
		}
		click(t, item, "Lock")
		did.expect(t, "lock")
	}
}

func expectHost(t *testing.T, hosts <-chan bool, want bool) {
	t.Helper()
	select {
	case shown := <-hosts:
		if shown != want {
			t.Fatalf("told of a tray: %v, want %v", shown, want)
		}
	case <-within(t).Done():
		t.Fatalf("not told of a tray: %v", want)
	}
}

func TestTrayGoesWhenRunEnds(t *testing.T) {
	d := newDesktop(t)
	tr := run(t, tray.Actions{})
	item := d.next(t)
	if err := tr.stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
	select {
	case <-item.Gone():
	case <-within(t).Done():
		t.Fatal("the icon is still there")
	}
	// And it can be shown again in the same process.
	run(t, tray.Actions{})
	d.next(t)
}

func TestTrayEndsWithTheBus(t *testing.T) {
	d := newDesktop(t)
	tr := run(t, tray.Actions{})
	d.next(t)
	d.env.Kill()
	if err := tr.wait(); !errors.Is(err, tray.ErrNoBus) {
		t.Errorf("Run: %v", err)
	}
}
