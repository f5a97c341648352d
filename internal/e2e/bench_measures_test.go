//go:build bench

package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"

	"github.com/gorilla/websocket"
)

const (
	sequence  = 2000            // requests one after the other in a round
	crowd     = 64              // requests at once
	crowdTime = 2 * time.Second // of a round
	some      = 300             // event streams one after the other in a round
	many      = 1000            // event streams at once
	events    = 100             // of each of them
)

// benchBody is 1 kB of JSON, as a short prompt is.
var benchBody = `{"model":"gpt-4o-mini","messages":[{"role":"user","content":"` + strings.Repeat("x", 930) + `"}]}`

func streamBody(wish string) string {
	return strings.Replace(benchBody, `{`, `{"stream":true,"user":"`+wish+`",`, 1)
}

// caller is a page that costs next to nothing, so that on a small machine the way is measured and not the page.
type caller struct {
	c       net.Conn
	r       *bufio.Reader
	request []byte
}

func dialPage(ctx context.Context, base, origin, body string) (*caller, error) {
	host, path, _ := strings.Cut(strings.TrimPrefix(base, "http://"), "/")
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	if path != "" {
		path = "/" + path
	}
	return &caller{c, bufio.NewReaderSize(c, 8<<10), fmt.Appendf(nil, "POST %s/chat/completions HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nContent-Type: application/json\r\n"+
		"Authorization: Bearer oaklock\r\nUser-Agent: page\r\nAccept: */*\r\nContent-Length: %d\r\n\r\n%s", path, host, origin, len(body), body)}, nil
}

// ask sends the request and reads the answer's head; the body is for the reader.
func (p *caller) ask() (length int, chunked bool, err error) {
	if _, err := p.c.Write(p.request); err != nil {
		return 0, false, err
	}
	for first := true; ; first = false {
		line, err := p.r.ReadSlice('\n')
		if err != nil {
			return 0, false, err
		}
		switch name, value, _ := bytes.Cut(line, []byte(":")); {
		case first && !bytes.Contains(line, []byte(" 200 ")):
			return 0, false, fmt.Errorf("answered %q", line)
		case len(line) <= 2:
			return length, chunked, nil
		case bytes.EqualFold(name, []byte("Content-Length")):
			length, err = strconv.Atoi(string(bytes.TrimSpace(value)))
			if err != nil {
				return 0, false, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
	}
}

// chunk reads one chunk; 0: the last one.
func (p *caller) chunk() (int, error) {
	line, err := p.r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
	if err != nil {
		return 0, err
	}
	_, err = p.r.Discard(int(n) + 2)
	return int(n), err
}

// whole is one exchange.
func (p *caller) whole() error {
	length, chunked, err := p.ask()
	if err == nil && !chunked {
		_, err = p.r.Discard(length)
		return err
	}
	for n := 1; err == nil && n > 0; {
		n, err = p.chunk()
	}
	return err
}

func once(ctx context.Context, base, body string) error {
	p, err := dialPage(ctx, base, site, body)
	if err != nil {
		return err
	}
	defer drop(p.c)
	return p.whole()
}

func latency(t *testing.T, w way) float64 {
	p, err := dialPage(t.Context(), w.base, site, benchBody)
	if err != nil {
		t.Fatal(err)
	}
	defer drop(p.c)
	var all []time.Duration
	for i := range sequence + 200 {
		start := time.Now()
		if err := p.whole(); err != nil {
			t.Fatal(w.name, err)
		}
		if i >= 200 { // warm
			all = append(all, time.Since(start))
		}
	}
	return micros(all)
}

func rate(t *testing.T, w way) float64 {
	var mu sync.Mutex
	total := 0
	end := time.Now().Add(crowdTime)
	together(t, crowd, func(i int) error {
		p, err := dialPage(t.Context(), w.base, siteOf(i), benchBody)
		if err != nil {
			return err
		}
		defer drop(p.c)
		n := 0
		for ; time.Now().Before(end); n++ {
			if err := p.whole(); err != nil {
				return err
			}
		}
		mu.Lock()
		total += n
		mu.Unlock()
		return nil
	})
	return float64(total) / crowdTime.Seconds()
}

// siteOf spreads pages over the two sites that are allowed.
func siteOf(i int) string {
	if i%2 == 1 {
		return site + ":8443"
	}
	return site
}

func together(t *testing.T, n int, f func(int) error) {
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// firstChunk begins anew after a cut stream: a ReverseProxy cuts some, as many as one in ten, when the provider answers while its
// transport still looks whether the page's body has an end, which the server has closed by then.
func firstChunk(t *testing.T, w way) float64 {
	var all []time.Duration
	for cuts := 0; len(all) < some; cuts++ {
		if cuts > some/2 {
			t.Fatal(w.name, "cuts streams")
		}
		p, err := dialPage(t.Context(), w.base, site, streamBody("5"))
		if err != nil {
			t.Fatal(err)
		}
		for err == nil && len(all) < some {
			start := time.Now()
			if _, _, err = p.ask(); err != nil {
				break
			}
			var n int
			n, err = p.chunk()
			took := time.Since(start)
			for err == nil && n > 0 {
				n, err = p.chunk()
			}
			if err == nil {
				all = append(all, took)
			}
		}
		drop(p.c)
		if err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(w.name, err)
		}
	}
	return micros(all)
}

// gate lets some streams at a time begin: of connections on which nothing was said yet Oaklock keeps 64.
var gate = make(chan struct{}, 32)

func openStream(t *testing.T, w way, i int, wish string) (*caller, error) {
	gate <- struct{}{}
	defer func() { <-gate }()
	p, err := dialPage(t.Context(), w.base, siteOf(i), streamBody(wish))
	if err == nil {
		_, _, err = p.ask()
	}
	return p, err
}

// eventRate counts what arrives: see firstChunk for who cuts streams.
func eventRate(t *testing.T, w way) float64 {
	var cut atomic.Int64
	start := time.Now()
	together(t, many, func(i int) error {
		p, err := openStream(t, w, i, strconv.Itoa(events))
		if err != nil {
			return err
		}
		defer drop(p.c)
		for n := 1; err == nil && n > 0; {
			n, err = p.chunk()
		}
		if errors.Is(err, io.EOF) {
			cut.Add(1)
			return nil
		}
		return err
	})
	if n := cut.Load(); n > many/4 {
		t.Fatalf("%s cut %d streams", w.name, n)
	}
	return float64(many-cut.Load()) * events / time.Since(start).Seconds()
}

func streamMemory(t *testing.T, w way) float64 {
	idle := megabytes(t, w.pids())
	var mu sync.Mutex
	var open []*caller
	defer func() {
		for _, p := range open {
			drop(p.c)
		}
	}()
	together(t, many, func(i int) error {
		p, err := openStream(t, w, i, "open")
		if err != nil {
			return err
		}
		mu.Lock()
		open = append(open, p)
		mu.Unlock()
		_, err = p.chunk()
		return err
	})
	return megabytes(t, w.pids()) - idle
}

// cold is a page's first token over TLS when every round trip to the provider takes 40 ms: the browser asks with a
// preflight, then posts. Direct, both go to the provider; here the first ends with us, and opens the way for the second.
func cold(t *testing.T) []string {
	const trip = 40 * time.Millisecond
	provider := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		playedProvider(w, r)
	}))
	provider.EnableHTTP2 = true
	provider.StartTLS()
	defer provider.Close()
	roots := x509.NewCertPool()
	roots.AddCert(provider.Certificate())
	far := farAway(t, provider.Listener.Addr().String(), trip)
	s := &story{TB: t, key: "sk-proj-" + strings.Repeat("k", 40), home: t.TempDir() + "/home", log: &buffer{}, vault: &memory{m: map[keychain.ID][]byte{}}}
	s.start(func(o *agent.Options) { o.RootCAs = roots })
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "openai", BaseURL: "https://" + far}))
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Secret: s.key}))
	s.allow(site, "openai")
	var direct, ours []float64
	for range rounds {
		direct = append(direct, firstToken(t, "https://"+far, roots))
		s.agent.Resumed(time.Now()) // no connection of before is left
		ours = append(ours, firstToken(t, s.agent.Endpoint()+"/llm/openai", nil))
	}
	return []string{fmt.Sprintf("A cold first token over TLS with a round trip of 40 ms, preflight and all: direct %.0f ms, through Oaklock %.0f ms (median of %d).",
		median(direct), median(ours), rounds)}
}

// firstToken is in milliseconds, by a page that has no connection yet.
func firstToken(t *testing.T, base string, roots *x509.CertPool) float64 {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	start := time.Now()
	for _, method := range []string{http.MethodOptions, http.MethodPost} {
		r, err := http.NewRequestWithContext(t.Context(), method, base+"/chat/completions", strings.NewReader(streamBody("1")))
		if err != nil {
			t.Fatal(err)
		}
		if method == http.MethodOptions {
			r.Body, r.ContentLength = nil, 0
			r.Header.Set("Access-Control-Request-Method", http.MethodPost)
		}
		r.Header.Set("Origin", site)
		r.Header.Set("Content-Type", "application/json")
		resp, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if method == http.MethodPost {
			if _, err := resp.Body.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
		}
		_ = resp.Body.Close()
	}
	return float64(time.Since(start).Microseconds()) / 1000
}

// farAway is a way to an address on which a round trip takes this long, that of TCP's own handshake too.
func farAway(t *testing.T, to string, trip time.Duration) string {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer drop(near)
				time.Sleep(trip) // of SYN and its answer
				far, err := net.Dial("tcp", to)
				if err != nil {
					return
				}
				defer drop(far)
				var both sync.WaitGroup
				both.Go(func() { late(far, near, trip/2) })
				both.Go(func() { late(near, far, trip/2) })
				both.Wait()
			})
		}
	})
	return l.Addr().String()
}

// late passes bytes on, each piece this much later than it came.
func late(to, from net.Conn, by time.Duration) {
	type piece struct {
		b  []byte
		at time.Time
	}
	pieces := make(chan piece, 1024)
	go func() {
		defer close(pieces)
		for {
			b := make([]byte, 32<<10)
			n, err := from.Read(b)
			if n > 0 {
				pieces <- piece{b[:n], time.Now().Add(by)}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range pieces {
		time.Sleep(time.Until(p.at))
		if _, err := to.Write(p.b); err != nil {
			break
		}
	}
	_ = to.Close()
	_ = from.Close()
	for range pieces { //nolint:revive // until the reader has ended
	}
}

func roundTrip(t *testing.T, w way) float64 {
	d := websocket.Dialer{Subprotocols: []string{"realtime", "openai-insecure-api-key.oaklock"}}
	c, resp, err := d.DialContext(t.Context(), "ws"+strings.TrimPrefix(w.socket, "http")+"/realtime?model=gpt-realtime-1.5", http.Header{"Origin": {site}})
	if err != nil {
		t.Fatal(w.name, err)
	}
	_ = resp.Body.Close()
	defer drop(c)
	message := []byte(`{"type":"input_audio_buffer.append","audio":"` + strings.Repeat("A", 900) + `"}`)
	var all []time.Duration
	for i := range sequence + 200 {
		start := time.Now()
		if err := c.WriteMessage(websocket.TextMessage, message); err != nil {
			t.Fatal(w.name, err)
		}
		if _, _, err := c.ReadMessage(); err != nil {
			t.Fatal(w.name, err)
		}
		if i >= 200 {
			all = append(all, time.Since(start))
		}
	}
	return micros(all)
}
