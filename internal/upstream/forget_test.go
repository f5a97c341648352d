package upstream_test

import (
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/oaklock/oaklock/internal/upstream"
)

// TestForget: the connections of before are for nobody any more, not even the HTTP/2 one on which an answer runs, which goes
// on all the same.
func TestForget(t *testing.T) {
	for name, c := range map[string]struct {
		h2    bool
		start func(*httptest.Server)
	}{
		"HTTP/2":     {true, (*httptest.Server).StartTLS},
		"plain HTTP": {false, (*httptest.Server).Start},
	} {
		t.Run(name, func(t *testing.T) {
			more := make(chan struct{})
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, r.RemoteAddr+" "+r.Proto)
				if r.URL.Path == "/long" {
					_ = http.NewResponseController(w).Flush()
					<-more
					_, _ = io.WriteString(w, "end")
				}
			}))
			s.EnableHTTP2 = c.h2
			c.start(s)
			t.Cleanup(s.Close)
			roots := x509.NewCertPool()
			if c.h2 {
				roots.AddCert(s.Certificate())
			}
			u := upstream.New(roots)
			t.Cleanup(u.CloseIdleConnections)
			send := func(path string) *http.Response {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				answer, err := u.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				return answer
			}
			read := func(answer *http.Response) string {
				b, err := io.ReadAll(answer.Body)
				_ = answer.Body.Close()
				if err != nil {
					t.Fatal(err)
				}
				return string(b)
			}
			first := read(send("/"))
			if second := read(send("/")); second != first {
				t.Fatalf("without Forget the connection is kept: %q, then %q", first, second)
			}
			long := send("/long")
			u.Forget()
			if third := read(send("/")); third == first {
				t.Errorf("after Forget a request took the connection of before, %q", third)
			}
			close(more)
			if got := read(long); got != first+"end" {
				t.Errorf("what ran went on as %q, want %q", got, first+"end")
			}
		})
	}
}
