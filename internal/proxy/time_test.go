package proxy_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"github.com/oaklock/oaklock/internal/admission"
	"github.com/oaklock/oaklock/internal/brake"
	"github.com/oaklock/oaklock/internal/consent"
	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/issued"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/provider"
	"github.com/oaklock/oaklock/internal/proxy"
	"github.com/oaklock/oaklock/internal/secret"
	"github.com/oaklock/oaklock/internal/store"
)

const (
	site = "https://app.example"
	chat = "/llm/openai/chat/completions"
	ask  = `{"model":"gpt-4o-mini","max_tokens":9,"messages":[{"role":"user","content":"hello"}]}`
)

// door is a handler with all its rooms, one site that is allowed, and a provider that a test plays.
type door struct {
	*proxy.Handler
	ledger *ledger.Ledger
}

// open opens the rooms as the agent does. Inside a bubble of synctest their clocks are the bubble's.
func open(t *testing.T, upstream http.RoundTripper) *door {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	ctx := context.Background()
	db, err := store.Open(ctx, filepath.Join(t.TempDir(), "oaklock"))
	must(err)
	t.Cleanup(func() { must(db.Close()) })
	grants, err := grant.Open(ctx, db, grant.Options{})
	must(err)
	t.Cleanup(grants.Close)
	v, err := db.Seal().Open(ctx, func(m []byte) ([sha256.Size]byte, bool) { return sha256.Sum256(m), true }, 0, true)
	must(err)
	must(grants.Judge(ctx, db.Seal().Proven, v.Gone))
	o, err := origin.FromHeader(site)
	must(err)
	must(grants.Allow(ctx, o, []string{"openai"}, grant.Terms{Classes: []provider.Class{provider.Inference}, Models: []string{grant.AnyModel},
		Limits: grant.Limits{TokensDay: 1 << 40}}, "window"))
	book, err := ledger.Open(ctx, db, ledger.Options{})
	must(err)
	t.Cleanup(func() { must(book.Close()) })
	ids := issued.Open(db)
	t.Cleanup(ids.Close)
	stop, err := brake.Open(ctx, db, func() bool { return false })
	must(err)
	prices, err := provider.NewPrices(nil)
	must(err)
	key, err := secret.New([]byte("sk-0123456789abcdef"))
	must(err)
	redactor := secret.NewRedactor(key)
	t.Cleanup(func() { redactor.Wipe(); key.Wipe() })
	h := proxy.New(proxy.Config{
		Gate: admission.NewGate(6255), Catalogue: provider.Default, Prices: func() *provider.Prices { return prices },
		Ceiling: func() int64 { return 100 }, Grants: grants, Prove: func(context.Context) error { return nil },
		Consent: consent.New(consent.Options{Book: grants, Wait: func() time.Duration { return time.Minute }, Changed: func() {}}),
		Apps:    func(string) origin.Origin { return origin.Origin{} }, Ledger: book, Issued: ids, Brake: stop, Keys: oneKey{key, redactor},
		State: func() proxy.State { return proxy.On }, Questions: func() bool { return true }, Upstream: upstream, Ahead: func(string) {},
		Sockets: noSockets{}, Log: slog.New(slog.DiscardHandler), Changed: func() {}, Version: "test",
	})
	t.Cleanup(h.Close)
	return &door{h, book}
}

type oneKey struct {
	key      secret.Secret
	redactor *secret.Redactor
}

func (k oneKey) Key(context.Context, *provider.Provider, string) (string, secret.Secret, error) {
	return "default", k.key, nil
}
func (k oneKey) Redactor() *secret.Redactor { return k.redactor }

type noSockets struct{}

func (noSockets) DialSocket(context.Context, string, http.Header, []string) (*websocket.Conn, error) {
	return nil, errors.New("nobody opens a WebSocket here")
}

// answering is a provider whose answers' bodies a test writes into a pipe.
type answering func(ctx context.Context, to *io.PipeWriter) (status int, header http.Header)

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	from, to := io.Pipe()
	context.AfterFunc(r.Context(), func() { _ = to.CloseWithError(r.Context().Err()) }) // as connections end with their request
	status, header := a(r.Context(), to)
	return &http.Response{StatusCode: status, Header: header, Body: from, ContentLength: -1, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r}, nil
}

// page connects a page to the door through the listener's server, over a connection in memory.
func (d *door) page(t *testing.T) (page net.Conn, ended func()) {
	t.Helper()
	here, there := net.Pipe()
	l := &oneConn{c: make(chan net.Conn, 1), closed: make(chan struct{})}
	l.c <- there
	server := new(admission.Listener).Server(d)
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	return here, func() {
		_ = here.Close()
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}
}

type oneConn struct {
	c      chan net.Conn
	closed chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	select {
	case c := <-l.c:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}
func (l *oneConn) Close() error   { close(l.closed); return nil }
func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

const head = "POST " + chat + " HTTP/1.1\r\nHost: 127.0.0.1:6255\r\nOrigin: " + site + "\r\nContent-Type: application/json\r\n"

// A provider that falls silent within its answer is given up after ten minutes, counted from its last byte, in whatever way the
// answer is read; the page sees that it is not whole.
func TestHowLongAnAnswerMayPause(t *testing.T) {
	zip := func(text string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.WriteString(z, text)
		_ = z.Flush()
		return b.Bytes()
	}
	long := strings.Repeat(" ", 100<<10)
	for name, c := range map[string]struct {
		header http.Header
		says   [][]byte // with nine minutes between; then nothing
		status string   // 504 where nothing had gone out yet
	}{
		"events":                 {http.Header{"Content-Type": {"text/event-stream"}}, [][]byte{[]byte("data: 1\n\n"), []byte("data: 2\n\n"), []byte("data: 3\n\n")}, "200"},
		"no event":               {http.Header{"Content-Type": {"text/event-stream"}}, nil, "200"},
		"JSON":                   {http.Header{"Content-Type": {"application/json"}}, [][]byte{[]byte(`{"a":`), []byte(`1`)}, "504"},
		"no JSON":                {http.Header{"Content-Type": {"application/json"}}, nil, "504"},
		"long JSON":              {http.Header{"Content-Type": {"application/json"}}, [][]byte{[]byte(`{"a":` + long), []byte(long)}, "200"},
		"gzip":                   {http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}, [][]byte{zip(`{"a":`)}, "504"},
		"gzip without its head":  {http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}, [][]byte{{0x1f, 0x8b}}, "504"},
		"gzip that has not come": {http.Header{"Content-Type": {"text/event-stream"}, "Content-Encoding": {"gzip"}}, nil, "504"},
		"sound":                  {http.Header{"Content-Type": {"audio/mpeg"}}, [][]byte{[]byte("x"), []byte("y")}, "200"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				d := open(t, answering(func(ctx context.Context, to *io.PipeWriter) (int, http.Header) {
					go func() {
						for _, b := range c.says {
							if _, err := to.Write(b); err != nil {
								return
							}
							time.Sleep(9 * time.Minute)
						}
						<-ctx.Done()
					}()
					return 200, c.header.Clone()
				}))
				page, ended := d.page(t)
				go func() {
					_, _ = io.WriteString(page, head+"Connection: close\r\nContent-Length: "+strconv.Itoa(len(ask))+"\r\n\r\n"+ask)
				}()
				got, err := io.ReadAll(page)
				took := time.Since(start)
				if err != nil || wholeAnswer(got) != (c.status == "504") || !bytes.HasPrefix(got, []byte("HTTP/1.1 "+c.status+" ")) {
					t.Errorf("the page got %.300q, %v", got, err)
				}
				want := 10 * time.Minute
				if n := len(c.says); n > 0 {
					want += time.Duration(n-1) * 9 * time.Minute
				}
				if took != want {
					t.Errorf("given up after %v, want %v", took, want)
				}
				ended()
			})
		})
	}
}

// A page that stops within its body is given up after 30 s, and one that never stops as long as it goes on is not.
func TestHowLongABodyMayPause(t *testing.T) {
	for name, c := range map[string]struct {
		pause time.Duration
		want  time.Duration
	}{
		"stops":          {0, 30 * time.Second},
		"goes on slowly": {29 * time.Second, 29 * 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				d := open(t, answering(func(_ context.Context, to *io.PipeWriter) (int, http.Header) {
					go func() { _, _ = io.WriteString(to, "{}"); _ = to.Close() }()
					return 200, http.Header{"Content-Type": {"application/json"}}
				}))
				page, ended := d.page(t)
				go func() {
					if _, err := io.WriteString(page, head+"Connection: close\r\nContent-Length: "+strconv.Itoa(len(ask))+"\r\n\r\n"+ask[:len(ask)-5]); err != nil || c.pause == 0 {
						return
					}
					for _, b := range []byte(ask[len(ask)-5:]) {
						time.Sleep(c.pause)
						if _, err := page.Write([]byte{b}); err != nil {
							return
						}
					}
				}()
				got, _ := io.ReadAll(page) // a connection that was cut has said what it had to say
				if took := time.Since(start); took != c.want {
					t.Errorf("it took %v, want %v", took, c.want)
				}
				if bytes.HasPrefix(got, []byte("HTTP/1.1 200 ")) != (c.pause > 0) {
					t.Errorf("the page got %.200q", got)
				}
				ended()
			})
		})
	}
}

// wholeAnswer says whether what came on a connection looks like one whole answer.
func wholeAnswer(wire []byte) bool {
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(wire)), nil)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return err == nil && (resp.ContentLength >= 0 || len(resp.TransferEncoding) > 0)
}
