package control

import (
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// gap is the least time between two "look again": a stream of many small events must not make the window pull without end.
const gap = 50 * time.Millisecond

// message is an event on the wire: {"look":"again"}, {"show":true} or {"rise":true}.
type message struct {
	Look string `json:"look,omitempty"`
	Show bool   `json:"show,omitempty"`
	Rise bool   `json:"rise,omitempty"`
}

// events holds a WebSocket open and says on it when there is something to pull or do, at first once, so that nothing is missed between a
// client's first look and its watching. It ends when the client hangs up or the agent closes.
func (d *door) events(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{HandshakeTimeout: 10 * time.Second}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		conn.SetReadLimit(512) // clients have nothing to say here
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				return
			}
		}
	}()
	defer func() { _ = conn.Close(); <-gone }()

	news := &news{poke: make(chan struct{}, 1)}
	cancel := d.agent.Watch(r.Context(), news.add)
	defer cancel()
	news.add(LookAgain)

	var rest <-chan time.Time // not nil while the gap lasts
	for {
		for _, m := range news.take(rest == nil) {
			_ = conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
			if err := conn.WriteJSON(m); err != nil {
				return
			}
			if m.Look != "" {
				rest = time.After(gap)
			}
		}
		select {
		case <-news.poke:
		case <-rest:
			rest = nil
		case <-gone:
			return
		case <-d.listener.ending:
			bye := websocket.FormatCloseMessage(websocket.CloseGoingAway, "")
			_ = conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second))
			return
		}
	}
}

// news are the events that were not sent yet; many of one kind are one.
type news struct {
	poke chan struct{} // capacity 1: there may be something to take

	mu               sync.Mutex
	look, show, rise bool
}

// add never blocks: the agent calls it under its locks.
func (n *news) add(e Event) {
	n.mu.Lock()
	switch e {
	case LookAgain:
		n.look = true
	case ComeForward:
		n.show = true
	case Rise:
		n.rise = true
	}
	n.mu.Unlock()
	select {
	case n.poke <- struct{}{}:
	default:
	}
}

// take empties the news; "look again" stays behind while it is too early for it.
func (n *news) take(lookToo bool) (out []message) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.show {
		out, n.show = append(out, message{Show: true}), false
	}
	if n.rise {
		out, n.rise = append(out, message{Rise: true}), false
	}
	if n.look && lookToo {
		out, n.look = append(out, message{Look: "again"}), false
	}
	return out
}
