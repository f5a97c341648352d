package upstream

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/oaklock/oaklock/internal/nonblock"
)

// maxPlainBody is how much of a body is sent before the answer is read. A larger one goes through net/http, which reads
// and writes at once, since a provider may answer before it has read everything.
const maxPlainBody = 256 << 10

// Plain is an http.RoundTripper for plain HTTP/1.1. net/http's transport hands every request and every answer from one
// goroutine to another twice over, which on a small machine costs more than the rest of the way; here the caller's
// goroutine writes and reads by itself. The zero value is ready. It is safe for concurrent use.
type Plain struct {
	dialer *dialer // nil: the network's own

	mu    sync.Mutex
	idle  map[string][]*conn // guarded by mu, by address, the last used last
	prune *time.Timer        // guarded by mu, set while something is idle
}

// conn is one connection to a provider.
type conn struct {
	bounded // until a head is read
	pool    *Plain
	addr    string
	r       *bufio.Reader
	w       *bufio.Writer
	used    time.Time // when it was put back
}

// RoundTrip sends a request whose body is at most maxPlainBody, and returns when the head of the answer is there. When
// the request's context ends, so does the exchange, at any point up to the end of the answer's body.
func (p *Plain) RoundTrip(r *http.Request) (*http.Response, error) {
	target, err := check(r)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	c, err := p.connect(ctx, r.URL.Host)
	if err != nil {
		return nil, err
	}
	// Deadlines, not Close: a connection that was closed under a read could not be told from one that broke.
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	resp, err := c.exchange(r, target)
	if err != nil {
		stop()
		_ = c.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	resp.Body = c.answer(resp, r.Close, stop)
	return resp, nil
}

// answer is the answer's body. last: the connection is for this one alone. stop undoes what ends the exchange with its context.
func (c *conn) answer(resp *http.Response, last bool, stop func() bool) io.ReadCloser {
	return &body{ReadCloser: resp.Body, c: c, stop: stop, keep: !resp.Close && !last && resp.StatusCode >= http.StatusOK}
}

// exchange writes the request and reads the answer's head.
func (c *conn) exchange(r *http.Request, target string) (*http.Response, error) {
	c.left, c.first = maxHead, true
	if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return nil, err
	}
	if r.Context().Err() != nil { // the deadline just set may have covered up the one that ends the exchange
		return nil, r.Context().Err()
	}
	werr := c.write(r, target)
	if r.Body != nil {
		_ = r.Body.Close() // it is in memory
	}
	wait := headTimeout
	if werr != nil {
		wait = time.Second // a provider that reads no further may have said why
	}
	if err := c.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return nil, err
	}
	if r.Context().Err() != nil {
		return nil, r.Context().Err()
	}
	const maxInformational = 5
	for range maxInformational {
		resp := usual(c.r, r)
		if resp == nil {
			var err error
			if resp, err = http.ReadResponse(c.r, r); err != nil {
				return nil, errors.Join(malformed(err), werr)
			}
		}
		if resp.StatusCode/100 == 1 && resp.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		c.left = math.MaxInt64
		// Within the body the caller bounds the silence. The same order as above: first the deadline, then the look.
		if err := c.SetReadDeadline(time.Time{}); err != nil {
			return nil, err
		}
		if r.Context().Err() != nil {
			return nil, r.Context().Err()
		}
		if werr != nil {
			resp.Close = true
		}
		return resp, nil
	}
	return nil, errors.New("malformed HTTP response: it begins again and again")
}

// framing are the headers that say where a request begins and ends, and whom it is for.
var framing = map[string]bool{"Connection": true, "Content-Length": true, "Expect": true, "Host": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true}

// check refuses what could be another request, or another line, and gives the request's target.
func check(r *http.Request) (target string, err error) {
	target = r.URL.RequestURI()
	blank := func(c rune) bool { return c <= ' ' || c == 0x7f }
	switch {
	case !httpguts.ValidHeaderFieldName(r.Method): // both are tokens (RFC 9110, section 9.1)
		return "", fmt.Errorf("no request can be sent with the method %q", r.Method)
	case r.URL.Host == "" || !httpguts.ValidHostHeader(r.URL.Host), !strings.HasPrefix(target, "/"), strings.ContainsFunc(target, blank):
		return "", errors.New("no request can be sent to this address")
	case r.ContentLength < 0 || r.ContentLength > 0 && r.Body == nil:
		return "", errors.New("no request can be sent whose body is of unknown length")
	}
	for name, values := range r.Header {
		if framing[http.CanonicalHeaderKey(name)] || !httpguts.ValidHeaderFieldName(name) {
			return "", fmt.Errorf("no request can be sent with the header %q", name)
		}
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				return "", fmt.Errorf("no request can be sent with this value of the header %q", name)
			}
		}
	}
	return target, nil
}

// write writes the request, head and body in one: one packet, where net/http would make two of them. It was checked.
func (c *conn) write(r *http.Request, target string) error {
	w := c.w
	line := func(parts ...string) {
		for _, p := range parts {
			_, _ = w.WriteString(p) // the writer remembers its first error, which Flush returns
		}
		_, _ = w.WriteString("\r\n")
	}
	line(r.Method, " ", target, " HTTP/1.1")
	line("Host: ", r.URL.Host)
	for name, values := range r.Header {
		for _, v := range values {
			line(name, ": ", v)
		}
	}
	if r.Close {
		line("Connection: close")
	}
	if r.ContentLength > 0 || r.Method != http.MethodGet && r.Method != http.MethodHead {
		line("Content-Length: ", strconv.FormatInt(r.ContentLength, 10))
	}
	line()
	if r.ContentLength > 0 {
		if n, err := io.Copy(w, r.Body); err != nil || n != r.ContentLength {
			return fmt.Errorf("the request's body ended after %d of %d bytes: %w", n, r.ContentLength, errors.Join(err, io.ErrUnexpectedEOF))
		}
	}
	return w.Flush()
}

// malformed says of an answer that it cannot be read, where it was not the connection that broke.
func malformed(err error) error {
	var ne net.Error
	if errors.As(err, &ne) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return fmt.Errorf("malformed HTTP response: %w", err)
}

// connect takes an idle connection that is still open, or makes one.
func (p *Plain) connect(ctx context.Context, addr string) (*conn, error) {
	for {
		c := p.take(addr)
		if c == nil {
			break
		}
		if time.Since(c.used) < idleTimeout && nonblock.Quiet(c.Conn) {
			return c, nil
		}
		_ = c.Close()
	}
	raw, err := p.dialer.direct(ctx, withPort(addr))
	if err != nil {
		return nil, err
	}
	raw = nonblock.New(raw)
	c := &conn{bounded: bounded{Conn: raw}, pool: p, addr: addr}
	c.r, c.w = bufio.NewReader(c), bufio.NewWriter(raw)
	return c, nil
}

func withPort(addr string) string {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return net.JoinHostPort(addr, "80")
	}
	return addr
}

func (p *Plain) take(addr string) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.idle[addr]
	if len(list) == 0 {
		return nil
	}
	c := list[len(list)-1]
	list[len(list)-1] = nil
	p.idle[addr] = list[:len(list)-1]
	return c
}

// put keeps a connection for the next request, or closes it where enough are kept.
func (p *Plain) put(c *conn) {
	c.used = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle[c.addr]) >= maxIdle {
		_ = c.Close()
		return
	}
	if p.idle == nil {
		p.idle = map[string][]*conn{}
	}
	p.idle[c.addr] = append(p.idle[c.addr], c)
	if p.prune == nil {
		p.prune = time.AfterFunc(idleTimeout, p.closeOld)
	}
}

// closeOld closes what nobody has used for idleTimeout, and comes back while something is left.
func (p *Plain) closeOld() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closeIdle(idleTimeout)
	if len(p.idle) > 0 {
		p.prune = time.AfterFunc(idleTimeout, p.closeOld)
	} else {
		p.prune = nil
	}
}

// closeIdle closes the connections that have been idle for at least this long. The caller holds mu.
func (p *Plain) closeIdle(age time.Duration) {
	for addr, list := range p.idle {
		n := 0
		for n < len(list) && time.Since(list[n].used) >= age {
			_ = list[n].Close()
			n++
		}
		if n == len(list) {
			delete(p.idle, addr)
		} else {
			p.idle[addr] = append([]*conn(nil), list[n:]...)
		}
	}
}

// CloseIdleConnections closes all that is kept.
func (p *Plain) CloseIdleConnections() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closeIdle(0)
	if p.prune != nil {
		p.prune.Stop()
		p.prune = nil
	}
}

// body is an answer's body. Read to its end it gives the connection back; closed before, it closes it.
type body struct {
	io.ReadCloser
	c    *conn
	stop func() bool
	keep bool
	once sync.Once
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.finish(errors.Is(err, io.EOF))
	}
	return n, err
}

// Ready says that more of the answer is here already.
func (b *body) Ready() bool { return b.c.r.Buffered() > 0 }

// Close ends the exchange.
func (b *body) Close() error {
	b.finish(false)
	return nil
}

func (b *body) finish(whole bool) {
	b.once.Do(func() {
		// Else the context's end has set deadlines. Those of the exchange, which are far off, the next one sets anew.
		undisturbed := b.stop()
		if whole && undisturbed && b.keep && b.c.r.Buffered() == 0 {
			b.c.pool.put(b.c)
			return
		}
		_ = b.c.Close()
	})
}
