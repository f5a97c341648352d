package upstream

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"testing"
)

// What the environment says of proxies goes for nobody as long as the user has not said so: whoever sets it for a program could watch
// where requests go, and keep them from getting there.
func TestTheEnvironmentIsNotAsked(t *testing.T) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"} {
		t.Setenv(name, "http://192.0.2.1:3128")
	}
	for _, name := range []string{"NO_PROXY", "no_proxy", "REQUEST_METHOD"} {
		t.Setenv(name, "")
	}
	u := New(nil)
	defer u.CloseIdleConnections()
	var dialled []string
	u.dialer.tcp = func(_ context.Context, addr string) (net.Conn, error) {
		dialled = append(dialled, addr)
		return nil, errors.New("nobody is there")
	}
	for _, c := range []struct {
		url  string
		body int
	}{{"https://example.com/v1", 2}, {"http://127.0.0.1:1/v1", 2}, {"http://127.0.0.1:1/v1", maxPlainBody + 1}} {
		if _, err := u.RoundTrip(post(t.Context(), t, c.url, c.body)); err == nil { //nolint:bodyclose // there is none
			t.Errorf("%s was reached", c.url)
		}
	}
	for _, url := range []string{"https://example.com/v1", "http://127.0.0.1:1/v1"} {
		if _, err := u.DialSocket(t.Context(), url, http.Header{}, nil); err == nil {
			t.Errorf("a WebSocket to %s was opened", url)
		}
	}
	u.Open("https://ahead.example/v1")
	u.ahead.work.Wait()
	if want := []string{"example.com:443", "127.0.0.1:1", "127.0.0.1:1", "example.com:443", "127.0.0.1:1", "ahead.example:443"}; !slices.Equal(dialled, want) {
		t.Errorf("dialled %q, want %q", dialled, want)
	}
}
