package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/control"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestAPIIsTheList holds what the page in the window can call: every exported method is reachable from there, so a new one is
// a decision and not an accident.
func TestAPIIsTheList(t *testing.T) {
	want := []string{
		"AddApp", "AddKey", "Allow", "AllowSite", "Apps", "Block", "BlockSite", "CameForward", "Deny", "DenySite", "Doubts", "Examine", "ExportLog", "FindKeys", "ImportKey", "Keys", "LimitKey", "Lock", "Log", "OpenDemo", "OpenKeysPage", "Pause",
		"Prices", "Providers", "RaiseLimit", "RemoveApp", "RemoveKey", "RemoveProvider", "ResetPrice", "Resume", "ResumeSite", "RevokeSite", "SetPrice", "SetProvider", "SetSetting", "Settings", "Sites",
		"StartDemo", "State", "StayedBehind", "StopDemo", "StopRunning", "SystemLanguage", "TakeAppBack", "TakeKeyBack", "TestKey", "Trust", "UnblockSite", "Unlock", "Usage",
	}
	api := reflect.TypeFor[*API]()
	var got []string
	for m := range api.Methods() {
		got = append(got, m.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the page can call\n %v, want\n %v", got, want)
	}
	for f := range api.Elem().Fields() {
		if f.IsExported() {
			t.Errorf("field %s is exported", f.Name)
		}
	}
}

// TestAPIAnswersHoldNoSecret walks through every type that a method answers: what could carry a credential to the page has
// a name that says so, and only arguments may have it.
func TestAPIAnswersHoldNoSecret(t *testing.T) {
	secret := regexp.MustCompile(`(?i)secret|passphrase|password|apikey`)
	var walk func(path string, typ reflect.Type)
	walk = func(path string, typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Slice, reflect.Pointer:
			walk(path, typ.Elem())
		case reflect.Struct:
			for f := range typ.Fields() {
				if secret.MatchString(f.Name) || secret.MatchString(f.Tag.Get("json")) {
					t.Errorf("%s.%s reaches the page", path, f.Name)
				}
				walk(path+"."+f.Name, f.Type)
			}
		}
	}
	n := 0
	for m := range reflect.TypeFor[*API]().Methods() {
		for out := range m.Type.Outs() {
			if out != reflect.TypeFor[error]() {
				walk(m.Name, out)
				n++
			}
		}
	}
	if n < 8 {
		t.Errorf("looked at %d answers, want all that there are", n)
	}
}

func TestWindowError(t *testing.T) {
	for _, c := range []struct {
		err  error
		code string
		says string
	}{
		{&control.Error{Code: control.BadInput, Message: "Too short."}, control.BadInput, "Too short."},
		{fmt.Errorf("ask: %w", &control.Error{Code: control.Locked, Message: "Locked."}), control.Locked, "Locked."},
		{control.ErrNotRunning, agentGone, "Oaklock is not running."},
		{fmt.Errorf("%w: /home/someone/x is a symbolic link", control.ErrFolder), control.Refused, "doctor"},
		{context.DeadlineExceeded, control.Unavailable, "did not answer in time"},
		{errors.New("open /home/someone/.config: permission denied"), control.Failed, "went wrong"},
	} {
		b, err := json.Marshal(windowError(c.err))
		if err != nil {
			t.Fatal(err)
		}
		var got control.Error
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if got.Code != c.code || !strings.Contains(got.Message, c.says) {
			t.Errorf("%v reaches the page as %s", c.err, b)
		}
		if strings.Contains(string(b), "/home/") {
			t.Errorf("%v shows the page a path: %s", c.err, b)
		}
	}
}

// TestPolicyIsThatOfTheBuild compares the header of the window with the meta element of the built page: in the window both
// hold, and the browser tests run under the second alone.
func TestPolicyIsThatOfTheBuild(t *testing.T) {
	served := httptest.NewRecorder()
	withWindowPolicy(http.NotFoundHandler()).ServeHTTP(served, httptest.NewRequest(http.MethodGet, "/nothing", nil))
	header := served.Header().Get("Content-Security-Policy")
	if served.Code != http.StatusNotFound || header == "" {
		t.Fatalf("status %d, policy %q: an error page too must have the policy", served.Code, header)
	}
	for _, must := range []string{"default-src 'none'", "script-src 'self'", "base-uri 'none'", "form-action 'none'"} {
		if !slices.Contains(strings.Split(header, "; "), must) {
			t.Errorf("policy %q lacks %s", header, must)
		}
	}
	if strings.Contains(header, "unsafe") || strings.Contains(header, "*") {
		t.Errorf("policy %q is loose", header)
	}
	config, err := os.ReadFile("../frontend/vite.config.ts")
	if err != nil {
		t.Fatal(err)
	}
	parts := regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(strings.SplitN(string(config), "const strictPolicy", 2)[0], -1)
	var meta strings.Builder
	for _, p := range parts {
		meta.WriteString(p[1])
	}
	if meta.String()+"; frame-ancestors 'none'" != header {
		t.Errorf("the built page has\n %s, the window\n %s", meta.String(), header)
	}
}

func TestDisarmInspector(t *testing.T) {
	for _, name := range []string{"WEBKIT_INSPECTOR_HTTP_SERVER", "WEBKIT_INSPECTOR_SERVER"} {
		t.Setenv(name, "127.0.0.1:9222")
	}
	disarmInspector()
	for _, v := range os.Environ() {
		if strings.HasPrefix(v, "WEBKIT_INSPECTOR") {
			t.Errorf("%s is left", v)
		}
	}
}

func TestWindowHome(t *testing.T) {
	t.Setenv("OAKLOCK_HOME", "/somewhere/else")
	if home, err := windowHome(); home != "/somewhere/else" || err != nil {
		t.Errorf("home %q, %v", home, err)
	}
	t.Setenv("OAKLOCK_HOME", "")
	config, err := os.UserConfigDir()
	if err != nil {
		t.Fatal(err)
	}
	if home, err := windowHome(); home != filepath.Join(config, "oaklock") || err != nil {
		t.Errorf("home %q, %v", home, err)
	}
}

// TestFollow plays an agent that starts after the window, changes something, wants the window forward, and ends.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := make(chan control.Event)
		began := time.Now()
		connect := func(context.Context) (<-chan control.Event, error) {
			if time.Since(began) < 1200*time.Millisecond {
				return nil, control.ErrNotRunning
			}
			return events, nil
		}
		var did []string
		note := func(what string) func() { return func() { did = append(did, what) } }
		done := make(chan struct{})
		go func() {
			defer close(done)
			follow(t.Context(), connect, screen{look: note("look"), raise: note("raise"), rise: note("rise"), quit: note("quit")})
		}()

		events <- control.LookAgain // taken as soon as the window is connected
		if waited := time.Since(began); waited > 2*time.Second {
			t.Errorf("connected after %v", waited)
		}
		events <- control.ComeForward
		events <- control.Rise
		close(events)
		<-done
		if want := []string{"look", "raise", "look", "rise", "look", "quit"}; !slices.Equal(did, want) {
			t.Errorf("the window did %v, want %v", did, want)
		}
	})
}

// TestFollowEndsWithTheWindow: a window that the user closes asks for nothing more, and is not told to quit once again.
func TestFollowEndsWithTheWindow(t *testing.T) {
	for name, connect := range map[string]eventSource{
		"no agent": func(context.Context) (<-chan control.Event, error) { return nil, control.ErrNotRunning },
		"an agent": func(ctx context.Context) (<-chan control.Event, error) {
			events := make(chan control.Event)
			context.AfterFunc(ctx, func() { close(events) })
			return events, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, closeWindow := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() {
					defer close(done)
					never := func() { t.Error("the window was told to do something") }
					follow(ctx, connect, screen{look: never, raise: never, rise: never, quit: never})
				}()
				time.Sleep(5 * time.Second)
				closeWindow()
				<-done
			})
		})
	}
}

// onlyProviders is an agent that can do one thing.
type onlyProviders struct {
	windowAgent
	list []control.Provider
}

func (o onlyProviders) Providers(context.Context) ([]control.Provider, error) { return o.list, nil }

func TestOpenKeysPage(t *testing.T) {
	agent := onlyProviders{list: []control.Provider{
		{ID: "good", KeysPage: "https://provider.example/keys"},
		{ID: "none"},
		{ID: "file", KeysPage: "file:///etc/passwd"},
		{ID: "plain", KeysPage: "http://provider.example/keys"},
		{ID: "script", KeysPage: "javascript:alert(1)"},
	}}
	var opened []string
	api := newAPI(agent, func(url string) { opened = append(opened, url) })
	for _, p := range append(agent.list, control.Provider{ID: "unknown"}) {
		err := api.OpenKeysPage(p.ID)
		if (err == nil) != (p.ID == "good") {
			t.Errorf("%s: %v", p.ID, err)
		}
	}
	if want := []string{"https://provider.example/keys"}; !slices.Equal(opened, want) {
		t.Errorf("opened %v, want %v", opened, want)
	}
}

// hanging is an agent that never answers.
type hanging struct{ windowAgent }

func (hanging) State(ctx context.Context) (control.State, error) {
	<-ctx.Done()
	return control.State{}, ctx.Err()
}

func TestCallsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		api := newAPI(hanging{}, nil)
		if _, err := api.State(); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != callTimeout {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		ctx, closeWindow := context.WithCancel(t.Context())
		api.start(ctx)
		closeWindow()
		if _, err := api.State(); !errors.Is(err, context.Canceled) {
			t.Errorf("after the window has closed: %v", err)
		}
	})
}
