package http1

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"
)

// conn is a connection and the request under way on it. One goroutine serves it; what others touch is in busy and watch.
type conn struct {
	net.Conn
	s    *Server
	busy atomic.Bool // a request is under way
	r    *bufio.Reader
	left int // bytes that may still be read of a head
	base context.Context
	page watch
	out  answer
}

// unbounded is left where what is read is no head.
const unbounded = -1

var readers = sync.Pool{New: func() any { return bufio.NewReader(nil) }}

// Read reads for r.
func (c *conn) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	if c.left > 0 && len(p) > c.left {
		p = p[:c.left]
	}
	n, err := c.page.ahead(p)
	if n == 0 && err == nil {
		n, err = c.Conn.Read(p)
	}
	if c.left > 0 {
		c.left -= n
	}
	return n, err
}

func (c *conn) says(state http.ConnState) {
	if c.s.State != nil {
		c.s.State(c.Conn, state)
	}
}

// serve answers one request after the other.
func (c *conn) serve() {
	c.r = readers.Get().(*bufio.Reader)
	c.r.Reset(c)
	c.base = context.Background()
	if c.s.Context != nil {
		c.base = c.s.Context(c.Conn)
	}
	for c.one() && !c.s.stopping() {
		c.says(http.StateIdle)
	}
	if c.out.hijacked {
		return // and r with it
	}
	_ = c.Close()
	c.r.Reset(nil)
	readers.Put(c.r)
	c.s.end(c, http.StateClosed)
}

// one answers a request, and says whether another may follow.
func (c *conn) one() bool {
	if _, err := c.r.Peek(1); err != nil {
		return false
	}
	c.busy.Store(true)
	defer c.busy.Store(false)
	c.says(http.StateActive)
	r, err := c.head()
	if err != nil {
		if no := refusal(""); errors.As(err, &no) {
			_, _ = io.WriteString(c.Conn, "HTTP/1.1 "+string(no)+"\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"+string(no))
			c.linger()
		}
		return false
	}
	ctx, cancel := context.WithCancel(c.base)
	defer cancel()
	b := &body{from: r.Body, c: c, left: r.Body != http.NoBody, rest: r.ContentLength, gone: cancel}
	w := &c.out
	w.begin(c, r, b, cancel)
	defer w.release()
	switch expected := r.Header.Get("Expect"); {
	case strings.EqualFold(expected, "100-continue"):
		b.waits = b.left && r.ProtoAtLeast(1, 1)
	case expected != "":
		w.last = true
		w.WriteHeader(http.StatusExpectationFailed)
		if w.end() == nil && b.left { // as below
			c.linger()
		}
		return false
	}
	r = r.WithContext(ctx)
	r.Body = b
	c.page.begin(c, cancel)
	if !b.left {
		c.page.watch()
	}
	whole := c.handle(w, r)
	if w.hijacked {
		return false
	}
	c.page.end()
	if !whole || w.end() != nil { // a cut answer must look cut, whatever waits to be sent
		return false
	}
	if !b.drain() {
		c.linger()
		return false
	}
	return !w.last
}

// handle runs the handler, and says whether it has returned.
func (c *conn) handle(w http.ResponseWriter, r *http.Request) (returned bool) {
	defer func() {
		if !returned {
			_ = recover() // see the package
		}
	}()
	c.s.Handler.ServeHTTP(w, r)
	return true
}

// refusal is what is no request: its text is the status line of the answer.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	errRequest  refusal = "400 Bad Request"
	errTooLarge refusal = "431 Request Header Fields Too Large"
	errEncoding refusal = "501 Not Implemented"
	errVersion  refusal = "505 HTTP Version Not Supported"
)

// head reads the head of a request. What it refuses, and with what, is as in net/http's server (conn.readRequest in its server.go).
func (c *conn) head() (*http.Request, error) {
	c.left = max(c.s.MaxHead-c.r.Buffered(), 0)
	r, err := http.ReadRequest(c.r)
	tooLarge := c.left == 0
	c.left = unbounded
	var ne net.Error
	switch {
	case err == nil:
		return r, wellFormed(r)
	case tooLarge:
		return nil, errTooLarge
	case errors.Is(err, io.EOF), errors.As(err, new(*net.OpError)), errors.As(err, &ne) && ne.Timeout():
		return nil, err
	case strings.Contains(err.Error(), "transfer encoding"): // there is no sentinel for one that is not served, or several
		return nil, errEncoding
	}
	return nil, errRequest
}

func wellFormed(r *http.Request) error {
	if r.ProtoMajor != 1 {
		return errVersion
	}
	if r.Host == "" && r.ProtoAtLeast(1, 1) || !httpguts.ValidHostHeader(r.Host) {
		return errRequest
	}
	for name, values := range r.Header {
		if !httpguts.ValidHeaderFieldName(name) {
			return errRequest
		}
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				return errRequest
			}
		}
	}
	return nil
}

// linger says that nothing more comes, and waits a moment for the page to have read that.
func (c *conn) linger() {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	if c.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.Copy(io.Discard, c.Conn)
	}
}

// body is a request's body.
type body struct {
	from  io.Reader
	c     *conn
	left  bool  // its end was not read
	rest  int64 // bytes that are still to come, as the head says; negative: it does not
	waits bool  // the page sends it when it is told to go on
	gone  context.CancelFunc
}

func (b *body) Read(p []byte) (int, error) {
	if b.waits {
		b.waits = false
		if !b.c.out.wrote {
			if _, err := io.WriteString(b.c.Conn, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
				return 0, err
			}
		}
	}
	n, err := b.from.Read(p)
	b.rest -= int64(n)
	switch {
	case err == nil, !b.left:
	case errors.Is(err, io.EOF):
		b.left = false
		b.c.page.watch()
	default: // nobody knows where the next request begins
		b.c.out.last = true
		b.gone()
	}
	return n, err
}

// Close does nothing: what is left is read when the request is answered.
func (b *body) Close() error { return nil }

// tooMuch says that drain will not find its end, as far as that is known before.
func (b *body) tooMuch() bool { return b.left && (b.waits || b.rest >= maxDrain) }

// drain throws away what the handler has left of the body, and says whether its end has come.
func (b *body) drain() bool {
	if !b.left {
		return true
	}
	if b.waits {
		return false // it will not come
	}
	_, err := io.CopyN(io.Discard, b.from, maxDrain)
	return errors.Is(err, io.EOF)
}
