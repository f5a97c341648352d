package proxy

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"github.com/oaklock/oaklock/internal/secret"
)

// readUpstream passes on what the provider says.
func (s *socket) readUpstream() {
	for {
		kind, r, err := s.upstream.NextReader()
		if err == nil {
			err = s.passDown(kind, r)
		}
		if err != nil {
			s.upstreamEnded(err)
			break
		}
	}
	drain(s.upstream)
}

// passDown writes one message of the provider's to the page. One that fits a buffer goes out in one piece; a longer one as
// it comes, so that no WebSocket takes more memory than that.
func (s *socket) passDown(kind int, r io.Reader) error {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	p, whole, err := s.fill(*buf, r)
	if err != nil {
		return err
	}
	if !whole {
		return s.passLong(kind, p, r)
	}
	if kind == websocket.TextMessage && !utf8.Valid(p) { // gorilla does not look
		return errInvalid
	}
	s.meter.Read(p, true) // also what the page does not want any more was used
	last := s.heard(p)    // an error is the end, after this message
	if s.isOver() {
		return last
	}
	out, err := s.redact(p)
	if err != nil {
		return err
	}
	s.run.bytes.Add(int64(len(out)))
	if err := s.wrote(s.page.WriteMessage(kind, out)); err != nil {
		return err
	}
	return last
}

// heard reckons with a message of the provider's that the meter has read.
func (s *socket) heard(message []byte) error {
	u, reported := s.meter.Took()
	if err := s.hears(s.x.route.Turn(message), u, reported); err != nil {
		return &refused{err}
	}
	return nil
}

// fill reads until the buffer is full or the message whole. Not io.ReadFull: of a connection without TLS's own end it would
// make a whole message.
func (s *socket) fill(buf []byte, r io.Reader) (p []byte, whole bool, err error) {
	n := 0
	for n < len(buf) {
		s.spoke()
		k, err := r.Read(buf[n:])
		n += k
		if errors.Is(err, io.EOF) {
			return buf[:n], true, nil
		}
		if err != nil {
			return nil, false, err
		}
	}
	return buf, false, nil
}

// passLong passes a message on in pieces, of which the first is read.
func (s *socket) passLong(kind int, p []byte, r io.Reader) error {
	to, err := s.page.NextWriter(kind)
	if err != nil {
		return s.wrote(err)
	}
	redacted := s.redacting(&counting{to, s.run})
	var text utf8Reader
	for whole := false; ; {
		if kind == websocket.TextMessage && !text.read(p, whole) {
			return errInvalid
		}
		s.meter.Read(p, whole)
		if !s.isOver() {
			if _, err := redacted.Write(p); err != nil {
				return s.wrote(err)
			}
		}
		if whole {
			break
		}
		if p, whole, err = s.fill(p[:cap(p)], r); err != nil {
			return err // the page never gets the end of the message, so it gets none of it
		}
	}
	last := s.heard(nil) // what is this long says how an answer ended, if anything
	if s.isOver() {
		return last
	}
	if err := redacted.Close(); err != nil { // what was held back as the possible start of a key
		return s.wrote(err)
	}
	if err := s.wrote(to.Close()); err != nil {
		return err
	}
	return last
}

// wrote is what an error of writing to the page means: it is the page's reader that knows why.
func (s *socket) wrote(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, secret.ErrWiped):
		return errLocked
	}
	hurry(s.page)
	return errOther
}

// redact takes keys out of a whole message.
func (s *socket) redact(p []byte) ([]byte, error) {
	out := s.redactor.Bytes(p)
	if len(out) == len(secret.Replacement) && s.redactor.Contains("x") { // true of every text once it is wiped
		return nil, errLocked
	}
	if newer := s.x.h.Keys.Redactor(); newer != s.redactor { // a key was added or fetched since
		out = newer.Bytes(out)
	}
	return out, nil
}

// redacting is redact for a message that comes in pieces.
func (s *socket) redacting(to io.Writer) io.WriteCloser {
	w := s.redactor.Writer(to)
	if newer := s.x.h.Keys.Redactor(); newer != s.redactor {
		return both{newer.Writer(w), w}
	}
	return w
}

// both closes a writer and the one behind it.
type both struct {
	io.WriteCloser
	behind io.Closer
}

func (b both) Close() error {
	if err := b.WriteCloser.Close(); err != nil {
		return err
	}
	return b.behind.Close()
}

// utf8Reader checks text that comes in pieces.
type utf8Reader struct{ rest []byte }

// read says whether the text is UTF-8 up to now; at its end that goes for the last character too.
func (u *utf8Reader) read(p []byte, last bool) bool {
	if len(u.rest) > 0 { // the beginning of a character
		n := min(utf8.UTFMax-len(u.rest), len(p))
		joined := append(bytes.Clone(u.rest), p[:n]...)
		if !utf8.FullRune(joined) && !last {
			u.rest = joined
			return true
		}
		_, size := utf8.DecodeRune(joined)
		if size <= len(u.rest) { // invalid: a character would reach into p
			return false
		}
		p = p[size-len(u.rest):]
	}
	u.rest = nil
	if !last {
		cut := len(p)
		for cut > 0 && len(p)-cut < utf8.UTFMax && !utf8.RuneStart(p[cut-1]) {
			cut--
		}
		if cut > 0 && !utf8.FullRune(p[cut-1:]) {
			u.rest = bytes.Clone(p[cut-1:])
			p = p[:cut-1]
		}
	}
	return utf8.Valid(p)
}
