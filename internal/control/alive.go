package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"time"
)

// SilentError says that an agent has the profile folder and gives no sign of life: it was stopped, or hangs.
type SilentError struct {
	PID int // 0: the system does not tell
}

// Error is a sentence without its full stop.
func (e *SilentError) Error() string {
	if e.PID == 0 {
		return "Oaklock runs and does not answer; end its process, nothing that was saved is lost by that"
	}
	return fmt.Sprintf("Oaklock (process %d) does not answer; %s", e.PID, endProcess(e.PID))
}

// Unwrap makes it one of the errors about time.
func (*SilentError) Unwrap() error { return context.DeadlineExceeded }

// patience is how long a client waits for a sign of life. Calls themselves may take as long as they like.
type patience struct {
	before time.Duration // a call is silent for so long before it is looked whether the agent lives
	within time.Duration // the agent then says its state
	again  time.Duration // from one look to the next
}

var usual = patience{before: 2 * time.Second, within: 5 * time.Second, again: 10 * time.Second}

// whileAlive is a context for one call. It ends with a *SilentError as its cause when the agent does not answer what it can
// always answer. The caller calls end.
func (c *Client) whileAlive(ctx context.Context) (_ context.Context, end func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		timer := time.NewTimer(c.patience.before)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
			if silent := c.look(ctx); silent != nil {
				cancel(silent)
				return
			}
			timer.Reset(c.patience.again)
		}
	}()
	return ctx, func() { cancel(nil); <-ended }
}

// look asks for the state, and gives an error only where no answer comes. An agent that has ended shows by the call itself.
func (c *Client) look(ctx context.Context) error {
	silent := &SilentError{}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		if conn, ok := i.Conn.(*net.UnixConn); ok {
			silent.PID, _ = peerPID(conn) // 0 where that is not told
		}
	}})
	asked, cancel := context.WithTimeoutCause(ctx, c.patience.within, silent)
	defer cancel()
	var state json.RawMessage
	err := c.exchange(asked, http.MethodGet, "state", nil, &state)
	if err != nil && errors.Is(context.Cause(asked), silent) {
		return silent
	}
	return nil
}
