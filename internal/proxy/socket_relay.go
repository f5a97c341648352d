package proxy

import (
	"context"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/provider"
	"github.com/oaklock/oaklock/internal/secret"
)

// MaxMessage bounds one message of either side of a WebSocket, in bytes.
const MaxMessage = 16 << 20

// socket is a page's WebSocket and the provider's, joined. Each side is read by one goroutine, which writes to the other
// before it reads on: that is the back pressure. Pings are answered, and fragments joined, on each side by itself.
type socket struct {
	x        *exchange
	grant    *grant.Grant
	run      *running
	turns    turns
	page     *websocket.Conn
	upstream *websocket.Conn
	redactor *secret.Redactor // has the key of this one
	meter    *provider.MessageMeter
	idle     *time.Timer

	stopped <-chan struct{} // closed when the user, the clock or the machine ends it
	once    sync.Once
	ending  ending
	over    chan struct{} // closed when it ends
	killer  *time.Timer   // set when it ends
}

// relay passes messages until it ends.
func (s *socket) relay(ctx context.Context, cancel context.CancelCauseFunc) {
	s.idle = time.AfterFunc(upstreamIdle, func() { cancel(errTimeout) })
	defer s.idle.Stop()
	for _, c := range []*websocket.Conn{s.page, s.upstream} {
		c.SetReadLimit(MaxMessage)
		ping, pong := c.PingHandler(), c.PongHandler()
		c.SetPingHandler(func(data string) error { s.spoke(); return ping(data) })
		c.SetPongHandler(func(data string) error { s.spoke(); return pong(data) })
	}
	told := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { defer close(told); s.cut(cause(ctx)) })
	var down sync.WaitGroup
	down.Go(s.readUpstream)
	s.readPage() //nolint:contextcheck // it has the request's own, of which ctx comes
	down.Wait()
	if !stop() {
		<-told
	}
	s.kill()
}

// spoke says that something came from either side.
func (s *socket) spoke() { s.idle.Reset(upstreamIdle) }

// isOver says that nothing more may pass.
func (s *socket) isOver() bool {
	select {
	case <-s.over:
		return true
	case <-s.stopped: // which is known at once, before anybody could be told
		return true
	default:
		return false
	}
}
