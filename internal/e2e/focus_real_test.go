//go:build real

package e2e_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	godbus "github.com/godbus/dbus/v5"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest/desktop"
	"github.com/oaklock/oaklock/internal/oaktest/notifications"
	"github.com/oaklock/oaklock/internal/oaktest/traywatcher"
)

// A request never takes the focus from what the user is doing: an open window is seen above others, a minimised one stays
// where it is, and only what the user does brings it forward with the focus.
func TestARequestTakesNoFocus(t *testing.T) {
	p := install(t)
	p.start()
	p.addKeys()
	ctx := p.within(2 * time.Minute)
	p.oaklock()
	p.desktop.Find(ctx, desktop.Window, "Oaklock")
	p.desktop.Find(ctx, desktop.Link, "Overview") // it hears of requests from about now on
	ours := p.desktop.WindowID(ctx, "Oaklock")
	other := p.desktop.OtherWindow(ctx, "a letter that the user writes")
	top := func() string { s := p.desktop.Stack(); return s[len(s)-1] }
	if top() != other || p.desktop.Active() != other {
		t.Fatalf("the letter %s is not in front: %v, active %s", other, p.desktop.Stack(), p.desktop.Active())
	}

	first := p.ask(ctx, "https://first.example")
	p.desktop.Until(ctx, "the window seen", func() bool { return top() == ours })
	if active := p.desktop.Active(); active != other {
		t.Errorf("the request took the focus: active is %s, the letter is %s", active, other)
	}
	p.desktop.Find(ctx, desktop.Any, "Click into this window, and Allow wakes.")
	p.oaklock("deny", p.question("https://first.example").ID)
	if status := <-first; status != http.StatusForbidden {
		t.Errorf("then the page heard %d", status)
	}

	p.oaklock() // a second start is the user's wish
	p.desktop.Until(ctx, "the window active", func() bool { return p.desktop.Active() == ours })
	if slices.ContainsFunc(p.notes.Notes(), func(n notifications.Note) bool { return strings.Contains(n.Title, "window is open") }) {
		t.Error("it was notified that a window is behind which is in front")
	}

	p.desktop.Minimise(ours)
	p.desktop.Until(ctx, "the letter active", func() bool { return p.desktop.Active() == other })
	second := p.ask(ctx, "https://second.example")
	if _, err := p.notes.Until(ctx, func(n notifications.Note) bool { return strings.Contains(n.Title, "second.example") }); err != nil {
		t.Fatal(err)
	}
	if !p.desktop.Minimised(ours) || p.desktop.Active() != other {
		t.Errorf("the request brought back the window: minimised %v, active %s", p.desktop.Minimised(ours), p.desktop.Active())
	}
	note, err := p.notes.Until(ctx, func(n notifications.Note) bool { return strings.Contains(n.Title, "second.example") })
	if err != nil {
		t.Fatal(err)
	}
	if err := p.notes.Invoke(note.ID, "open"); err != nil { // a click is the user's wish too
		t.Fatal(err)
	}
	p.desktop.Until(ctx, "the window back and active", func() bool { return !p.desktop.Minimised(ours) && p.desktop.Active() == ours })
	p.oaklock("deny", p.question("https://second.example").ID)
	<-second
}

// Where the desktop does not let the window come forward, the tray and a notification say that it is open, each time that the user
// wants it, until he has found or closed it.
func TestAWindowThatStaysBehindIsTold(t *testing.T) {
	p := install(t)
	p.start()
	ctx := p.within(3 * time.Minute)
	item, err := p.tray.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	const note, english, spanish = "Oaklock's window is open", "Its window is open behind others", "Su ventana está abierta detrás de otras"
	told := func(title string) (n notifications.Note) {
		t.Helper()
		n, err := p.notes.Until(ctx, func(n notifications.Note) bool { return n.Title == title && !n.Closed })
		if err != nil {
			t.Fatal("the notification: ", err)
		}
		return n
	}
	isOver := func(n notifications.Note) {
		t.Helper()
		if _, err := p.notes.Until(ctx, func(x notifications.Note) bool { return x.ID == n.ID && x.Closed }); err != nil {
			t.Fatal("the notification stays: ", err)
		}
		if _, err := item.Until(ctx, func(v traywatcher.View) bool {
			return !v.Has(english) && !v.Has(spanish) && !strings.Contains(v.ToolTip, english)
		}); err != nil {
			t.Fatal("the tray still says it: ", err)
		}
	}
	p.desktop.Stubborn()
	p.oaklock() // opens it
	p.trayShows(item, english)
	first := told(note)
	if len(first.Actions) > 0 || first.Urgency != 1 {
		t.Errorf("the notification is %+v", first)
	}
	if v, err := item.Look(ctx); err != nil || !strings.HasSuffix(v.ToolTip, ". "+english) {
		t.Errorf("the tooltip says %q, %v", v.ToolTip, err)
	}
	if err := item.Click(ctx, "Open Oaklock"); err != nil {
		t.Fatal(err)
	}
	second, err := p.notes.Until(ctx, func(n notifications.Note) bool { return n.Title == note && n.ID != first.ID })
	if err != nil {
		t.Fatal("it is not told again: ", err)
	}
	ours := p.desktop.WindowID(ctx, "Oaklock")
	p.desktop.Focus(ours)
	isOver(second)

	p.desktop.Managed(ctx)
	p.oaklock()
	p.desktop.Until(ctx, "the window active", func() bool { return p.desktop.Active() == ours })
	p.oaklock("settings", "set", "language", "es")
	if err := control.Dial(p.home).StayedBehind(ctx); err != nil { // as the window says it
		t.Fatal(err)
	}
	p.trayShows(item, spanish)
	third := told("La ventana de Oaklock está abierta")
	closeWindow(ctx, t, p)
	isOver(third)
}

// The tray tells the truth within a second also while a notification service hangs.
func TestTheTrayDoesNotWaitForNotifications(t *testing.T) {
	p := install(t)
	if err := p.notes.Stop(); err != nil {
		t.Fatal(err)
	}
	hangs, answer := p.hangingNotifications(t)
	p.start()
	p.addKeys()
	item, err := p.tray.Next(p.within(patience))
	if err != nil {
		t.Fatal(err)
	}
	asked := p.ask(p.within(time.Minute), "https://first.example")
	<-hangs // the service has the notification, and does not answer
	p.question("https://first.example")
	p.trayShows(item, "https://first.example waits for your answer")
	p.oaklock("pause")
	p.trayShows(item, "Oaklock is paused")
	p.oaklock("lock")
	p.trayShows(item, "Oaklock is locked")
	close(answer)
	<-asked
}

// The tray says it when the keychain is locked, goes and comes back, though nobody asks; and what it says is so: a key that was in
// memory serves no page any more.
func TestTheTrayHearsOfTheKeychain(t *testing.T) {
	p := install(t)
	p.start()
	p.addKeys()
	p.oaklock("sites", "allow", kaiban, "--provider", "openai", "--models", "*", "--limit", "1.00/day", "--for", "1d")
	item, err := p.tray.Next(p.within(patience))
	if err != nil {
		t.Fatal(err)
	}
	const on, out = "Oaklock is on for 1 site", "Oaklock cannot reach your keys"
	shows := func(text string, answers int) {
		t.Helper()
		p.trayShows(item, text)
		req, err := http.NewRequestWithContext(p.within(patience), http.MethodGet, p.endpoint()+"/llm/openai/models", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", kaiban)
		if a := do(req); a.status != answers {
			t.Errorf("while the tray says %q, a page hears %v", text, a)
		}
	}
	shows(on, 200)
	p.bus.LockKeyring()
	shows(out, 423)
	p.bus.KillKeyring()
	p.bus.StartKeyring()
	shows(on, 200)
	p.bus.KillKeyring() // the bus starts it anew, locked
	shows(out, 423)
}

// An unlock straight after the keychain was opened says what is true, though the agent is just hearing of it.
func TestAnUnlockAfterTheKeychain(t *testing.T) {
	p := install(t)
	p.start()
	p.addKeys()
	for range 6 {
		p.bus.LockKeyring()
		p.oaklock("status")  // the agent knows that it is locked
		p.bus.StartKeyring() // the user logs in again
		if out, code := p.try("", "unlock"); code != 0 || !strings.Contains(out, "Unlocked.") {
			t.Errorf("the keychain is open, and unlock ends with %d: %s", code, out)
		}
	}
}

// What is said outside the window is said in its language too, from the moment that it is chosen.
func TestTheTrayAndTheNotificationsSpeakSpanish(t *testing.T) {
	p := install(t)
	p.env = append(p.env, "LANG=en_GB.UTF-8", "LC_ALL=", "LC_MESSAGES=", "LANGUAGE=")
	p.start()
	p.addKeys()
	item, err := p.tray.Next(p.within(patience))
	if err != nil {
		t.Fatal(err)
	}
	p.trayShows(item, "Oaklock is on, and no site may use your keys yet")
	p.oaklock("settings", "set", "language", "es")
	p.trayShows(item, "Oaklock está activo, y ningún sitio puede usar todavía tus claves")
	p.trayShows(item, "Salir de Oaklock")
	asked := p.ask(p.within(time.Minute), "https://first.example")
	p.trayShows(item, "https://first.example espera tu respuesta")
	note, err := p.notes.Until(p.within(patience), func(n notifications.Note) bool {
		return n.Title == "https://first.example pide usar tu clave de OpenAI"
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []notifications.Action{{Key: "default", Label: "Abrir"}, {Key: "open", Label: "Abrir"}, {Key: "deny", Label: "Denegar"}}
	if !slices.Equal(note.Actions, want) || !strings.HasSuffix(note.Body, "La página espera.") {
		t.Errorf("the notification is %+v", note)
	}
	if err := item.Click(p.within(patience), "Cerrar con llave"); err != nil {
		t.Fatal(err)
	}
	p.trayShows(item, "Oaklock está cerrado con llave")
	<-asked
}

// The window speaks what the desktop's programs speak, which is not the language by which the web engine reads letters.
func TestTheWindowSpeaksTheDesktopsLanguage(t *testing.T) {
	p := install(t)
	p.env = append(p.env, "LANG=en_GB.UTF-8", "LC_ALL=", "LC_MESSAGES=", "LANGUAGE=es:en")
	p.start()
	p.addKeys()
	p.oaklock()
	p.desktop.Find(p.within(patience), desktop.Link, "Resumen")
	item, err := p.tray.Next(p.within(patience))
	if err != nil {
		t.Fatal(err)
	}
	p.trayShows(item, "Salir de Oaklock")
	p.oaklock("settings", "set", "language", "en")
	p.desktop.Find(p.within(patience), desktop.Link, "Overview")
	p.trayShows(item, "Quit Oaklock")
}

// hangingNotifications is a notification service that answers nothing until answer is closed. hangs tells of each call.
func (p *program) hangingNotifications(t *testing.T) (hangs <-chan struct{}, answer chan struct{}) {
	t.Helper()
	conn, err := godbus.Connect(p.bus.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	calls, answer := make(chan struct{}, 16), make(chan struct{})
	hang := func(string, uint32, string, string, string, []string, map[string]godbus.Variant, int32) (uint32, *godbus.Error) {
		select {
		case calls <- struct{}{}:
		default:
		}
		<-answer
		return 0, godbus.MakeFailedError(errors.New("too late"))
	}
	if err := conn.ExportMethodTable(map[string]any{"Notify": hang}, "/org/freedesktop/Notifications", "org.freedesktop.Notifications"); err != nil {
		t.Fatal(err)
	}
	if got, err := conn.RequestName("org.freedesktop.Notifications", godbus.NameFlagDoNotQueue); err != nil || got != godbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("%v, %v", got, err)
	}
	return calls, answer
}

// trayShows waits for the sentence in the menu, and notes how long that took.
func (p *program) trayShows(item *traywatcher.Item, sentence string) {
	p.Helper()
	began := time.Now()
	if _, err := item.Until(p.within(patience), func(v traywatcher.View) bool { return v.Has(sentence) }); err != nil {
		p.Fatalf("the tray does not say %q: %v", sentence, err)
	}
	p.Logf("the tray said %q after %v", sentence, time.Since(began).Round(time.Millisecond))
}
