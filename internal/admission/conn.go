package admission

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/oaklock/oaklock/internal/nonblock"
)

type phase uint8

const (
	phaseSilent  phase = iota + 1 // no byte of the next request has come
	phaseHead                     // its head is coming
	phaseRequest                  // the handler has it and sets the deadlines
	phaseOver                     // it is answered, and what is left of its body is thrown away
)

// conn bounds a connection's silence and the time of each head, and checks whose it is when its first byte comes.
type conn struct {
	net.Conn
	l *Listener

	mu      sync.Mutex
	phase   phase     // guarded by mu
	since   time.Time // guarded by mu: when the head's first byte came, or the last request was over; zero: no byte has come yet
	checked bool      // guarded by mu: the peer is known to be this user

	next nonblock.Spin // waits for the next request; used by who reads

	once    sync.Once
	program Program // set by once
}

func (c *conn) enter(p phase) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phase = p
	if p == phaseOver || p == phaseSilent && !c.since.IsZero() {
		c.since = time.Now()
	}
	_ = c.Conn.SetReadDeadline(c.deadline())
}

// head says that a request has begun to come. Its first byte may have been read together with the one before.
func (c *conn) head() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begin()
}

// begin ends the silence, where there is one. The caller holds mu.
func (c *conn) begin() bool {
	if c.phase != phaseSilent {
		return false
	}
	c.phase, c.since = phaseHead, time.Now()
	_ = c.Conn.SetReadDeadline(c.deadline())
	return true
}

// deadline is the phase's own; the caller holds mu.
func (c *conn) deadline() time.Time {
	switch c.phase {
	case phaseSilent:
		return time.Now().Add(SilentTimeout)
	case phaseHead:
		return time.Now().Add(HeadTimeout)
	case phaseOver:
		return time.Now().Add(drainTimeout)
	}
	return time.Time{}
}

// idleSince says since when there has been no request under way though bytes have come: a head is coming, or the body of what is
// answered already, or nothing since the last answer.
func (c *conn) idleSince() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.since, c.phase == phaseHead || c.phase == phaseOver || c.phase == phaseSilent && !c.since.IsZero()
}

// Read passes bytes on once the peer is known.
func (c *conn) Read(p []byte) (int, error) {
	c.mu.Lock()
	silent := c.phase == phaseSilent
	c.mu.Unlock()
	var n int
	var err error
	if silent {
		n, err = c.next.Request(c.Conn, p)
	} else {
		n, err = c.Conn.Read(p)
	}
	if n == 0 {
		return n, err
	}
	c.mu.Lock()
	first, check := c.begin(), !c.checked
	c.checked = true
	c.mu.Unlock()
	if first {
		c.l.spoke(c)
	}
	if check {
		if why := c.l.peer(c.Conn); why != nil {
			c.l.refused(why.Error())
			_ = c.Conn.Close()
			return 0, net.ErrClosed
		}
	}
	return n, err
}

// Write gives the page WriteTimeout to take what is written; a page that stalls loses its connection.
func (c *conn) Write(p []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(WriteTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// CloseWrite tells the page that nothing more comes, so that the server can wait for what the page still sends.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// SetReadDeadline is called by the server and the handler, who clear deadlines when a body or its page need no more watching; a
// cleared one means the phase's own. One in the past, by which the server ends a read of its own, passes.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.IsZero() {
		t = c.deadline()
	}
	return c.Conn.SetReadDeadline(t)
}

// SetDeadline is used by whoever takes the connection over; it follows the same rule for reads.
func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.Conn.SetWriteDeadline(t)
}
