package http1

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"
)

const (
	// waiting is how much of a body waits for more before it is sent.
	waiting = 2 << 10
	// gap is kept free between the head and the body, or before a chunk, for what is known when they are sent: the framing, the
	// end of the head, and the length of a chunk.
	gap = 128
	// keptBuffer is up to which size a buffer is used again.
	keptBuffer = 16 << 10
	// usualHeader is for how many names a header has room; one of more than double is not used again.
	usualHeader = 16
)

var buffers = sync.Pool{New: func() any { return new(make([]byte, 0, gap+waiting)) }}

// answer is the http.ResponseWriter of one request after the other.
type answer struct {
	c      *conn
	r      *http.Request
	body   *body // of the request
	cancel context.CancelFunc
	header http.Header
	names  []string // of the header, in order
	buf    *[]byte  // the head up to at, the gap, the body that waits
	at     int
	length int64 // of the body, as the header says; -1: it does not
	took   int64 // bytes of the body that were written
	err    error // the page takes no more

	wrote, headed bool // the head is written, is sent
	sizeless      bool // the status has neither a body nor a length
	bodiless      bool // there is no body, whatever is written
	chunked       bool
	last          bool // the connection ends with this answer
	hijacked      bool
}

// begin makes the answer that of another request.
func (a *answer) begin(c *conn, r *http.Request, b *body, cancel context.CancelFunc) {
	header := a.header
	if header == nil {
		header = make(http.Header, usualHeader)
	}
	*a = answer{c: c, r: r, body: b, cancel: cancel, header: header, names: a.names[:0], buf: buffers.Get().(*[]byte), length: -1,
		last: r.Close || !r.ProtoAtLeast(1, 1)}
}

// release keeps nothing of the answer: the page may be silent for long.
func (a *answer) release() {
	if cap(*a.buf) <= keptBuffer {
		*a.buf = (*a.buf)[:0]
		buffers.Put(a.buf)
	}
	if len(a.header) > 2*usualHeader { // a map does not become smaller
		a.header, a.names = nil, nil
	}
	clear(a.header)
	clear(a.names)
	a.buf, a.r, a.body, a.cancel = nil, nil, nil, nil
}

// Header is what is sent before the body. It must not be used when the handler has returned.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader writes the head. It is sent with the first of the body, in the order of the names.
func (a *answer) WriteHeader(status int) {
	if a.wrote || a.hijacked {
		return
	}
	a.wrote = true
	a.sizeless = status < 200 || status == http.StatusNoContent || status == http.StatusNotModified
	a.bodiless = a.sizeless || a.r.Method == http.MethodHead
	b := append(*a.buf, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(append(append(b, ' '), http.StatusText(status)...), "\r\n"...)
	for name := range a.header {
		a.names = append(a.names, name)
	}
	slices.Sort(a.names)
	for _, name := range a.names {
		values := a.header[name]
		switch name {
		case "Content-Length":
			if n, err := strconv.ParseInt(strings.Join(values, ","), 10, 64); err == nil && n >= 0 && !a.sizeless {
				a.length = n
			}
		case "Connection":
			a.last = a.last || httpguts.HeaderValuesContainsToken(values, "close")
		case "Transfer-Encoding": // see frame
		default:
			b = appendField(b, name, values)
		}
	}
	if _, said := a.header["Date"]; !said {
		b = append(append(append(b, "Date: "...), date(time.Now())...), "\r\n"...)
	}
	a.at = len(b)
	*a.buf = append(b, make([]byte, gap)...)
}

// stamp is a time as headers have it, which is the same for a second.
type stamp struct {
	second int64
	text   string
}

var lastStamp atomic.Pointer[stamp]

func date(now time.Time) string {
	s := lastStamp.Load()
	if s == nil || s.second != now.Unix() {
		s = &stamp{now.Unix(), now.UTC().Format(http.TimeFormat)}
		lastStamp.Store(s)
	}
	return s.text
}

// appendField leaves out what is no name, and takes line ends out of values: nobody can put another field, or an answer, there.
func appendField(b []byte, name string, values []string) []byte {
	if !httpguts.ValidHeaderFieldName(name) {
		return b
	}
	for _, v := range values {
		b = append(append(b, name...), ": "...)
		at := len(b)
		b = append(b, v...)
		for i, c := range b[at:] {
			if c == '\r' || c == '\n' || c == 0 {
				b[at+i] = ' '
			}
		}
		b = append(b, "\r\n"...)
	}
	return b
}

// Write writes more of the body. It is sent when there is enough of it, with Flush, or when the handler returns.
func (a *answer) Write(p []byte) (int, error) {
	if a.hijacked {
		return 0, http.ErrHijacked
	}
	a.WriteHeader(http.StatusOK)
	switch {
	case a.err != nil:
		return 0, a.err
	case a.bodiless && a.r.Method != http.MethodHead:
		return 0, http.ErrBodyNotAllowed
	}
	a.took += int64(len(p)) // also what is too much: the answer is none any more
	switch {
	case a.length >= 0 && a.took > a.length:
		return 0, http.ErrContentLength
	case a.bodiless:
		return len(p), nil
	}
	*a.buf = append(*a.buf, p...)
	if len(*a.buf)-a.at-gap > waiting {
		if err := a.send(false); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// send sends what waits; all: nothing more is written.
func (a *answer) send(all bool) error {
	if a.err != nil {
		return a.err
	}
	b := *a.buf
	size := len(b) - a.at - gap
	var room [gap]byte
	frame := room[:0]
	if !a.headed {
		frame = a.frame(frame, all)
	}
	if a.chunked && size > 0 {
		frame = append(strconv.AppendInt(frame, int64(size), 16), "\r\n"...)
		b = append(b, "\r\n"...)
	}
	if a.chunked && all {
		b = append(b, "0\r\n\r\n"...)
	}
	start := gap - len(frame) // the head moves up to the body
	copy(b[start:], b[:a.at])
	copy(b[start+a.at:], frame)
	if out := b[start:]; len(out) > 0 {
		if _, a.err = a.c.Write(out); a.err != nil {
			a.cancel()
		}
	}
	*a.buf, a.at, a.headed = b[:gap], 0, true
	return a.err
}

// frame appends how the page can tell where the body ends, and ends the head.
func (a *answer) frame(b []byte, all bool) []byte {
	if all && a.length < 0 && !a.sizeless && (!a.bodiless || a.took > 0) {
		a.length = a.took
	}
	switch {
	case a.length >= 0:
		b = append(strconv.AppendInt(append(b, "Content-Length: "...), a.length, 10), "\r\n"...)
	case a.bodiless:
	case a.r.ProtoAtLeast(1, 1):
		a.chunked = true
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	default:
		a.last = true // the end of the connection is that of the body
	}
	if a.last = a.last || a.body.tooMuch(); a.last {
		b = append(b, "Connection: close\r\n"...)
	}
	return append(b, "\r\n"...)
}

// end sends the rest. An error says that the page has no whole answer.
func (a *answer) end() error {
	a.WriteHeader(http.StatusOK)
	if err := a.send(true); err != nil {
		return err
	}
	if a.length >= 0 && a.took != a.length && !a.bodiless {
		return http.ErrContentLength
	}
	return nil
}

// FlushError sends what is written.
func (a *answer) FlushError() error {
	if a.hijacked {
		return http.ErrHijacked
	}
	a.WriteHeader(http.StatusOK)
	return a.send(false)
}

// Flush is FlushError for who does not ask whether it went well.
func (a *answer) Flush() { _ = a.FlushError() }

// SetReadDeadline bounds the reads of the request's body.
func (a *answer) SetReadDeadline(t time.Time) error { return a.c.SetReadDeadline(t) }

// SetWriteDeadline bounds what is sent.
func (a *answer) SetWriteDeadline(t time.Time) error { return a.c.SetWriteDeadline(t) }

var errBegun = errors.New("the answer has begun, so the connection cannot be taken over")

// Hijack gives the connection to the handler, and with it what was read of it already.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	switch {
	case a.hijacked:
		return nil, nil, http.ErrHijacked
	case a.wrote:
		return nil, nil, errBegun
	}
	a.hijacked = true
	c := a.c
	c.page.end()
	if c.page.read {
		_, _ = c.r.Peek(c.r.Buffered() + 1) // takes what was read ahead
	}
	c.s.end(c, http.StateHijacked)
	return c.Conn, bufio.NewReadWriter(c.r, bufio.NewWriter(c.Conn)), nil
}
