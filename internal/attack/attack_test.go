package attack_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/attack"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// credulous is what Oaklock must not be: it believes every head, adds the key, follows redirects, and lets every page read
// all of it.
func credulous(t *testing.T, c *attack.Canary) string {
	t.Helper()
	transport := &http.Transport{DisableCompression: true}
	client := &http.Client{Transport: transport}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		h.Set("Access-Control-Allow-Headers", "authorization, content-type")
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "?", http.StatusBadRequest)
			return
		}
		answer, err := ask(r.Context(), client, c, body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		for name, v := range answer.Header {
			h[name] = v
		}
		_, _ = io.Copy(w, answer.Body) // whoever asked may have gone
	}), DisableGeneralOptionsHandler: true}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); <-done; transport.CloseIdleConnections() })
	return "http://" + l.Addr().String()
}

func ask(ctx context.Context, client *http.Client, c *attack.Canary, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+c.Key)
	return client.Do(r)
}

func canary(t *testing.T) *attack.Canary {
	t.Helper()
	c, err := attack.NewCanary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// Every attack must be able to succeed. Against a server that believes everything all do, but for those that Go's own HTTP
// server refuses.
func TestEveryAttackCanSucceed(t *testing.T) {
	c := canary(t)
	endpoint := credulous(t, c)
	refusedByGo := []string{
		"body/broken-chunks", "host/none", "host/two", "host/suffix", "host/user", // no well-formed request
		"works", // it works
	}
	for _, f := range attack.Frames {
		if strings.HasPrefix(f.Codes, "200") || f.Codes == "400" || f.Codes == "501" || f.Codes == "505" {
			refusedByGo = append(refusedByGo, f.Name)
		}
	}
	var held, seen []string
	target := attack.Target{Endpoint: endpoint, Canary: c, Yours: endpoint, Patience: 2 * time.Second}
	err := attack.Run(t.Context(), target, func(f attack.Finding) {
		seen = append(seen, f.Name)
		if works := f.Name == "works" || f.Name == "browser/works"; f.Works != works {
			t.Errorf("%s: an attack: %v", f.Name, !f.Works)
		}
		if f.Held && f.Skipped == "" && !slices.Contains(refusedByGo, f.Name) {
			held = append(held, fmt.Sprint(f))
		}
		if f.Skipped != "" && (f.Held || f.Detail != "") {
			t.Errorf("skipped and tried: %+v", f)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	// That connections are refused, and that heads time out, are limits; this server has none and answers meanwhile.
	held = slices.DeleteFunc(held, func(s string) bool { return strings.Contains(s, "slow/half-sent-heads") })
	if len(held) > 0 {
		t.Errorf("these hold against a server that believes everything:\n%s", strings.Join(held, "\n"))
	}
	for _, name := range []string{"works", "host/rebinding", "stranger/suffix", "frame/two-lengths", "provider/echo", "machine/squatter",
		"machine/other-user", "slow/head", "browser/stranger"} {
		if !slices.Contains(seen, name) {
			t.Errorf("%s was not tried", name)
		}
	}
}

// The tables say what they mean to say.
func TestTables(t *testing.T) {
	if len(attack.Body) != 86 || !strings.Contains(attack.Good, "Content-Length: 86\n\n"+attack.Body) {
		t.Errorf("the good body has %d bytes", len(attack.Body))
	}
	names := map[string]bool{}
	for _, h := range attack.Heads {
		if names[h.Name] || h.Text() == attack.Good || h.Status < 400 {
			t.Errorf("%s: twice, or changes nothing, or wants %d", h.Name, h.Status)
		}
		if h.Old != "" && !strings.Contains(attack.Good, h.Old) {
			t.Errorf("%s: %q is not in the good request", h.Name, h.Old)
		}
		names[h.Name] = true
	}
	if len(attack.FrameBody) != 0x47 {
		t.Errorf("the framed body has %d bytes", len(attack.FrameBody))
	}
	for _, f := range attack.Frames {
		if names[f.Name] || f.Codes == "" {
			t.Errorf("%s: twice, or wants nothing", f.Name)
		}
		names[f.Name] = true
	}
}

// silent takes connections and closes them, as a program does that is being killed.
func silent(t *testing.T) (endpoint string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

// What nobody answers is not refused and not let through: the run ends, and says so.
func TestWhatIsAttackedIsGone(t *testing.T) {
	c, err := attack.NewCanary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	ending := silent(t)
	there := credulous(t, c)
	for name, target := range map[string]attack.Target{"the suite's": {Endpoint: nobody}, "the user's": {Endpoint: there, Yours: nobody},
		"one that is being ended": {Endpoint: there, Yours: ending}} {
		target.Canary, target.Patience = c, 100*time.Millisecond
		err := attack.Run(t.Context(), target, func(f attack.Finding) {
			if !f.Held && f.Skipped == "" && (f.Yours || target.Endpoint == nobody) {
				t.Errorf("%s: %s is told, which reached nobody: %s", name, f.Name, f.Detail)
			}
		})
		if !errors.Is(err, attack.ErrGone) {
			t.Errorf("%s: the run ends with %v", name, err)
		}
	}
}
