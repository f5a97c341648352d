//go:build real

package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// peerProgram is an implementation of RFC 6455 that shares no code with ours: python3-websockets of Debian.
var peerProgram = filepath.Join("testdata", "websocket_peer.py")

// seen is what the provider says of a connection that ended.
type seen struct {
	Model, Path, Chosen, Reason string
	Fields                      map[string][]string
	Extensions                  []string
	Heard                       []any
	Code                        int
}

// A page and a provider that another WebSocket implementation plays, with Oaklock between them: every case of websocket_peer.py
// as the page saw it, and what the provider saw of it.
func TestWebSocketsOfAnotherMake(t *testing.T) {
	s := begin(t)
	ctx := t.Context()
	provider := exec.CommandContext(ctx, "/usr/bin/python3", peerProgram, "serve")
	stdin, err := provider.StdinPipe()
	s.must(nil, err)
	out, err := provider.StdoutPipe()
	s.must(nil, err)
	words := &buffer{}
	provider.Stderr, provider.WaitDelay = words, 10*time.Second
	s.must(nil, provider.Start())
	lines := bufio.NewReader(out)
	var server struct{ Port int }
	first, err := lines.ReadBytes('\n')
	if err != nil || json.Unmarshal(first, &server) != nil || server.Port == 0 {
		t.Fatalf("the provider did not start: %q, %v\n%s", first, err, words.Bytes())
	}
	base := fmt.Sprintf("http://127.0.0.1:%d/openai/v1", server.Port)
	s.must(s.SetProvider(ctx, control.SetProvider{ID: "own", BaseURL: base, Auth: "bearer"}))
	s.must(s.AddKey(ctx, control.AddKey{Provider: "own", Secret: s.key}))
	s.allowFreely(site, "own")

	page := exec.CommandContext(ctx, "/usr/bin/python3", peerProgram, "talk", "ws"+strings.TrimPrefix(s.agent.Endpoint(), "http")+"/llm/own/realtime", site)
	page.Stderr, page.WaitDelay = words, 10*time.Second
	told, err := page.Output()
	if err != nil {
		t.Errorf("the page: %v\n%s", err, words.Bytes())
	}
	oaktest.Scan(t, s.key, told)
	cases := 0
	for line := range strings.Lines(string(told)) {
		var c struct{ Case, Wrong string }
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if cases++; c.Wrong != "" {
			t.Errorf("%s: %s", c.Case, c.Wrong)
		}
	}
	if cases != 24 {
		t.Errorf("%d cases were told", cases)
	}

	s.must(nil, stdin.Close()) // the provider ends what is open, and says of each how it ended
	rest, err := io.ReadAll(lines)
	s.must(nil, err)
	if err := provider.Wait(); err != nil {
		t.Errorf("the provider: %v\n%s", err, words.Bytes())
	}
	var all []seen
	for line := range strings.Lines(string(rest)) {
		var one seen
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, one)
	}
	if len(all) != cases {
		t.Errorf("%d connections came of %d cases", len(all), cases)
	}
	s.ofAll(t, all)
	s.ofEach(t, all)
}

// ofAll is what must be true of every connection that the provider saw.
func (s *story) ofAll(t *testing.T, all []seen) {
	t.Helper()
	for _, one := range all {
		if len(one.Extensions) > 0 || one.Fields["sec-websocket-extensions"] != nil {
			t.Errorf("%s: an extension came about: %v", one.Model, one.Extensions)
		}
		if got := one.Fields["authorization"]; len(got) != 1 || got[0] != "Bearer "+s.key {
			t.Errorf("%s: the key is not in its header", one.Model)
		}
		if one.Path != "/openai/v1/realtime?model="+one.Model || one.Fields["origin"] != nil || one.Fields["cookie"] != nil {
			t.Errorf("%s: it came to %s with %d fields", one.Model, one.Path, len(one.Fields))
		}
		for _, offered := range one.Fields["sec-websocket-protocol"] {
			if offered != "realtime" || one.Chosen != "realtime" {
				t.Errorf("%s: it was offered %q and chose %q", one.Model, offered, one.Chosen)
			}
		}
	}
}

// ofEach is what the provider heard, and how it was left.
func (s *story) ofEach(t *testing.T, all []seen) {
	t.Helper()
	ended := func(model string, code int, reason string, heard ...any) {
		if !slices.ContainsFunc(all, func(one seen) bool {
			return one.Model == model && one.Code == code && one.Reason == reason && fmt.Sprintf("%v", one.Heard) == fmt.Sprintf("%v", heard)
		}) {
			t.Errorf("no connection of %s ended with %d %q after %v", model, code, reason, heard)
		}
	}
	ended("pings", 1000, "", 0, 1, 125)
	ended("flood", 1000, "")
	ended("listen", 1001, "", `{"last":"word"}`) // the page was lost
	ended("listen", 1001, "")                    // it said what may not pass, and none of it passed
	ended("listen", 1000, "done")
	ended("listen", 3000, "Grüße")
	ended("listen", 4999, strings.Repeat("r", 123))
	ended("close-1011", 1011, "")
	for _, one := range all {
		for _, h := range one.Heard {
			if text, ok := h.(string); ok && (strings.Contains(text, "Error") || strings.Contains(text, "out of order")) {
				t.Errorf("%s: %s", one.Model, text)
			}
		}
	}
}
