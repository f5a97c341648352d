//go:build real

package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// network is Toxiproxy between the agent and the fake provider. It is built from a module file of its own (build/faults.mod), so
// that none of what it needs is in Oaklock's.
type network struct {
	testing.TB
	api    string
	listen string // where the provider is reached through it
}

// toxiproxy builds the program.
func toxiproxy(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "toxiproxy")
	build := exec.CommandContext(t.Context(), "go", "build", "-modfile=build/faults.mod", "-buildvcs=false", "-o", program, "github.com/Shopify/toxiproxy/v2/cmd/server") //nolint:gosec // the test's own folder
	build.Dir = oaktest.ModuleRoot(t)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

func newNetwork(t *testing.T, program, to string) *network {
	t.Helper()
	free, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	_ = free.Close()
	server := exec.CommandContext(t.Context(), program, "-host", "127.0.0.1", "-port", port) //nolint:gosec // it was built above
	words := &buffer{}
	server.Stdout, server.Stderr, server.WaitDelay = words, words, time.Second
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() }) // it has no other end
	n := &network{TB: t, api: "http://127.0.0.1:" + port}
	for until := time.Now().Add(patience); ; {
		if err := n.try(http.MethodGet, "/version", nil, nil); err == nil {
			break
		} else if time.Now().After(until) {
			t.Fatalf("Toxiproxy does not answer: %v\n%s", err, words.Bytes())
		}
		time.Sleep(20 * time.Millisecond) // it says nowhere else that it listens
	}
	var proxy struct{ Listen string }
	if err := n.try(http.MethodPost, "/proxies", map[string]any{"name": "p", "listen": "127.0.0.1:0", "upstream": to, "enabled": true}, &proxy); err != nil {
		t.Fatal(err)
	}
	n.listen = proxy.Listen
	return n
}

func (n *network) try(method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(n.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, n.api+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
	if err == nil && out != nil {
		err = json.Unmarshal(text, out)
	}
	return err
}

// bad makes what comes from the provider ("downstream") or goes to it ("upstream") go wrong until heal.
func (n *network) bad(kind, stream string, attributes map[string]any) {
	n.Helper()
	if err := n.try(http.MethodPost, "/proxies/p/toxics", map[string]any{"type": kind, "stream": stream, "attributes": attributes}, nil); err != nil {
		n.Fatal(err)
	}
}

// up lets nobody through, and ends what is open, or lets them through again.
func (n *network) up(on bool) {
	n.Helper()
	if err := n.try(http.MethodPost, "/proxies/p", map[string]any{"enabled": on}, nil); err != nil {
		n.Fatal(err)
	}
}

// heal takes away all that is bad.
func (n *network) heal() {
	n.Helper()
	if err := n.try(http.MethodPost, "/reset", nil, nil); err != nil {
		n.Fatal(err)
	}
}

// A network that is slow, breaks off, swallows or is not there: what a page gets is the whole answer, one that looks cut, or a
// refusal; the request is sent once at most; and right after it is well again the site is served. In plain and over TLS.
func TestABadNetwork(t *testing.T) {
	program := toxiproxy(t)
	long := "data: " + strings.Repeat("words ", 20_000) + "\n\ndata: [DONE]\n\n"
	events := oaktest.Answer(200, http.Header{"Content-Type": {"text/event-stream"}}, long)
	type want struct {
		whole, cut, refused bool // which of these may come of it
	}
	for _, c := range []struct {
		name  string
		make  func(n *network)
		fault oaktest.Fault
		want  want
	}{
		{"slow to answer", func(n *network) { n.bad("latency", "downstream", map[string]any{"latency": 300, "jitter": 200}) }, events, want{whole: true}},
		{"slow to be asked", func(n *network) { n.bad("latency", "upstream", map[string]any{"latency": 300}) }, events, want{whole: true}},
		{"narrow", func(n *network) { n.bad("bandwidth", "downstream", map[string]any{"rate": 200}) }, events, want{whole: true}},
		{"in slices", func(n *network) {
			n.bad("slicer", "downstream", map[string]any{"average_size": 50, "size_variation": 49, "delay": 10})
		}, oaktest.Answer(200, http.Header{"Content-Type": {"text/event-stream"}}, long[:4000]), want{whole: true}},
		{"slow to close", func(n *network) { n.bad("slow_close", "downstream", map[string]any{"delay": 500}) }, events, want{whole: true}},
		{"cut within the head", func(n *network) { n.bad("limit_data", "downstream", map[string]any{"bytes": 40}) }, events, want{refused: true}},
		{"cut within the body", func(n *network) { n.bad("limit_data", "downstream", map[string]any{"bytes": 50_000}) }, events, want{cut: true}},
		{"reset", func(n *network) { n.bad("reset_peer", "downstream", map[string]any{"timeout": 0}) }, events, want{refused: true}},
		{"reset after a while", func(n *network) {
			n.bad("bandwidth", "downstream", map[string]any{"rate": 50})
			n.bad("reset_peer", "downstream", map[string]any{"timeout": 1000})
		}, events, want{cut: true, refused: true}},
		{"swallows the request and closes", func(n *network) { n.bad("timeout", "upstream", map[string]any{"timeout": 500}) }, events, want{refused: true}},
		{"is not there", func(n *network) { n.up(false) }, nil, want{refused: true}},
	} {
		for kind, o := range map[string]oaktest.ProviderOptions{"plain": {}, "TLS": {TLS: true}} {
			t.Run(c.name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				s := beginWith(t, o)
				n := newNetwork(t, program, s.provider.Server.Listener.Addr().String())
				scheme, _, _ := strings.Cut(s.provider.Server.URL, "://")
				s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "openai", BaseURL: scheme + "://" + n.listen + "/openai/v1"}))
				s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Secret: s.key, Label: "there"}))
				s.allow(site, "openai")
				if a := s.chat(site); a.status != 200 { // a connection that is kept, and will be the bad one
					t.Fatal(a)
				}
				s.provider.Forget()
				c.make(n)
				s.provider.Always(c.fault)
				a := s.chat(site)
				body := long
				if c.name == "in slices" {
					body = long[:4000]
				}
				switch {
				case a.err != nil && c.want.cut && strings.HasPrefix(body, a.body):
				case a.err == nil && c.want.whole && a.status == 200 && a.body == body:
				case a.err == nil && c.want.refused && a.status == 502 && strings.HasPrefix(a.code(), "upstream_"):
				default:
					t.Errorf("the page got %d, %d bytes, %v, %.300s", a.status, len(a.body), a.err, a.body)
				}
				if got := s.provider.Count(); got > 1 {
					t.Errorf("it was sent %d times", got)
				}
				s.provider.Always(nil)
				n.heal()
				if a := s.chat(site); a.status != 200 || a.err != nil {
					t.Errorf("right after it is well again: %v", a)
				}
			})
		}
	}
}
