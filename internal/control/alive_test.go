package control_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
)

// waits is an agent whose unlock waits for somebody.
type waits struct {
	*fake
	unlock chan struct{}
}

func (w *waits) Unlock(ctx context.Context, _ control.Unlock) error {
	select {
	case <-w.unlock:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A call may last as long as it likes while the agent lives.
func TestACallThatLastsIsNotCut(t *testing.T) {
	a := &waits{newFake(), make(chan struct{})}
	looks := 0
	a.inside = func(context.Context) error { // the looks come one after the other
		if looks++; looks == 5 {
			close(a.unlock)
		}
		return nil
	}
	dir, _ := serve(t, a, quiet())
	if err := control.Dial(dir).Impatient(time.Minute).Unlock(t.Context(), control.Unlock{}); err != nil {
		t.Error(err)
	}
	if looks < 5 {
		t.Errorf("the call ended after %d looks", looks)
	}
}

// A call to an agent that hangs ends, and names its process; the state itself is no exception.
func TestAnAgentThatHangs(t *testing.T) {
	a := &waits{newFake(), make(chan struct{})}
	a.inside = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	dir, _ := serve(t, a, quiet())
	c := control.Dial(dir).Impatient(20 * time.Millisecond)
	_, state := c.State(t.Context())
	for name, err := range map[string]error{"state": state, "unlock": c.Unlock(t.Context(), control.Unlock{})} {
		silent := new(control.SilentError)
		if !errors.As(err, &silent) || silent.PID != os.Getpid() || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s gives %v", name, err)
		}
	}
	// Whoever gives up by himself gets his own error.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Unlock(ctx, control.Unlock{}); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}
