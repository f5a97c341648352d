package upstream

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// A provider's head may have 256 KiB, whatever it is spoken over: more is no answer, and is not read.
func TestHowLongAHeadMayBe(t *testing.T) {
	for name, h2 := range map[string]bool{"over TLS": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			var long atomic.Bool
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if long.Load() {
					for range 64 {
						w.Header().Add("X-A", strings.Repeat("x", 16<<10))
					}
				}
			}))
			s.EnableHTTP2 = h2
			s.StartTLS()
			defer func() { s.CloseClientConnections(); s.Close() }()
			u := New(s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs)
			defer u.CloseIdleConnections()
			for _, l := range []bool{false, true} {
				long.Store(l)
				resp, err := u.RoundTrip(post(t.Context(), t, s.URL, 2))
				if (err != nil) != l {
					t.Errorf("a head of 1 MiB (%v): %v", l, err)
				}
				if err == nil {
					if resp.ProtoMajor != map[bool]int{false: 1, true: 2}[h2] {
						t.Errorf("it is spoken %s", resp.Proto)
					}
					_ = resp.Body.Close()
				}
			}
		})
	}
	certificate, roots := identity()
	for _, scheme := range []string{"http", "https"} {
		t.Run("a WebSocket over "+scheme, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // TLS takes 5 s to say farewell to who does not listen
				u := New(roots)
				var sent atomic.Int64
				wait := elsewhere(u, func(c net.Conn) {
					defer c.Close()
					if scheme == "https" {
						c = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
					}
					if _, err := c.Read(make([]byte, 4096)); err != nil {
						return
					}
					more := []byte(strings.Repeat("x", 4096))
					for _, err := io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nX-A: "); err == nil && sent.Load() < 16<<20; sent.Add(4096) {
						_, err = c.Write(more)
					}
				})
				conn, err := u.DialSocket(t.Context(), scheme+"://example.com/x", http.Header{}, nil)
				if err == nil {
					_ = conn.Close()
				}
				wait()
				if n := sent.Load(); err == nil || n > 1<<20 {
					t.Errorf("%d bytes of a head were read: %v", n, err)
				}
			})
		})
	}
}
