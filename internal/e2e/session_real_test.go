//go:build real

package e2e_test

import (
	"net/http"
	"os"
	"testing"

	godbus "github.com/godbus/dbus/v5"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest/login1"
	"github.com/oaklock/oaklock/internal/oaktest/sessionbus"
)

// TestSessionLocks: the built program locks when the desktop says that the screen is locked, when the machine goes to sleep,
// and when another user takes the screen; and not where the setting says no.
func TestSessionLocks(t *testing.T) {
	p := install(t)
	system := sessionbus.Start(t, sessionbus.NoKeyring)
	p.env = []string{"DBUS_SYSTEM_BUS_ADDRESS=" + system.Address}
	logind := login1.Start(t, system.Address)
	logind.Add("1", os.Getuid(), "seat0", true)
	p.start()
	p.addKeys()
	<-logind.Held() // the program listens by now
	saver, err := godbus.Connect(p.bus.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = saver.Close() })
	p.oaklock("sites", "allow", site, "--provider", "openai", "--models", "*")
	chat := func() int {
		req, err := http.NewRequestWithContext(p.within(patience), http.MethodGet, p.endpoint()+"/llm/openai/models", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", site)
		return do(req).status
	}
	for _, c := range []struct {
		why    string
		happen func()
	}{
		{"screen", func() {
			if err := saver.Emit("/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver.ActiveChanged", true); err != nil {
				t.Fatal(err)
			}
		}},
		{"screen", func() { logind.Lock("1") }},
		{"sleep", func() { logind.Sleep(true) }},
		{"switch", func() { logind.Set("1", "Active", false) }},
	} {
		if got := chat(); got != 200 {
			t.Fatalf("before %s a page hears %d", c.why, got)
		}
		c.happen()
		p.await("the lock because of "+c.why, func(s control.State) bool { return s.State == "locked" && s.LockedBy == c.why })
		if got := chat(); got != 423 {
			t.Errorf("after %s a page hears %d", c.why, got)
		}
		p.oaklock("unlock")
	}
	// Off is off: what is heard next locks, what was heard before it did not.
	p.oaklock("settings", "set", "lock_on_screen_lock", "off")
	logind.Lock("1")
	logind.Sleep(true)
	p.await("the lock because of sleep", func(s control.State) bool { return s.State == "locked" && s.LockedBy == "sleep" })
}

// await looks again until what it waits for has come.
func (p *program) await(what string, yes func(control.State) bool) {
	p.Helper()
	ctx := p.within(patience)
	events, err := control.Dial(p.home).Events(ctx)
	if err != nil {
		p.Fatal(err)
	}
	for !yes(p.state()) {
		select {
		case <-events:
		case <-ctx.Done():
			p.Fatalf("%s did not come", what)
		}
	}
}
