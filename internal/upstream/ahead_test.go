package upstream_test

import (
	"context"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/upstream"
)

// provider is a TLS server that says how many connections were made to it.
type provider struct {
	*httptest.Server
	made atomic.Int32
}

func startProvider(t *testing.T, h2 bool) (*provider, *upstream.Upstream) {
	t.Helper()
	p := new(provider)
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	p.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			p.made.Add(1)
		}
	}
	p.EnableHTTP2 = h2
	p.StartTLS()
	t.Cleanup(p.Close)
	roots := x509.NewCertPool()
	roots.AddCert(p.Certificate())
	u := upstream.New(roots)
	t.Cleanup(u.CloseIdleConnections)
	return p, u
}

func (p *provider) ask(t *testing.T, u *upstream.Upstream) string {
	t.Helper()
	_, got, err := send(t.Context(), u, p.URL, "x")
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// connected waits until this many connections were made.
func (p *provider) connected(t *testing.T, n int32) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for p.made.Load() < n {
		select {
		case <-ctx.Done():
			t.Fatalf("%d connections, want %d", p.made.Load(), n)
		case <-time.After(time.Millisecond):
		}
	}
}

func TestARequestTakesTheConnectionOpenedAhead(t *testing.T) {
	for name, h2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(name, func(t *testing.T) {
			p, u := startProvider(t, h2)
			u.Open(p.URL)
			u.Open(p.URL) // one is enough
			p.connected(t, 1)
			if got := p.ask(t, u); got != name || p.made.Load() != 1 {
				t.Errorf("%s over %d connections", got, p.made.Load())
			}
			u.Open(p.URL) // the one just used is kept
			p.ask(t, u)
			if n := p.made.Load(); n != 1 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

func TestAConnectionOpenedAheadThatWasClosedIsNotUsed(t *testing.T) {
	p, u := startProvider(t, false)
	u.Open(p.URL)
	p.connected(t, 1)
	for range 100 { // the end of it arrives when the system likes
		p.CloseClientConnections()
	}
	if got := p.ask(t, u); got != "HTTP/1.1" {
		t.Error(got)
	}
}

func TestNothingIsOpenedAheadInVain(t *testing.T) {
	p, u := startProvider(t, true)
	for _, base := range []string{"http://127.0.0.1:1", "://", ""} {
		u.Open(base)
	}
	u.Open(p.URL)
	p.connected(t, 1)
	u.Forget() // after sleep
	p.ask(t, u)
	if n := p.made.Load(); n != 2 {
		t.Errorf("%d connections, want a new one after Forget", n)
	}
}

// A provider that is not who it says gets no connection ahead, and the request hears why.
func TestOpenedAheadIsVerifiedToo(t *testing.T) {
	p, _ := startProvider(t, true)
	p.Config.ErrorLog = nil
	u := upstream.New(x509.NewCertPool())
	defer u.CloseIdleConnections()
	u.Open(p.URL)
	p.connected(t, 1)
	if _, _, err := send(t.Context(), u, p.URL, "x"); err == nil {
		t.Error("an unknown certificate was trusted")
	}
}
