package upstream_test

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/oaklock/oaklock/internal/upstream"
)

// middle is a proxy that connects everybody to one server, whatever name they ask for, and remembers what it was told and what
// it saw of the rest.
type middle struct {
	addr string
	to   string
	hold *string // instead of connecting, it answers this

	mu   sync.Mutex
	told []string
	saw  bytes.Buffer
}

// socksProxy and httpProxy are how a middle is spoken to.
type speaks func(m *middle, c net.Conn, r *bufio.Reader) (ok bool)

func newMiddle(t *testing.T, to string, how speaks) *middle {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &middle{addr: l.Addr().String(), to: to}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { m.serve(c, how) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return m
}

func (m *middle) serve(c net.Conn, how speaks) {
	defer c.Close()
	r := bufio.NewReader(c)
	if !how(m, c, r) {
		return
	}
	there, err := net.Dial("tcp", m.to)
	if err != nil {
		return
	}
	defer there.Close()
	done := make(chan struct{})
	go func() { defer close(done); _, _ = io.Copy(c, there); _ = c.Close() }()
	_, _ = io.Copy(there, io.TeeReader(r, m))
	_ = there.Close()
	<-done
}

func (m *middle) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.saw.Write(p)
}

func (m *middle) tell(s string) { m.mu.Lock(); defer m.mu.Unlock(); m.told = append(m.told, s) }

func (m *middle) heard() (told, saw string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.told, "; "), m.saw.String()
}

func byHTTP(m *middle, c net.Conn, r *bufio.Reader) bool {
	req, err := http.ReadRequest(r)
	if err != nil {
		return false
	}
	m.tell(fmt.Sprintf("%s %s %s", req.Method, req.Host, req.Header.Get("Proxy-Authorization")))
	if m.hold != nil {
		_, _ = io.WriteString(c, *m.hold)
		return false
	}
	_, err = io.WriteString(c, "HTTP/1.1 200 Connection established\r\nX-Odd: yes\r\n\r\n")
	return err == nil
}

// bySOCKS is as much of RFC 1928 as a client without a password needs.
func bySOCKS(m *middle, c net.Conn, r *bufio.Reader) bool {
	head := make([]byte, 2)
	if _, err := io.ReadFull(r, head); err != nil || head[0] != 5 {
		return false
	}
	if _, err := io.ReadFull(r, make([]byte, head[1])); err != nil {
		return false
	}
	_, _ = c.Write([]byte{5, 0})
	ask := make([]byte, 5)
	if _, err := io.ReadFull(r, ask); err != nil || ask[3] != 3 {
		return false
	}
	name := make([]byte, int(ask[4])+2)
	if _, err := io.ReadFull(r, name); err != nil {
		return false
	}
	m.tell(fmt.Sprintf("SOCKS %s:%d", name[:ask[4]], binary.BigEndian.Uint16(name[ask[4]:])))
	_, err := c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	return err == nil
}

// secretProvider is a TLS server for example.com.
func secretProvider(t *testing.T) (addr string, u *upstream.Upstream) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said := r.Header.Get("Authorization") + " at " + r.Host
		if r.Header.Get("Upgrade") == "" {
			_, _ = io.WriteString(w, said)
			return
		}
		greet(w, r, said)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	u = upstream.New(roots)
	t.Cleanup(func() { u.CloseIdleConnections(); s.Close() })
	return s.Listener.Addr().String(), u
}

func get(t *testing.T, u *upstream.Upstream, url string) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer the-key")
	resp, err := u.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// greet accepts a WebSocket and says one thing.
func greet(w http.ResponseWriter, r *http.Request, said string) {
	c, err := new(websocket.Upgrader).Upgrade(w, r, nil)
	if err != nil {
		return // the client has seen why
	}
	defer c.Close()
	_ = c.WriteMessage(websocket.TextMessage, []byte(said))
}

// greeted is what a WebSocket says first.
func greeted(t *testing.T, u *upstream.Upstream, url string) (string, error) {
	t.Helper()
	c, err := u.DialSocket(t.Context(), url, http.Header{"Authorization": {"Bearer the-key"}}, nil)
	if err != nil {
		return "", err
	}
	defer c.Close()
	_, b, err := c.ReadMessage()
	return string(b), err
}

// ways are those in which something is asked of a provider: they go the same way to it.
var ways = map[string]func(*testing.T, *upstream.Upstream, string) (string, error){"a request": get, "a WebSocket": greeted}

func mustProxy(t *testing.T, v string) *upstream.Proxy {
	t.Helper()
	p, err := upstream.ParseProxy(v)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Through a proxy goes a TLS connection with the provider: the proxy learns its name, and nothing of what is said.
func TestAProxyIsAskedToConnectAndSeesNothing(t *testing.T) {
	addr, u := secretProvider(t)
	for name, c := range map[string]struct {
		how    speaks
		scheme string
		told   string
	}{
		"HTTP":  {byHTTP, "http", "CONNECT example.com:443 "},
		"SOCKS": {bySOCKS, "socks5", "SOCKS example.com:443"},
	} {
		for way, ask := range ways {
			m := newMiddle(t, addr, c.how)
			u.SetProxy(mustProxy(t, c.scheme+"://"+m.addr))
			if got, err := ask(t, u, "https://example.com/v1"); err != nil || got != "Bearer the-key at example.com" {
				t.Errorf("%s, %s: %q, %v", name, way, got, err)
			}
			told, saw := m.heard()
			if told != c.told || saw == "" || strings.Contains(saw, "the-key") || strings.Contains(saw, "/v1") {
				t.Errorf("%s, %s: the proxy was told %q and saw %q", name, way, told, saw)
			}
		}
		// A connection opened ahead goes the same way.
		m := newMiddle(t, addr, c.how)
		u.SetProxy(mustProxy(t, c.scheme+"://"+m.addr))
		u.Open("https://example.com")
		if _, err := get(t, u, "https://example.com/v1"); err != nil {
			t.Errorf("%s, ahead: %v", name, err)
		}
		if told, _ := m.heard(); told != c.told {
			t.Errorf("%s, ahead: the proxy was told %q", name, told)
		}
	}
	u.SetProxy(nil)
	for way, ask := range ways {
		if got, err := ask(t, u, "https://example.com/v1"); err == nil { // nobody of that name is here
			t.Errorf("%s without a proxy: example.com answered %q", way, got)
		}
	}
}

// What is on this machine is reached directly, and plain HTTP never by way of a proxy, which would see the key.
func TestWhatGoesPastTheProxy(t *testing.T) {
	addr, u := secretProvider(t)
	m := newMiddle(t, addr, byHTTP)
	u.SetProxy(mustProxy(t, "http://"+m.addr))
	for way, ask := range ways {
		if got, err := ask(t, u, "https://"+addr); err != nil || !strings.HasPrefix(got, "Bearer the-key at 127.0.0.1") {
			t.Errorf("%s: %q, %v", way, got, err)
		}
	}
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			greet(w, r, r.Header.Get("Authorization"))
			return
		}
		echo(w, r)
	}))
	defer plain.Close()
	for _, size := range []int{10, 300 << 10} {
		if _, got, err := send(t.Context(), u, plain.URL, strings.Repeat("x", size)); err != nil || len(got) != size+5 {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	if got, err := greeted(t, u, plain.URL); err != nil || got != "Bearer the-key" {
		t.Errorf("a plain WebSocket: %q, %v", got, err)
	}
	if told, _ := m.heard(); told != "" {
		t.Errorf("the proxy was told %q", told)
	}
}

// The provider's certificate is verified also behind a proxy: a proxy that answers in its place is found out.
func TestAProxyCannotPlayTheProvider(t *testing.T) {
	impostor := httptest.NewTLSServer(http.HandlerFunc(echo))
	defer impostor.Close()
	_, u := secretProvider(t)
	u2 := upstream.New(x509.NewCertPool())
	defer u2.CloseIdleConnections()
	m := newMiddle(t, impostor.Listener.Addr().String(), byHTTP)
	for _, one := range []*upstream.Upstream{u, u2} {
		one.SetProxy(mustProxy(t, "http://"+m.addr))
	}
	for way, ask := range ways {
		if got, err := ask(t, u, "https://other.example/v1"); err == nil { // the certificate is for example.com
			t.Errorf("%s, another name: %q", way, got)
		}
		if got, err := ask(t, u2, "https://example.com/v1"); err == nil {
			t.Errorf("%s, an unknown authority: %q", way, got)
		}
	}
}

// A proxy that does not connect is an error, the same for both ways, in which nothing of its password is.
func TestAProxyThatRefuses(t *testing.T) {
	for _, name := range []string{"https_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD"} {
		t.Setenv(name, "")
	}
	addr, u := secretProvider(t)
	m := newMiddle(t, addr, byHTTP)
	t.Setenv("HTTPS_PROXY", "http://me:pass-word@"+m.addr)
	u.SetProxy(mustProxy(t, "environment"))
	for _, hold := range []string{"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "HTTP/1.1 502 No\r\nContent-Length: 2\r\n\r\nno", "garbage\r\n\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "",
		"HTTP/1.1 200 OK\r\n" + strings.Repeat("X-A: "+strings.Repeat("b", 1000)+"\r\n", 400)} {
		m.hold = &hold
		said := map[string]string{}
		for way, ask := range ways {
			got, err := ask(t, u, "https://example.com/v1")
			if err == nil {
				t.Fatalf("%.40q: %s got %q", hold, way, got)
			}
			if !errors.Is(err, upstream.ErrNoTunnel) || errors.Is(err, websocket.ErrBadHandshake) {
				t.Errorf("%.40q: %s fails with %v", hold, way, err)
			}
			said[way] = err.Error()
			for _, secret := range []string{"pass-word", base64.StdEncoding.EncodeToString([]byte("me:pass-word"))} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%.40q: the password is in %q", hold, err)
				}
			}
		}
		if said["a request"] != said["a WebSocket"] {
			t.Errorf("%.40q: %q", hold, said)
		}
	}
	if told, _ := m.heard(); !strings.Contains(told, "Basic ") {
		t.Errorf("it was told %q, and no password", told)
	}
	for _, scheme := range []string{"http", "https", "socks5"} {
		u.SetProxy(mustProxy(t, scheme+"://127.0.0.1:1"))
		for way, ask := range ways {
			if got, err := ask(t, u, "https://example.com/v1"); !errors.Is(err, upstream.ErrNoTunnel) {
				t.Errorf("%s by way of nobody (%s): %q, %v", way, scheme, got, err)
			}
		}
	}
}

func TestTheEnvironmentsProxy(t *testing.T) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD"} {
		t.Setenv(name, "")
	}
	addr, u := secretProvider(t)
	m := newMiddle(t, addr, byHTTP)
	ask := func() error {
		u.SetProxy(mustProxy(t, "environment"))
		_, err := get(t, u, "https://example.com/v1")
		_, err2 := greeted(t, u, "https://example.com/v1")
		if (err == nil) != (err2 == nil) {
			t.Errorf("a request: %v; a WebSocket: %v", err, err2)
		}
		return err
	}
	t.Setenv("HTTP_PROXY", "http://"+m.addr)
	if err := ask(); err == nil {
		t.Error("HTTP_PROXY is for plain HTTP, and was used")
	}
	for _, name := range []string{"HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, "http://me:word@"+m.addr)
		if err := ask(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		t.Setenv("NO_PROXY", "example.com")
		if err := ask(); err == nil {
			t.Errorf("%s: NO_PROXY was not heeded", name)
		}
		t.Setenv("NO_PROXY", "")
		t.Setenv(name, "")
	}
	told, _ := m.heard()
	if want := "CONNECT example.com:443 Basic " + base64.StdEncoding.EncodeToString([]byte("me:word")); told != strings.Join([]string{want, want, want, want}, "; ") {
		t.Errorf("the proxy was told %q", told)
	}
	t.Setenv("HTTPS_PROXY", "ftp://me:word@"+m.addr)
	if err := ask(); !errors.Is(err, upstream.ErrNoTunnel) || strings.Contains(err.Error(), "word") {
		t.Errorf("a proxy of an unknown kind: %v", err)
	}
	// Without the setting the environment does not count.
	t.Setenv("HTTPS_PROXY", "http://"+m.addr)
	u.SetProxy(nil)
	if _, err := get(t, u, "https://example.com/v1"); err == nil {
		t.Error("the environment's proxy was used without being asked for")
	}
}

func TestProxyAddresses(t *testing.T) {
	for _, v := range []string{"http://127.0.0.1:3128", "https://proxy.example", "socks5://[::1]:1080", "socks5h://proxy.example:1080"} {
		if p, err := upstream.ParseProxy(v); err != nil || p == nil {
			t.Errorf("%s: %v", v, err)
		}
	}
	if p, err := upstream.ParseProxy("off"); err != nil || p != nil {
		t.Errorf("off: %v, %v", p, err)
	}
	for _, v := range []string{"", "on", "proxy.example:3128", "ftp://proxy.example", "http://", "http://proxy.example/path", "http://me:word@proxy.example",
		"http://proxy.example?x", "http://proxy.example#x", "http://proxy.example:99999", "http://proxy.example:0", "http://proxy.example:", "http:proxy.example", "//proxy.example"} {
		if p, err := upstream.ParseProxy(v); !errors.Is(err, upstream.ErrProxy) || p != nil {
			t.Errorf("%q: %v, %v", v, p, err)
		}
	}
}
