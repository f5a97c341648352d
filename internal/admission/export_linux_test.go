package admission

import (
	"encoding/binary"
	"net"
	"net/http"

	"golang.org/x/sys/unix"
)

// NewPipe puts one end of an in-memory connection behind a listener's limits, so that time can be tested.
func NewPipe(raw net.Conn, peer func(net.Conn) error) net.Conn {
	l := &Listener{conns: map[*conn]struct{}{}, refused: func(string) {}, peer: peer}
	c, ok := l.admit(raw, false)
	if !ok {
		return nil
	}
	return c
}

// NewServer is the server of a listener that has no socket.
func NewServer(h http.Handler) *Server {
	return (&Listener{conns: map[*conn]struct{}{}}).Server(h)
}

// Idle is how many connections have spoken, and have no request under way.
func (l *Listener) Idle() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		if _, ok := c.idleSince(); ok {
			n++
		}
	}
	return n
}

// SetPeer replaces the question who owns a connection, before the first one.
func (l *Listener) SetPeer(f func(net.Conn) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.peer = f
}

// EnterRequest tells a connection that a handler has its request.
func EnterRequest(c net.Conn) { c.(*conn).enter(phaseRequest) }

// The two ways to ask who owns a connection.
var (
	SocketByNetlink = socketByNetlink
	SocketByProc    = socketByProc
	AddrPort        = addrPort
)

// AskInVain asks the kernel something, and does not read what it says.
func AskInVain() error {
	sockets.mu.Lock()
	defer sockets.mu.Unlock()
	if err := sockets.connect(); err != nil {
		return err
	}
	// The kernel answers that there is no such request.
	b := make([]byte, unix.SizeofNlMsghdr)
	binary.NativeEndian.PutUint32(b, unix.SizeofNlMsghdr)
	binary.NativeEndian.PutUint16(b[4:], 20)
	binary.NativeEndian.PutUint16(b[6:], unix.NLM_F_REQUEST)
	return unix.Sendto(sockets.fd, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
}

const (
	MaxSilent      = maxSilent
	MaxConnections = maxConnections
)

// UID is whose it is.
func (s socket) UID() uint32 { return s.uid }

// Named is the name of a program by its file's name and those of the programs that started it.
func Named(files ...string) Program { return named(files) }
