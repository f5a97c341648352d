package attack

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"
)

// half is how many heads are left half-sent; more than any browser has connections, fewer than programs may have files.
const half = 200

// headTime is how long a head may take, in whole: 10 s, and as much again for a machine that does much else.
const headTime = 20 * time.Second

// slow are attacks that wait for time to pass. They run beside the others, so none of them reaches the provider.
func (t Target) slow() []attempt {
	return []attempt{{
		name: "slow/head", tried: "A program sends a request's head byte by byte.",
		do: func(ctx context.Context) string {
			c, err := dial(ctx, t.Endpoint)
			if err != nil {
				return "It could not connect" + because(answer{}, err)
			}
			defer func() { _ = c.Close() }()
			return t.trickle(ctx, c)
		},
	}}
}

// crowd takes what room there is.
func (t Target) crowd() attempt {
	return attempt{name: "slow/half-sent-heads", tried: fmt.Sprintf("A program leaves %d requests half-sent, and the allowed site asks a model.", half),
		do: t.halfSent}
}

// trickle sends a byte each tenth of a second for as long as it is let.
func (t Target) trickle(ctx context.Context, c net.Conn) string {
	ctx, cancel := context.WithTimeout(ctx, min(headTime, t.Patience))
	defer cancel()
	closed := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, c); close(closed) }()
	defer func() { _ = c.Close(); <-closed }()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	if _, err := io.WriteString(c, "POST "+path+" HTTP/1.1\r\nX-Slow: "); err != nil {
		return ""
	}
	for {
		select {
		case <-closed:
			return ""
		case <-tick.C:
			_, _ = io.WriteString(c, "x") // that it is closed shows above
		case <-ctx.Done():
			return fmt.Sprintf("The connection was still open after %v.", min(headTime, t.Patience))
		}
	}
}

func (t Target) halfSent(ctx context.Context) string {
	for range half {
		c, err := dial(ctx, t.Endpoint)
		if err != nil {
			break // no more are let in, which is as good
		}
		defer func() { _ = c.Close() }() //nolint:revive // at the end on purpose: they stay open
		_, _ = io.WriteString(c, "POST "+path+" HTTP/1.1\r\nHost: ")
	}
	got, err := t.send(ctx, t.Endpoint, fill(Good, Site))
	if err != nil || got.status != 200 {
		return "The allowed site gets no answer meanwhile" + because(got, err)
	}
	return ""
}
