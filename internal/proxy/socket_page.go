package proxy

import (
	"errors"
	"io"

	"github.com/gorilla/websocket"

	"github.com/oaklock/oaklock/internal/grant"
)

// readPage passes on what the page says, each message whole once it has been looked at.
func (s *socket) readPage() {
	m := message{h: s.x.h}
	for {
		kind, err := m.read(s.page, s.spoke)
		if err == nil {
			err = s.passUp(kind, m.b)
		}
		m.release()
		if err != nil {
			s.pageEnded(err)
			break
		}
	}
	drain(s.page)
}

// passUp sends one message of the page's to the provider.
func (s *socket) passUp(kind int, msg []byte) error {
	if s.isOver() {
		return nil
	}
	if err := s.judge(msg); err != nil {
		return &refused{err}
	}
	if err := s.upstream.WriteMessage(kind, msg); err != nil {
		hurry(s.upstream) // why, its reader knows
		return errOther
	}
	return nil
}

// judge says why a message may not pass, or nil. What it names is added to what the grant has to cover.
func (s *socket) judge(msg []byte) error {
	n, err := s.x.route.InspectMessage(msg)
	if err != nil {
		return err
	}
	if s.run.name(n) {
		// First named, then looked at: whoever narrows the grant meanwhile sees it too.
		if err := s.x.h.still(s.run); err != nil {
			return err
		}
		if !s.run.covered(s.run.grant.Load()) {
			return errModel
		}
	}
	if !s.x.reserved {
		if s.run.model() == "" && !s.run.grant.Load().AllowsModel(grant.AnyModel) {
			return errModel // the first message has to say which
		}
		if err := s.open(s.x.r.Context(), s.run.model()); err != nil {
			return err
		}
	}
	if n.Asks {
		return s.asks()
	}
	return nil
}

// message is one of the page's in memory; what does not fit a buffer is taken out of the budget that bodies have too.
type message struct {
	h    *Handler
	b    []byte
	held int64   // bytes taken from the budget
	pool *[]byte // what b lies in while it is small
}

// read reads the next message whole. spoke is called as it comes. The room is taken once it has begun: a page that says
// nothing takes none.
func (m *message) read(c *websocket.Conn, spoke func()) (kind int, err error) {
	kind, r, err := c.NextReader()
	if err != nil {
		return 0, err
	}
	m.pool = buffers.Get().(*[]byte)
	m.b = (*m.pool)[:0]
	for {
		spoke()
		if len(m.b) == cap(m.b) {
			if err := m.grow(); err != nil {
				return 0, &refused{err}
			}
		}
		n, err := r.Read(m.b[len(m.b):cap(m.b)])
		m.b = m.b[:len(m.b)+n]
		if errors.Is(err, io.EOF) {
			return kind, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// grow doubles the room. gorilla holds the message to MaxMessage.
func (m *message) grow() error {
	want := 2 * cap(m.b)
	if !m.h.bodies.TryAcquire(int64(want)) {
		return errBusy
	}
	bigger := append(make([]byte, 0, want), m.b...)
	m.release()
	m.b, m.held = bigger, int64(want)
	return nil
}

func (m *message) release() {
	m.h.bodies.Release(m.held)
	if m.pool != nil {
		buffers.Put(m.pool)
	}
	m.b, m.held, m.pool = nil, 0, nil
}
