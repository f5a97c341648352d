package e2e_test

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/control"
)

// With an app's key for its key, a provider that is Oaklock itself would make one request many.
func TestAProviderThatIsOaklockItself(t *testing.T) {
	s := begin(t)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.agent.Endpoint(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "LOCALHOST", "[::1]", "[::ffff:127.0.0.1]"} {
		for _, id := range []string{"loop", "openai"} {
			_, err := s.SetProvider(t.Context(), control.SetProvider{ID: id, BaseURL: "http://" + host + ":" + port + "/llm/openai/v1"})
			if err == nil || !strings.HasPrefix(err.Error(), "That is the address of this Oaklock itself") {
				t.Errorf("%s at %s: %v", id, host, err)
			}
		}
	}
	s.allow(site, "openai")
	if a := s.chat(site); a.status != 200 {
		t.Errorf("the address from before: %v", a)
	}

	// The port can be another one later, so each request is looked at too, and WebSockets as well.
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	later := free.Addr().(*net.TCPAddr).Port
	s.must(nil, free.Close())
	key := s.app("loop", "openai")
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "openai", BaseURL: fmt.Sprintf("http://localhost:%d/llm/openai/v1", later)}))
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Secret: key, Label: "loop", Anyway: true}))
	s.must(nil, s.agent.Close())
	s.start(func(o *agent.Options) { o.Port = later })
	if !strings.HasSuffix(s.agent.Endpoint(), ":"+strconv.Itoa(later)) {
		t.Fatal(s.agent.Endpoint())
	}
	if a := s.chat(site); a.status != 502 || a.code() != "upstream_invalid" || !strings.Contains(a.body, "The address of this provider is Oaklock's own") {
		t.Errorf("%v", a)
	}
	if _, a := s.dial(t.Context(), site, realtimePath); a.status != 502 || a.code() != "upstream_invalid" {
		t.Errorf("a WebSocket: %v", a)
	}
	if n := len(s.entries(t)); n != 3 {
		t.Errorf("%d lines in the log, so a request came back", n)
	}
}
