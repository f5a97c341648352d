package admission_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/admission"
)

// There are as many connections as there may be, and none has a request under way: their heads are half-sent, or they are kept after an
// answer. A page is served all the same, at once, and it is the oldest of the others that goes.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	for name, idle := range map[string]func(net.Conn){
		"half-sent heads": func(c net.Conn) {
			if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nX-Slow: "); err != nil {
				t.Fatal(err)
			}
		},
		"kept after an answer": func(c net.Conn) {
			if got := ask(t, c); got != "served" {
				t.Fatal(got)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := serve(t)
			first := dial(t, l.Addr().String())
			idle(first)
			for l.Idle() == 0 { // the server notes it after the page has its answer
				time.Sleep(time.Millisecond)
			}
			for range admission.MaxConnections - 1 {
				idle(dial(t, l.Addr().String()))
			}
			for range 3 {
				if got := ask(t, dial(t, l.Addr().String())); got != "served" {
					t.Fatalf("a page that speaks: %s", got)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			stop := context.AfterFunc(ctx, func() { _ = first.SetDeadline(time.Unix(1, 0)) })
			defer stop()
			if _, err := first.Read(make([]byte, 1)); err == nil || errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
				t.Errorf("the oldest is still there: %v", err)
			}
		})
	}
}

// Another user's silence pushes nobody out: where it is crowded, its connections are dropped before they are counted.
func TestAnotherUsersSilenceMakesNoRoom(t *testing.T) {
	l, why := serve(t)
	var foreign atomic.Bool
	l.SetPeer(func(net.Conn) error {
		if foreign.Load() {
			return admission.ErrPeer
		}
		return nil
	})
	first := dial(t, l.Addr().String())
	for range admission.MaxSilent/2 - 1 {
		dial(t, l.Addr().String())
	}
	if got := ask(t, dial(t, l.Addr().String())); got != "served" { // by now all of them are counted
		t.Fatal(got)
	}
	foreign.Store(true)
	for range 2 * admission.MaxSilent {
		c := dial(t, l.Addr().String())
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("another user's connection was not dropped: %v", err)
		}
	}
	foreign.Store(false)
	if got := ask(t, first); got != "served" {
		t.Errorf("the first, which was silent all the time: %s; %s", got, why)
	}
}
