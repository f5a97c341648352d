//go:build unix

package nonblock_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/nonblock"
)

const (
	reset  = syscall.ECONNRESET
	broken = syscall.EPIPE
)

func TestQuiet(t *testing.T) {
	near, far := pair(t)
	c := nonblock.New(near)
	if !nonblock.Quiet(c) || !nonblock.Quiet(near) {
		t.Error("an idle connection is not quiet")
	}
	_, _ = far.Write([]byte("unasked"))
	until(t, func() bool { return !nonblock.Quiet(c) })
	near, far = pair(t)
	c = nonblock.New(near)
	_ = far.Close()
	until(t, func() bool { return !nonblock.Quiet(c) })
	_ = c.Close()
	if nonblock.Quiet(c) {
		t.Error("a closed connection is quiet")
	}
}

// until waits for what has to cross the network.
func until(t *testing.T, f func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come")
		}
	}
}
