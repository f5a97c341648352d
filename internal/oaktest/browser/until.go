package browser

import (
	"context"
	"encoding/json"
	"testing"
	"time"
)

// Until waits until an expression is true in a tab, or fails the test when ctx ends first.
func (b *Browser) Until(ctx context.Context, tab int, script string) {
	b.t.Helper()
	until(ctx, b.t, script, func() json.RawMessage { return b.Evaluate(tab, script) })
}

func until(ctx context.Context, t testing.TB, script string, value func() json.RawMessage) {
	t.Helper()
	for string(value()) != "true" {
		select {
		case <-ctx.Done():
			t.Fatalf("it did not come to %s: %v", script, context.Cause(ctx))
		case <-time.After(20 * time.Millisecond):
		}
	}
}
