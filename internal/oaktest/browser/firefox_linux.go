package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// Firefox is one Firefox ESR with a profile of its own, on a display. It is driven through WebDriver BiDi
// (https://w3c.github.io/webdriver-bidi/), which it speaks itself: Playwright wants a Firefox of its own making. One goroutine uses
// it at a time. It ends with the test.
type Firefox struct {
	t      testing.TB
	conn   *websocket.Conn
	lastID int
	tabs   []string // contexts, by number
}

// preferences keep it from asking and fetching what has nothing to do with the test.
var preferences = map[string]any{
	"app.normandy.enabled": false, "browser.aboutwelcome.enabled": false, "browser.shell.checkDefaultBrowser": false,
	"browser.startup.homepage_override.mstone": "ignore", "browser.startup.page": 0, "datareporting.policy.dataSubmissionEnabled": false,
	"network.captive-portal-service.enabled": false, "network.connectivity-service.enabled": false, "termsofuse.bypassNotification": true,
	"toolkit.telemetry.reportingpolicy.firstRun": false, "browser.safebrowsing.downloads.remote.enabled": false, "extensions.getAddons.cache.enabled": false,
	"services.settings.server": "data:,", "app.update.disabledForTesting": true,
}

// StartFirefox starts Firefox ESR on the display of o.Screen, or fails the test. A name with https and no port leads to the page
// server of o.
func StartFirefox(t testing.TB, o Options) *Firefox {
	t.Helper()
	profile := t.TempDir()
	host := strings.TrimPrefix(o.Origin, "https://")
	settings := map[string]any{
		// The page server counts as an address of the internet, has the name, and is where every https request goes.
		"network.lna.address_space.public.override": fmt.Sprint("127.0.0.1:", o.PagePort), "network.dns.localDomains": host,
		"network.socket.forcePort": fmt.Sprint("443=", o.PagePort),
	}
	var lines strings.Builder
	for _, some := range []map[string]any{preferences, settings} {
		for name, value := range some {
			v, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&lines, "user_pref(%q, %s);\n", name, v)
		}
	}
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	//nolint:noctx // it is killed at the end of the test
	command := exec.Command("firefox-esr", "--no-remote", "--profile", profile, "--remote-debugging-port=0", "--width", "1000", "--height", "700", "about:blank")
	command.Env = append(os.Environ(), o.Screen...)
	command.Env = append(command.Env, "GNOME_ACCESSIBILITY=1", "MOZ_ENABLE_WAYLAND=0", "MOZ_CRASHREPORTER_DISABLE=1")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatalf("start Firefox: %v", err)
	}
	address, rest := make(chan string, 1), make(chan struct{})
	go func() { defer close(rest); listening(out, address) }()
	t.Cleanup(func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL) // it may have ended
		<-rest
		_ = command.Wait() // killed
	})
	f := &Firefox{t: t}
	select {
	case url := <-address:
		dialer := websocket.Dialer{HandshakeTimeout: slow}
		conn, response, err := dialer.DialContext(t.Context(), url+"/session", nil)
		if err != nil {
			t.Fatalf("Firefox does not let itself be driven: %v", err)
		}
		_ = response.Body.Close() // it has none
		f.conn = conn
		t.Cleanup(func() { _ = conn.Close() })
	case <-rest:
		t.Fatal("Firefox has ended at once")
	case <-time.After(slow):
		t.Fatalf("Firefox did not start in %v", slow)
	}
	f.must("session.new", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{"acceptInsecureCerts": true}}})
	if o.LNA || o.Denied {
		state := map[bool]string{true: "granted", false: "denied"}[o.LNA]
		f.must("permissions.setPermission", map[string]any{"descriptor": map[string]string{"name": "loopback-network"}, "state": state, "origin": o.Origin})
	}
	return f
}

// listening finds the address in what Firefox says, and reads on.
func listening(out io.Reader, address chan<- string) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, found := strings.Cut(lines.Text(), "WebDriver BiDi listening on "); found {
			address <- url
			break
		}
	}
	_, _ = io.Copy(io.Discard, out) // it has ended
}

// must sends one command and returns its result.
func (f *Firefox) must(method string, params map[string]any) json.RawMessage {
	f.t.Helper()
	f.lastID++
	if err := f.conn.SetReadDeadline(time.Now().Add(slow)); err != nil {
		f.t.Fatal(err)
	}
	if err := f.conn.WriteJSON(map[string]any{"id": f.lastID, "method": method, "params": params}); err != nil {
		f.t.Fatalf("%s: Firefox has gone: %v", method, err)
	}
	for {
		var m struct {
			ID      int
			Type    string
			Error   string
			Message string
			Result  json.RawMessage
		}
		if err := f.conn.ReadJSON(&m); err != nil {
			f.t.Fatalf("%s: Firefox has gone: %v", method, err)
		}
		switch {
		case m.ID != f.lastID: // something that happened
		case m.Type == "success":
			return m.Result
		default:
			f.t.Fatalf("%s: %s: %s", method, m.Error, m.Message)
		}
	}
}

// Open opens address in a new tab and returns its number when the document has loaded.
func (f *Firefox) Open(address string) (tab int) {
	f.t.Helper()
	var created struct{ Context string }
	if err := json.Unmarshal(f.must("browsingContext.create", map[string]any{"type": "tab"}), &created); err != nil {
		f.t.Fatal(err)
	}
	f.tabs = append(f.tabs, created.Context)
	f.must("browsingContext.navigate", map[string]any{"context": created.Context, "url": address, "wait": "complete"})
	return len(f.tabs) - 1
}

// Evaluate is the JSON of an expression's value in a tab; promises are awaited.
func (f *Firefox) Evaluate(tab int, script string) json.RawMessage {
	f.t.Helper()
	var said struct {
		Type             string
		Result           struct{ Value string }
		ExceptionDetails struct{ Text string }
	}
	result := f.must("script.evaluate", map[string]any{
		// As JSON, because BiDi has a form of its own for values.
		"expression": "(async () => JSON.stringify(await (" + script + ")) ?? 'null')()", "awaitPromise": true, "target": map[string]any{"context": f.tabs[tab]},
	})
	if err := json.Unmarshal(result, &said); err != nil || said.Type != "success" {
		f.t.Fatalf("%s: %s %v", script, said.ExceptionDetails.Text, err)
	}
	return json.RawMessage(said.Result.Value)
}

// Click clicks on the first element that fits selector in a tab, as a person does.
func (f *Firefox) Click(tab int, selector string) {
	f.t.Helper()
	var at struct{ X, Y float64 }
	quoted, err := json.Marshal(selector)
	if err != nil {
		f.t.Fatal(err)
	}
	script := "(({ x, y, width, height }) => ({ x: Math.round(x + width / 2), y: Math.round(y + height / 2) }))(document.querySelector(" + string(quoted) + ").getBoundingClientRect())"
	if err := json.Unmarshal(f.Evaluate(tab, script), &at); err != nil {
		f.t.Fatal(err)
	}
	f.must("input.performActions", map[string]any{"context": f.tabs[tab], "actions": []any{map[string]any{
		"type": "pointer", "id": "mouse", "actions": []any{
			map[string]any{"type": "pointerMove", "x": at.X, "y": at.Y}, map[string]any{"type": "pointerDown", "button": 0}, map[string]any{"type": "pointerUp", "button": 0},
		},
	}}})
}

// Until waits until an expression is true in a tab, or fails the test when ctx ends first.
func (f *Firefox) Until(ctx context.Context, tab int, script string) {
	f.t.Helper()
	until(ctx, f.t, script, func() json.RawMessage { return f.Evaluate(tab, script) })
}
