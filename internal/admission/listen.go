package admission

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/oaklock/oaklock/internal/http1"
	"github.com/oaklock/oaklock/internal/nonblock"
)

// The listener's limits (admission.md). They bound what any page or program can take up before it is known.
const (
	// SilentTimeout is how long a connection may say nothing. Chromium opens the connection before it shows its own
	// permission prompt and uses that same connection after the user's Allow, so a short limit breaks an allowed page.
	SilentTimeout = 10 * time.Minute
	// HeadTimeout is how long a request's head may take once its first byte has come (slow-header attacks).
	HeadTimeout = 10 * time.Second
	// WriteTimeout is how long a page may leave an answer lying.
	WriteTimeout = 30 * time.Second
	// BodyTimeout is how long a request's body may pause.
	BodyTimeout = 30 * time.Second
	// drainTimeout is how long the rest of a body may take to come once its request is answered: it is thrown away, so that
	// the answer is not lost with the connection.
	drainTimeout = time.Second
	// MaxHeaderBytes bounds a request's head.
	MaxHeaderBytes = 48 << 10

	maxSilent      = 64
	maxConnections = 2000
)

// ErrPortTaken says that another program listens on the port.
var ErrPortTaken = errors.New("the port is taken")

// IsTaken says that somebody else has the address that could not be bound.
func IsTaken(err error) bool {
	const ( // Windows has its own numbers, and says the second where whoever has the port shares it with nobody (winsock2.h)
		wsaAcces     = syscall.Errno(10013)
		wsaAddrInUse = syscall.Errno(10048)
	)
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, wsaAddrInUse) || errors.Is(err, wsaAcces)
}

// Listener is the two loopback sockets of one port as a single net.Listener. Connections come out of Accept wrapped:
// their silence is bounded, and the first read drops peers that belong to another user.
type Listener struct {
	port    int
	v4, v6  net.Listener
	errV6   error
	accepts chan net.Conn
	done    chan struct{}
	close   sync.Once
	wg      sync.WaitGroup
	refused func(reason string)
	peer    func(net.Conn) error

	mu     sync.Mutex
	conns  map[*conn]struct{} // guarded by mu
	silent []*conn            // guarded by mu, oldest first: those that have not sent a byte
}

// Listen binds 127.0.0.1 and ::1 on the port; 0 takes any port that is free on both. IPv6 that cannot be bound is told
// by [Listener.IPv6] and is not fatal; a taken port is ErrPortTaken. refused is told why a connection was dropped.
func Listen(ctx context.Context, port int, refused func(reason string)) (*Listener, error) {
	tries := 1
	if port == 0 {
		tries = 16 // the port that IPv4 gave may be taken on IPv6
	}
	lc := net.ListenConfig{Control: exclusively, KeepAlive: -1} // who is on this machine cannot vanish without a word
	for {
		tries--
		v4, err := lc.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			if IsTaken(err) {
				return nil, fmt.Errorf("listen on 127.0.0.1:%d: %w", port, ErrPortTaken)
			}
			return nil, fmt.Errorf("listen on 127.0.0.1:%d: %w", port, err)
		}
		bound := v4.Addr().(*net.TCPAddr).Port
		v6, err6 := lc.Listen(ctx, "tcp6", net.JoinHostPort("::1", strconv.Itoa(bound)))
		if IsTaken(err6) {
			// Browsers try ::1 first for "localhost": whoever sits there would get the pages' requests.
			_ = v4.Close()
			if tries > 0 {
				continue
			}
			return nil, fmt.Errorf("listen on [::1]:%d: %w", bound, ErrPortTaken)
		}
		l := &Listener{port: bound, v4: v4, v6: v6, errV6: err6, accepts: make(chan net.Conn), done: make(chan struct{}),
			refused: refused, peer: checkPeer, conns: map[*conn]struct{}{}}
		for _, s := range []net.Listener{v4, v6} {
			if s != nil {
				l.wg.Add(1)
				go l.accept(s)
			}
		}
		return l, nil
	}
}

// Port is the port that both sockets have.
func (l *Listener) Port() int { return l.port }

// IPv6 is nil when ::1 is bound too, else why not.
func (l *Listener) IPv6() error { return l.errV6 }

// Addr is the IPv4 address.
func (l *Listener) Addr() net.Addr { return l.v4.Addr() }

// Accept gives the next connection of either socket.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accepts:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close ends both sockets; connections that were accepted live on until the server closes them.
func (l *Listener) Close() error {
	l.close.Do(func() {
		close(l.done)
		_ = l.v4.Close()
		if l.v6 != nil {
			_ = l.v6.Close()
		}
		l.wg.Wait()
	})
	return nil
}

func (l *Listener) accept(s net.Listener) {
	defer l.wg.Done()
	for {
		raw, err := s.Accept()
		if err != nil {
			select {
			case <-l.done:
				return
			case <-time.After(20 * time.Millisecond): // out of descriptors: it passes
				continue
			}
		}
		// The owner is asked at the first byte, where it is of the page's time and not of everybody's. Where silence is crowded
		// it is asked before, so that another user's connections push out nobody's.
		checked := l.crowded()
		if checked {
			if why := l.peer(raw); why != nil {
				l.refused(why.Error())
				_ = raw.Close()
				continue
			}
		}
		c, ok := l.admit(raw, checked)
		if !ok {
			_ = raw.Close()
			continue
		}
		select {
		case l.accepts <- c:
		case <-l.done:
			_ = c.Close()
			return
		}
	}
}

// crowded says that there are so many connections that one more may push another out.
func (l *Listener) crowded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.silent) >= maxSilent/2 || len(l.conns) >= maxConnections/2
}

// admit counts the connection in; a silent one over the limit takes the place of the oldest silent one, and where there is
// no room at all it takes that of the oldest half-sent head, or of what was kept for the longest after an answer. So a program
// that opens connections and says nothing, begins to, or says no more, cannot keep pages out: a page's head is there in a
// millisecond, and is never the oldest.
func (l *Listener) admit(raw net.Conn, checked bool) (*conn, bool) {
	l.mu.Lock()
	var gone *conn
	if len(l.conns) >= maxConnections {
		if gone = l.oldestUnsaid(); gone == nil {
			l.mu.Unlock()
			l.refused("too many connections")
			return nil, false
		}
		delete(l.conns, gone)
		l.unsilence(gone)
	} else if len(l.silent) >= maxSilent {
		gone = l.silent[0]
		l.silent = l.silent[1:]
	}
	c := &conn{Conn: nonblock.New(raw), l: l, checked: checked}
	l.conns[c] = struct{}{}
	l.silent = append(l.silent, c)
	l.mu.Unlock()
	if gone != nil {
		_ = gone.Close()
	}
	c.enter(phaseSilent)
	return c, true
}

// oldestUnsaid is the connection that has been sending a head, or the body of what is answered, or nothing since its answer, for the
// longest time, or else the one that has been silent for the longest; nil where all have a request under way. The caller holds mu.
func (l *Listener) oldestUnsaid() *conn {
	var oldest *conn
	var since time.Time
	for c := range l.conns {
		if at, ok := c.idleSince(); ok && (oldest == nil || at.Before(since)) {
			oldest, since = c, at
		}
	}
	if oldest == nil && len(l.silent) > 0 {
		oldest = l.silent[0]
	}
	return oldest
}

func (l *Listener) spoke(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unsilence(c)
}

// unsilence takes a connection out of the silent ones. The caller holds mu.
func (l *Listener) unsilence(c *conn) {
	for i, s := range l.silent {
		if s == c {
			l.silent = append(l.silent[:i], l.silent[i+1:]...)
			return
		}
	}
}

func (l *Listener) forget(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unsilence(c)
	delete(l.conns, c)
}

// Server answers what comes to a listener.
type Server = http1.Server

// Server runs the handler on the listener's connections. How long each may take for what is conn's to say, which begins with a
// head's first byte: a browser's permission prompt may stand before it.
func (l *Listener) Server(h http.Handler) *Server {
	return &Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, ok := r.Context().Value(connKey{}).(*conn)
			if ok {
				c.enter(phaseRequest)
			}
			if r.ContentLength == 0 {
				h.ServeHTTP(w, r)
				return
			}
			// What a handler left of a body is drained, without a limit of time of its own.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(BodyTimeout))
			b := &body{ReadCloser: r.Body}
			r.Body = b
			h.ServeHTTP(w, r)
			// Two thousand refused requests whose bodies never come would else fill all connections for half a minute.
			if ok && !b.ended {
				c.enter(phaseOver)
			}
		}),
		MaxHead: MaxHeaderBytes,
		Context: func(nc net.Conn) context.Context {
			return context.WithValue(context.Background(), connKey{}, nc)
		},
		State: func(nc net.Conn, s http.ConnState) {
			c, ok := nc.(*conn)
			if !ok {
				return
			}
			switch s {
			case http.StateActive:
				c.head()
			case http.StateIdle:
				c.enter(phaseSilent)
			case http.StateClosed, http.StateHijacked:
				l.forget(c)
			}
		},
	}
}

// body knows whether there is anything left to be read of it.
type body struct {
	io.ReadCloser
	ended bool
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || err != nil
	return n, err
}

type connKey struct{}
