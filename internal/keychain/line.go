package keychain

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// line lets callers go one at a time to somebody who may never answer. go-keyring on Linux waits without limit for a
// dialog that nobody sees, or for a daemon that died.
//
// A call that does not come back in time gives its turn away, but its goroutine cannot be ended: it stays, and nobody
// waits for it. There are at most maxStuck of these; as long as there are, further calls fail at once.
type line struct {
	turn  chan struct{} // full while somebody is served
	calls chan struct{} // one for each call that has not come back
}

const maxStuck = 8

func newLine() *line {
	return &line{turn: make(chan struct{}, 1), calls: make(chan struct{}, maxStuck)}
}

// serve runs f in its turn, for at most limit including the wait. After ErrTimeout f may still run; its result is
// dropped, so f must not write to anything that the caller sees.
func serve[T any](ctx context.Context, l *line, limit time.Duration, f func(ctx context.Context) (T, error)) (T, error) {
	var none T
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return none, late(ctx.Err())
	}
	defer func() { <-l.turn }()
	select {
	case l.calls <- struct{}{}:
	default:
		return none, fmt.Errorf("%w: %d earlier questions are still without an answer", ErrTimeout, maxStuck)
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			// go-keyring reads from a nil signal when the bus goes away under a dialog.
			if p := recover(); p != nil {
				r.err = fmt.Errorf("%w: its library failed (%T)", ErrUnavailable, p)
			}
			<-l.calls
			done <- r
		}()
		r.value, r.err = f(ctx)
	}()
	select {
	case r := <-done:
		return r.value, late(r.err)
	case <-ctx.Done():
		return none, late(ctx.Err())
	}
}

// late says ErrTimeout for a deadline that has passed; that the caller gave up stays what it is.
func late(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	}
	return err
}
