// Package http1 serves HTTP/1.1 on connections, in the place of net/http's server.
//
// It is there for what net/http's server costs each request where a processor has slept just before. That one begins to read on
// in a goroutine of its own as soon as it has a request, to notice that the page is gone, and stops it again before it answers; it
// copies the header, and sends what a handler writes through two buffers. A door that does little else takes a fifth more of the
// processor for that, and serves a quarter fewer requests (docs/performance.md). Here a page is looked for when its answer takes
// longer than 50 ms, and a whole answer is one write.
//
// What a request is, net/http says: [http.ReadRequest] parses it, and what its server refuses beyond that is refused here with the
// same status. A handler is an [http.Handler] and sees what it is used to: the body, a context that ends with the page, "Expect:
// 100-continue", and through [http.ResponseController] Flush, Hijack and deadlines. A panic ends the connection, so that the answer
// looks cut; one that is not [http.ErrAbortHandler] is the handler's to tell of. What the listener has no use for is not there:
// HTTP/2, TLS, connections that HTTP/1.0 keeps, trailers, a Content-Type that is guessed, and answers of 1xx but for the 100.
package http1

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server answers requests. Its fields must not change once it serves; the first two are needed.
type Server struct {
	Handler http.Handler
	// MaxHead is how many bytes the head of a request may have. What is longer is answered with 431.
	MaxHead int
	// Context is what the contexts of a connection's requests are derived from; nil: the background.
	Context func(net.Conn) context.Context
	// State is told when a request has begun to come (StateActive), is answered (StateIdle), and when the connection ends
	// (StateClosed) or is a handler's own (StateHijacked).
	State func(net.Conn, http.ConnState)

	mu        sync.Mutex
	ended     bool               // guarded by mu
	listeners []net.Listener     // guarded by mu
	conns     map[*conn]struct{} // guarded by mu; without those that were hijacked
	serving   sync.WaitGroup     // conns
}

// Serve takes connections until the listener ends, and says why it did: [http.ErrServerClosed] after Shutdown and Close.
func (s *Server) Serve(l net.Listener) error {
	if !s.listens(l) {
		_ = l.Close()
		return http.ErrServerClosed
	}
	for {
		raw, err := l.Accept()
		switch {
		case err != nil && s.stopping():
			return http.ErrServerClosed
		case err != nil:
			return err
		}
		c := &conn{Conn: raw, s: s, left: unbounded}
		if !s.begin(c) {
			_ = raw.Close()
			continue
		}
		go c.serve()
	}
}

func (s *Server) listens(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners = append(s.listeners, l)
	return !s.ended
}

func (s *Server) begin(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	if s.conns == nil {
		s.conns = map[*conn]struct{}{}
	}
	s.conns[c] = struct{}{}
	s.serving.Add(1)
	return true
}

// end forgets a connection that is closed, or a handler's own.
func (s *Server) end(c *conn, how http.ConnState) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	c.says(how)
	s.serving.Done()
}

func (s *Server) stopping() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// stop takes no more connections, and closes those that have no request under way, or all.
func (s *Server) stop(all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for _, l := range s.listeners {
		_ = l.Close()
	}
	s.listeners = nil
	for c := range s.conns {
		if all || !c.busy.Load() {
			_ = c.Close()
			c.page.close()
		}
	}
}

// Shutdown takes no more connections, closes those that have no request under way, and waits until the others are answered or ctx
// ends, whose error it then gives. Connections that were hijacked are their handlers' matter.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stop(false)
	over := make(chan struct{})
	go func() { // ends with the last connection, at the latest when Close has closed it
		s.serving.Wait()
		close(over)
	}()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close closes all connections that were not hijacked, ends the contexts of their requests, and waits until the handlers have
// returned. Its error is nil.
func (s *Server) Close() error {
	s.stop(true)
	s.serving.Wait()
	return nil
}

const (
	// watchAfter is how long an answer may take before somebody looks whether its page is still there.
	watchAfter = 50 * time.Millisecond
	// maxDrain is how much of a body that its handler has left is read and thrown away, so that the connection can be used again.
	maxDrain = 256 << 10
	// lingerTime is how long a connection that ends before everything was read stays half open: closed at once, it would take the
	// answer away from a page that still sends (RFC 9112, section 9.6).
	lingerTime = 500 * time.Millisecond
)
