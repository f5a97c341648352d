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
// preflight does, nor one while all is paused, and nothing is asked of the provider.
func TestTheWayIsOpenedAhead(t *testing.T) {
	f, strange, paused := startFar(t), startFar(t), startFar(t)
	roots := x509.NewCertPool()
	roots.AddCert(f.Certificate()) // which all three have
	s := &story{TB: t, key: oaktest.Key("openai"), home: t.TempDir() + "/home", log: &buffer{}, vault: &memory{m: map[keychain.ID][]byte{}}}
	s.start(func(o *agent.Options) { o.RootCAs = roots })
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "openai", BaseURL: f.URL}))
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Secret: s.key}))

	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "mistral", BaseURL: strange.URL}))
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "groq", BaseURL: paused.URL}))

	preflightOf := func(provider, origin string) {
		t.Helper()
		r := s.call(t.Context(), origin, http.MethodOptions, "/llm/"+provider+"/chat/completions", "", "Access-Control-Request-Method", "POST")
		if a := do(r); a.status != http.StatusNoContent {
			t.Fatal(a)
		}
	}
	preflight := func(origin string) { t.Helper(); preflightOf("openai", origin) }
	preflightOf("mistral", site) // not allowed, and never
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

	s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: site, Providers: []string{"groq"}, Terms: day("*")}))
	paused.connected(t, 1)
	s.agent.Resumed(time.Time{}) // no connection is kept any more
	s.must(nil, s.Pause(t.Context()))
	preflightOf("groq", site)
	s.must(nil, s.Resume(t.Context()))
	preflight(site)
	f.connected(t, 2)
	if a := s.chat(site); a.status != http.StatusOK {
		t.Error(a)
	}
	if f.connections.Load() != 2 || strange.connections.Load() != 0 || paused.connections.Load() != 1 {
		t.Errorf("%d connections after the preflight, %d for a site that is not allowed, %d while all was paused",
			f.connections.Load(), strange.connections.Load(), paused.connections.Load()-1)
	}
}
