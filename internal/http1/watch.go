package http1

import (
	"context"
	"sync"
	"time"
)

// watch looks whether the page is still there while its request is answered, by trying to read one byte more. A request that is
// answered before [watchAfter] costs no more than the timer.
type watch struct {
	c     *conn
	timer *time.Timer

	mu      sync.Mutex
	cancel  context.CancelFunc // guarded by mu; nil: there was no request yet
	closed  bool               // guarded by mu
	wanted  bool               // guarded by mu
	reading chan struct{}      // guarded by mu: closed when the read has ended; nil: there is none

	// Of who reads, and between requests of the connection's goroutine.
	read bool
	b    byte
	err  error
}

// begin is called before each request, watch when all of it has come, and end when it is answered.
func (w *watch) begin(c *conn, cancel context.CancelFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.c, w.cancel = c, cancel
	if w.closed {
		cancel()
	}
}

// close ends the context of the request under way on a connection that the server has closed: look does not see that while the body
// has not come, and when a byte was read ahead already.
func (w *watch) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if w.cancel != nil {
		w.cancel()
	}
}

func (w *watch) watch() {
	w.mu.Lock()
	w.wanted = true
	w.mu.Unlock()
	if w.timer == nil {
		w.timer = time.AfterFunc(watchAfter, w.look)
		return
	}
	w.timer.Reset(watchAfter)
}

// look reads in a goroutine of its own. One byte that was read is the first of the page's next request.
func (w *watch) look() {
	w.mu.Lock()
	if !w.wanted || w.reading != nil || w.read {
		w.mu.Unlock()
		return
	}
	over := make(chan struct{})
	w.reading = over
	w.mu.Unlock()
	var one [1]byte
	n, err := w.c.Conn.Read(one[:])
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wanted || n > 0 { // else it is end that has ended it
		w.read, w.b, w.err = n > 0, one[0], err
	}
	if w.wanted && err != nil {
		w.cancel()
	}
	w.reading = nil
	close(over)
}

// end waits until nobody reads any more.
func (w *watch) end() {
	w.mu.Lock()
	if !w.wanted {
		w.mu.Unlock()
		return
	}
	w.wanted = false
	reading := w.reading
	w.mu.Unlock()
	w.timer.Stop()
	if reading == nil {
		return
	}
	_ = w.c.SetReadDeadline(time.Unix(1, 0)) // a connection that is closed has ended the read by that
	<-reading
	_ = w.c.SetReadDeadline(time.Time{})
}

// ahead gives what look has read, or why it could not; nothing where it did not read. It is called while nobody reads.
func (w *watch) ahead(p []byte) (int, error) {
	if !w.read || len(p) == 0 {
		return 0, w.err
	}
	w.read = false
	return copy(p, []byte{w.b}), nil
}
