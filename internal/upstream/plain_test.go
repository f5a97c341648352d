package upstream_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/upstream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// send posts a body and reads the whole answer.
func send(ctx context.Context, rt http.RoundTripper, url, body string) (*http.Response, string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return nil, "", err
	}
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	resp, err := rt.RoundTrip(r)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return resp, string(b), err
}

// counting is a server that says how many connections were made to it.
func counting(t *testing.T, h http.HandlerFunc) (url string, connections func() int) {
	t.Helper()
	var mu sync.Mutex
	n := 0
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(_ net.Conn, st http.ConnState) {
		if st == http.StateNew {
			mu.Lock()
			n++
			mu.Unlock()
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, func() int { mu.Lock(); defer mu.Unlock(); return n }
}

func echo(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	if err == nil {
		_, _ = w.Write(append([]byte("echo "), b...))
	}
}

func TestOneConnectionServesManyRequests(t *testing.T) {
	url, connections := counting(t, echo)
	var p upstream.Plain
	defer p.CloseIdleConnections()
	for i := range 20 {
		body := strings.Repeat("x", i*1000)
		if _, got, err := send(t.Context(), &p, url, body); err != nil || got != "echo "+body {
			t.Fatalf("%d: %.40q, %v", i, got, err)
		}
	}
	if n := connections(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestManyAtOnceDoNotMix(t *testing.T) {
	url, _ := counting(t, echo)
	var p upstream.Plain
	defer p.CloseIdleConnections()
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			for j := range 20 {
				body := fmt.Sprint(i, j)
				if _, got, err := send(t.Context(), &p, url, body); err != nil || got != "echo "+body {
					t.Errorf("%q, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestConnectionThatTheProviderClosedIsNotUsed(t *testing.T) {
	url, connections := counting(t, echo)
	var p upstream.Plain
	defer p.CloseIdleConnections()
	s := httptest.NewServer(http.HandlerFunc(echo))
	for range 3 {
		if _, _, err := send(t.Context(), &p, s.URL, "a"); err != nil {
			t.Fatal(err)
		}
		s.CloseClientConnections()
	}
	s.Close()
	if _, _, err := send(t.Context(), &p, url, "a"); err != nil || connections() != 1 {
		t.Errorf("%v, %d connections", err, connections())
	}
}

func TestEndedContextEndsTheExchange(t *testing.T) {
	begun, hungUp := make(chan struct{}, 2), make(chan struct{}, 2)
	url, _ := counting(t, func(w http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		if r.URL.Path == "/late" {
			_, _ = io.WriteString(w, "begun")
			_ = http.NewResponseController(w).Flush()
		}
		_, _ = io.Copy(io.Discard, r.Body) // net/http notices a hang-up only after the body
		<-r.Context().Done()
		hungUp <- struct{}{}
	})
	var p upstream.Plain
	defer p.CloseIdleConnections()
	t.Run("before the head", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		end := make(chan error, 1)
		go func() { _, _, err := send(ctx, &p, url, ""); end <- err }()
		<-begun
		cancel()
		if err := <-end; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		<-hungUp
	})
	t.Run("within the body", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/late", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := p.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if _, err := io.ReadFull(resp.Body, make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
		cancel()
		if _, err := resp.Body.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("reads on: %v", err)
		}
		<-hungUp
	})
	t.Run("already", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := send(ctx, &p, url, "x"); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// raw answers every connection with text, whatever is asked.
func raw(t *testing.T, text string) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				_, _ = io.WriteString(c, text)
			}
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return "http://" + l.Addr().String()
}

func TestOddAnswers(t *testing.T) {
	var p upstream.Plain
	defer p.CloseIdleConnections()
	for name, c := range map[string]struct {
		text   string
		status int    // 0: an error
		body   string // or what the error says
	}{
		"informational first":    {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok"},
		"informational for ever": {strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 20), 0, "malformed"},
		"endless head":           {"HTTP/1.1 200 OK\r\n" + strings.Repeat("X-A: "+strings.Repeat("b", 1000)+"\r\n", 400), 0, "malformed"},
		"garbage":                {"not http\r\n\r\n", 0, "malformed"},
		"silence":                {"", 0, "EOF"},
		"cut body":               {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", 0, "unexpected EOF"},
		"cut chunks":             {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", 0, "unexpected EOF"},
		"until the close":        {"HTTP/1.1 200 OK\r\n\r\nall of it", 200, "all of it"},
		"no content":             {"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
		"switching protocols":    {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", 101, ""},
	} {
		resp, body, err := send(t.Context(), &p, raw(t, c.text), "x")
		switch {
		case c.status == 0 && (err == nil || !strings.Contains(err.Error(), c.body)):
			t.Errorf("%s: %v, %v", name, resp, err)
		case c.status != 0 && (err != nil || resp.StatusCode != c.status || body != c.body):
			t.Errorf("%s: %v %q %v", name, resp, body, err)
		}
	}
}

// What a provider sends after its answer must not become the next request's answer.
func TestSurplusBytesEndTheConnection(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	url := raw(t, ok+"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
	var p upstream.Plain
	defer p.CloseIdleConnections()
	for range 3 {
		if _, body, err := send(t.Context(), &p, url, "x"); err != nil || body != "ok" {
			t.Errorf("%q, %v", body, err)
		}
	}
}

func TestUpstreamVerifiesTheCertificate(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(echo))
	defer s.Close()
	s.Config.ErrorLog = nil
	u := upstream.New(nil)
	defer u.CloseIdleConnections()
	if _, _, err := send(t.Context(), u, s.URL, "x"); err == nil {
		t.Error("an unknown certificate was trusted")
	}
}

// What a header says cannot become another line or another request, and what cannot be sent whole gets no answer.
func TestWhatIsSentIsOneRequest(t *testing.T) {
	var got *http.Request
	var body string
	url, connections := counting(t, func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
	})
	var p upstream.Plain
	defer p.CloseIdleConnections()
	ask := func(method, text string, length int64, h http.Header) error {
		r, err := http.NewRequestWithContext(t.Context(), method, url+"/a%2Fb?c=d%20e", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Body, r.ContentLength, r.Header = io.NopCloser(strings.NewReader(text)), length, h
		resp, err := p.RoundTrip(r)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
	for method, want := range map[string][]string{http.MethodPost: {"0"}, http.MethodDelete: {"0"}, http.MethodGet: nil} {
		if err := ask(method, "", 0, http.Header{"X-A": {"1", "2"}}); err != nil {
			t.Fatal(err)
		}
		if got.Method != method || got.RequestURI != "/a%2Fb?c=d%20e" || got.Host != strings.TrimPrefix(url, "http://") ||
			!slices.Equal(got.Header["X-A"], []string{"1", "2"}) || !slices.Equal(got.Header["Content-Length"], want) || body != "" {
			t.Errorf("%s: %s %s %s %v %q", method, got.Method, got.RequestURI, got.Host, got.Header, body)
		}
	}
	before := connections()
	got = nil
	for _, h := range []http.Header{
		{"X-A": {"1\r\nX-B: 2"}}, {"X-A": {"1\n"}}, {"X-A": {"\x00"}}, {"X-A: 1\r\nX-B": {"2"}}, {"": {"1"}},
		{"Content-Length": {"3"}}, {"Transfer-Encoding": {"chunked"}}, {"Host": {"other.example"}}, {"Connection": {"close"}}, {"Upgrade": {"x"}},
	} {
		if err := ask(http.MethodPost, "abc", 3, h); err == nil {
			t.Errorf("%q was sent", h)
		}
	}
	if connections() != before || got != nil {
		t.Errorf("%d connections for what must not be sent", connections()-before)
	}
	for text, length := range map[string]int64{"ab": 3, "": 1} {
		if err := ask(http.MethodPost, text, length, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("a body of %d bytes that says %d: %v", len(text), length, err)
		}
	}
	if err := ask(http.MethodPost, "abc", 3, nil); err != nil || body != "abc" {
		t.Errorf("afterwards: %q, %v", body, err)
	}
}

// Ready is true only of what is here: a page's head waits for it.
func TestReady(t *testing.T) {
	var p upstream.Plain
	defer p.CloseIdleConnections()
	const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for text, want := range map[string]bool{head: false, head + "2\r\nok\r\n": true} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, raw(t, text), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := p.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := resp.Body.(interface{ Ready() bool }).Ready(); got != want {
			t.Errorf("after %q it is %v", text, got)
		}
		_ = resp.Body.Close()
	}
}
