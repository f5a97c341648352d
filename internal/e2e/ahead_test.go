package e2e_test

import (
	"context"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// far is a provider over TLS that counts connections and requests apart.
type far struct {
	*httptest.Server
	connections, requests atomic.Int32
}

func startFar(t *testing.T) *far {
	t.Helper()
	f := new(far)
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.requests.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}`)
	}))
	f.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			f.connections.Add(1)
		}
	}
	f.EnableHTTP2 = true
	f.StartTLS()
	t.Cleanup(f.Close)
	return f
}

func (f *far) connected(t *testing.T, n int32) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for f.connections.Load() < n {
		select {
		case <-ctx.Done():
			t.Fatalf("%d connections, want %d", f.connections.Load(), n)
		case <-time.After(time.Millisecond):
		}
	}
}

// Allowing a site, and the preflight of an allowed one, connect to the provider before the request comes; nobody else's
// preflight does, and nothing is asked of the provider.
func TestTheWayIsOpenedAhead(t *testing.T) {
	f := startFar(t)
	roots := x509.NewCertPool()
	roots.AddCert(f.Certificate())
	s := &story{TB: t, key: oaktest.Key("openai"), home: t.TempDir() + "/home", log: &buffer{}, vault: &memory{m: map[keychain.ID][]byte{}}}
	s.start(func(o *agent.Options) { o.RootCAs = roots })
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "openai", BaseURL: f.URL}))
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Secret: s.key}))

	preflight := func(origin string) {
		r := s.call(t.Context(), origin, http.MethodOptions, "/llm/openai/chat/completions", "", "Access-Control-Request-Method", "POST")
		if a := do(r); a.status != http.StatusNoContent {
			t.Fatal(a)
		}
	}
	preflight(site) // not allowed yet
	s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: site, Providers: []string{"openai"}, Terms: day("*")}))
	f.connected(t, 1)
	preflight(site)
	preflight("https://another.example")
	if f.connections.Load() != 1 || f.requests.Load() != 0 {
		t.Fatalf("%d connections, %d requests before the first", f.connections.Load(), f.requests.Load())
	}
	if a := s.chat(site); a.status != http.StatusOK || !strings.Contains(a.body, "usage") {
		t.Error(a)
	}
	if f.connections.Load() != 1 || f.requests.Load() != 1 {
		t.Errorf("%d connections, %d requests", f.connections.Load(), f.requests.Load())
	}
}
