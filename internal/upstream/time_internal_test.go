package upstream

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// elsewhere is a network in memory: whoever connects gets one end of a pipe, and serve the other.
func elsewhere(u *Upstream, serve func(net.Conn)) (wait func()) {
	var all sync.WaitGroup
	u.dialer.tcp = func(ctx context.Context, _ string) (net.Conn, error) {
		if serve == nil { // nobody answers
			<-ctx.Done()
			return nil, ctx.Err()
		}
		here, there := net.Pipe()
		all.Go(func() { serve(there) })
		return here, nil
	}
	return all.Wait
}

// swallow reads what comes and never answers.
func swallow(c net.Conn) { _, _ = io.Copy(io.Discard, c); _ = c.Close() }

// ask sends a request and says how long it took until it failed.
func asked(t *testing.T, u *Upstream, url string) (time.Duration, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.GetBody = nil
	start := time.Now()
	resp, err := u.RoundTrip(r)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	return time.Since(start), err
}

// identity is a TLS server's certificate for example.com, and who trusts it.
func identity() (tls.Certificate, *x509.CertPool) {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s.TLS.Certificates[0], roots
}

// A provider that does not answer is given up after exactly its time, at each step, in plain and over TLS; and a page's
// patience is its own: nothing here ends an answer that takes longer.
func TestHowLongAProviderMayTake(t *testing.T) {
	certificate, roots := identity()
	secure := func(protocol string) func(net.Conn) {
		return func(c net.Conn) {
			s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{protocol}, MinVersion: tls.VersionTLS12})
			if err := s.Handshake(); err != nil {
				_ = c.Close()
				return
			}
			swallow(s)
		}
	}
	for name, c := range map[string]struct {
		url   string
		serve func(net.Conn)
		want  time.Duration
	}{
		"dial":                {"http://127.0.0.1:1", nil, 10 * time.Second},
		"dial, over TLS":      {"https://example.com", nil, 10 * time.Second},
		"handshake":           {"https://example.com", swallow, 10 * time.Second},
		"head":                {"http://127.0.0.1:1", swallow, 10 * time.Minute},
		"head, over TLS":      {"https://example.com", secure("http/1.1"), 10 * time.Minute},
		"head in two halves":  {"http://127.0.0.1:1", half, 10 * time.Minute},
		"nothing is taken":    {"http://127.0.0.1:1", deaf, 10*time.Minute + time.Second}, // an answer may be there already
		"a head byte by byte": {"http://127.0.0.1:1", trickle, 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := New(roots)
				defer elsewhere(u, c.serve)()
				took, err := asked(t, u, c.url)
				if err == nil || took != c.want {
					t.Errorf("given up after %v: %v; want %v", took, err, c.want)
				}
				var ne net.Error
				if !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded) && (!errors.As(err, &ne) || !ne.Timeout()) {
					t.Errorf("it is no timeout: %v", err)
				}
				u.CloseIdleConnections()
			})
		})
	}
}

// deaf reads nothing.
func deaf(c net.Conn) {
	time.Sleep(time.Hour)
	_ = c.Close()
}

// Under TLS the other side may take nothing for as long, unless whoever writes has set a time of its own. This is apart from
// the above, because net/http then holds a lock while it says farewell, which stops the clock of a bubble.
func TestHowLongNothingMayBeTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer there.Close()
		c := &patient{Conn: here}
		defer c.Close()
		for _, try := range []struct {
			set  time.Duration // 0: none
			want time.Duration
		}{{0, 10 * time.Minute}, {5 * time.Second, 5 * time.Second}, {0, 10 * time.Minute}} {
			var until time.Time
			if try.set != 0 {
				until = time.Now().Add(try.set)
			}
			if err := c.SetWriteDeadline(until); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if _, err := c.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != try.want {
				t.Errorf("given up after %v: %v; want %v", time.Since(start), err, try.want)
			}
		}
	})
}

// half sends the beginning of a head.
func half(c net.Conn) {
	r := bufio.NewReader(c)
	if _, err := http.ReadRequest(r); err == nil {
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX-A: ")
	}
	swallow(c)
}

// trickle sends a head of which there is always more.
func trickle(c net.Conn) {
	defer c.Close()
	if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
		return
	}
	for _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nX-A: "); err == nil; _, err = io.WriteString(c, "x") {
		time.Sleep(time.Second)
	}
}

// An answer that began may pause as long as whoever reads it lets it, and take as long as it likes.
func TestAnAnswerMayTakeItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := New(nil)
		wait := elsewhere(u, func(c net.Conn) {
			defer c.Close()
			if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
				return
			}
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
			for range 100 {
				time.Sleep(9 * time.Minute)
				_, _ = io.WriteString(c, "x")
			}
		})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:1", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := u.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if b, err := io.ReadAll(resp.Body); err != nil || len(b) != 100 || time.Since(start) < 15*time.Hour-time.Minute {
			t.Errorf("%d bytes in %v: %v", len(b), time.Since(start), err)
		}
		_ = resp.Body.Close()
		u.CloseIdleConnections()
		wait()
	})
}

// keeps are how long connections lie unused, one after the other, and how many must have been made by then. A provider that closes
// a connection as a request comes makes that one fail, and providers keep theirs for longer than we do.
var keeps = []struct {
	pause time.Duration
	made  int
}{{0, 1}, {0, 1}, {29 * time.Second, 1}, {29 * time.Second, 1}, {31 * time.Second, 2}, {0, 2}}

func TestHowLongAConnectionIsKept(t *testing.T) {
	certificate, roots := identity()
	synctest.Test(t, func(t *testing.T) {
		u := New(roots)
		var made, left atomic.Int32
		wait := elsewhere(u, func(c net.Conn) {
			made.Add(1)
			oblige(tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}))
			left.Add(1)
		})
		for i, k := range keeps {
			time.Sleep(k.pause)
			if _, err := asked(t, u, "https://example.com"); err != nil {
				t.Fatal(err)
			}
			if n := int(made.Load()); n != k.made {
				t.Errorf("request %d, %v after the one before: %d connections, want %d", i+1, k.pause, n, k.made)
			}
		}
		time.Sleep(idleTimeout)
		synctest.Wait()
		if n := left.Load(); n != 2 {
			t.Errorf("%d connections are closed after nobody used any for so long, want 2", n)
		}
		u.CloseIdleConnections()
		wait()
	})
}

// oblige answers every request with nothing.
func oblige(c net.Conn) {
	defer c.Close()
	for in := bufio.NewReader(c); ; {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); err != nil {
			return
		}
	}
}

// The same of plain HTTP, over sockets, since only of those is it known whether they are still open. Time passes by setting back when
// they were last used.
func TestHowLongAPlainConnectionIsKept(t *testing.T) {
	var made atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ConnState = func(_ net.Conn, st http.ConnState) {
		if st == http.StateNew {
			made.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	u := New(nil)
	defer u.CloseIdleConnections()
	pass := func(d time.Duration) {
		u.plain.mu.Lock()
		defer u.plain.mu.Unlock()
		for _, list := range u.plain.idle {
			for _, c := range list {
				c.used = c.used.Add(-d)
			}
		}
	}
	for i, k := range keeps {
		pass(k.pause)
		if _, err := asked(t, u, s.URL); err != nil {
			t.Fatal(err)
		}
		if n := int(made.Load()); n != k.made {
			t.Errorf("request %d, %v after the one before: %d connections, want %d", i+1, k.pause, n, k.made)
		}
	}
	for _, c := range []struct {
		pause time.Duration
		kept  int
	}{{29 * time.Second, 1}, {2 * time.Second, 0}} {
		pass(c.pause)
		u.plain.closeOld()
		if n := len(u.plain.idle); n != c.kept {
			t.Errorf("%v later %d connections are kept, want %d", c.pause, n, c.kept)
		}
	}
}
