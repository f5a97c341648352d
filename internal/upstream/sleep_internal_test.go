package upstream

import (
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/clock"
)

// After a sleep, of which the wall clock alone knows, no request uses a connection from before. Only the first looks at that.
func TestAWallClockThatWentOn(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RemoteAddr) }))
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	u := New(roots)
	defer u.CloseIdleConnections()
	ask := func() string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := u.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		b, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	last := ask()
	for _, c := range []struct {
		gone time.Duration // of the wall clock alone
		kept bool
	}{{0, true}, {time.Second, true}, {time.Hour, false}, {0, true}, {-time.Hour, true}, {2 * clock.Tolerance, false}, {0, true}} {
		u.sleep.ahead.Add(-int64(c.gone)) // as if the last look had been that long ago
		got := ask()
		if (got == last) != c.kept {
			t.Errorf("after %v a request used %s, the one before %s", c.gone, got, last)
		}
		last = got
	}
	u.sleep.ahead.Add(-int64(time.Hour))
	u.Open(s.URL)
	if got := ask(); got == last {
		t.Error("a connection from before was used, since one was opened ahead")
	}
}
