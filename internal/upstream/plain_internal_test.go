package upstream

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// Whatever a request is made of, it is refused, or net/http's server reads this one request out of what is sent, and nothing behind it.
func FuzzPlainRequest(f *testing.F) {
	for _, seed := range []struct{ method, address, name, value, other, body string }{
		{"POST", "http://127.0.0.1:1/v1/chat?a=b%20c", "Content-Type", "application/json", "x", "{}"},
		{"GET", "http://[::1]:11434/a%2Fb?x", "X-A", "1\r\nX-B: 2", "", ""},
		{"POST", "http://localhost", "content-length", "0", "", "GET /x HTTP/1.1\r\nHost: y\r\n\r\n"},
		{"POST", "http://localhost/", "tRANSFER-eNCODING", "chunked", "", "0\r\n\r\n"},
		{"POST", "http://h/?a b", "X-A", "\tb ", " ", "abc"},
		{"POST", "http://h/x HTTP/1.1\r\nX: y", "X", "", "\x00", ""},
		{"GET /x HTTP/1.1\r\nA:", "http://h/", "X", "y", "", ""},
		{"CONNECT", "http://h:80", "Host", "other", "", ""},
		{"POST", "http:opaque?x", "Expect", "100-continue", "", "abc"},
		{"POST", "http://h//x/../y", "Upgrade", "h2c", "", "abc"},
		{"DELETE", "http://h\x80/", "Trailer", "X", "", ""},
		{"PRI", "http://h/*", "Connection", "close", "", ""},
	} {
		f.Add(seed.method, seed.address, seed.name, seed.value, seed.other, seed.body)
	}
	f.Fuzz(func(t *testing.T, method, address, name, value, other, body string) {
		u, err := url.Parse(address)
		if err != nil {
			return
		}
		r := &http.Request{Method: method, URL: u, Header: http.Header{name: {value, other}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
		target, err := check(r)
		if err != nil {
			return
		}
		var wire bytes.Buffer
		c := &conn{w: bufio.NewWriter(&wire)}
		if err := c.write(r, target); err != nil {
			t.Fatalf("%q to %q: %v", method, address, err)
		}
		sent := wire.String()
		from := bufio.NewReader(&wire)
		got, err := http.ReadRequest(from)
		if err != nil {
			t.Fatalf("%q is no request: %v", sent, err)
		}
		read, err := io.ReadAll(got.Body)
		if err != nil || string(read) != body || from.Buffered()+wire.Len() > 0 {
			t.Errorf("%q: a body of %q, %v, and %d bytes behind it", sent, read, err, from.Buffered()+wire.Len())
		}
		if got.Method != method || got.RequestURI != target || got.Host != u.Host || !got.ProtoAtLeast(1, 1) || got.Close || len(got.TransferEncoding)+len(got.Trailer) > 0 {
			t.Errorf("%q is read as %+v", sent, got)
		}
		want := http.Header{textproto.CanonicalMIMEHeaderKey(name): {textproto.TrimString(value), textproto.TrimString(other)}}
		got.Header.Del("Content-Length")
		if !maps.EqualFunc(got.Header, want, slices.Equal) {
			t.Errorf("%q has the header %q, want %q", sent, got.Header, want)
		}
	})
}

// said is the provider's side of a connection on which all that it says is there already, and where it then hangs up.
type said struct {
	net.Conn
	r *strings.Reader
}

func (s *said) Read(p []byte) (int, error)       { return s.r.Read(p) }
func (s *said) Write(p []byte) (int, error)      { return len(p), nil }
func (s *said) SetReadDeadline(time.Time) error  { return nil }
func (s *said) SetWriteDeadline(time.Time) error { return nil }
func (s *said) Close() error                     { return nil }

// Whatever a provider says, it is one answer as net/http's client reads it, or an error; and a connection serves again only if there
// is nothing behind the answer, and both sides want it to.
func FuzzPlainAnswer(f *testing.F) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	for _, seed := range []string{
		ok, ok + ok, ok + "\r\n", "HTTP/1.1 100 Continue\r\n\r\n" + ok, "HTTP/1.1 101 Switching Protocols\r\n\r\n" + ok, strings.Repeat("HTTP/1.1 103 X\r\n\r\n", 9) + ok,
		"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok" + ok,
		"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 204 No Content\r\n\r\n" + ok, "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok" + ok, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + ok,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2;a=b\r\nok\r\n0\r\nX: y\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nHTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "HTTP/1.1 200 OK\n\nok", "HTTP/1.1 200 OK\r\n X: folded\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n",
		"", "\x00", "HTTP/1.1 200 OK\r\nA: b\r\na:\tc \r\nContent-Length: 2\r\n\r\nok" + ok, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok" + ok,
		"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nPragma: no-cache\r\n\r\nok", "HTTP/1.1 200 OK\r\nA: b\rc\r\nContent-Length: 2\r\n\r\nok",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := http.NewRequest(http.MethodPost, "http://h/", nil) //nolint:noctx // it goes nowhere
		if err != nil {
			t.Fatal(err)
		}
		raw := &said{r: strings.NewReader(text)}
		var p Plain
		c := &conn{bounded: bounded{Conn: raw}, pool: &p, addr: "h"}
		c.r, c.w = bufio.NewReader(c), bufio.NewWriter(raw)
		// What net/http's client makes of the same bytes.
		oracle := bufio.NewReader(strings.NewReader(text))
		want, wantErr := http.ReadResponse(oracle, r)
		for n := 0; wantErr == nil && want.StatusCode/100 == 1 && want.StatusCode != 101 && n < 4; n++ {
			want, wantErr = http.ReadResponse(oracle, r)
		}
		got, err := c.exchange(r, "/")
		if err != nil {
			if wantErr == nil && want.StatusCode/100 != 1 && len(text) < maxHead {
				t.Errorf("%q: %v, though it is an answer", text, err)
			}
			return
		}
		if wantErr != nil || got.StatusCode != want.StatusCode || got.Status != want.Status || !maps.EqualFunc(got.Header, want.Header, slices.Equal) {
			t.Fatalf("%q is read as %+v; net/http says %+v, %v", text, got, want, wantErr)
		}
		b := c.answer(got, false, func() bool { return true })
		body, err := io.ReadAll(b)
		_ = b.Close()
		wantBody, wantErr := io.ReadAll(want.Body)
		if !bytes.Equal(body, wantBody) || (err == nil) != (wantErr == nil) {
			t.Errorf("%q has the body %q, %v; net/http says %q, %v", text, body, err, wantBody, wantErr)
		}
		behind := oracle.Buffered() > 0
		if kept := len(p.idle["h"]) == 1; kept && (err != nil || behind || want.Close || want.StatusCode == http.StatusSwitchingProtocols) {
			t.Errorf("after %q the connection is kept", text)
		}
		p.CloseIdleConnections()
	})
}
