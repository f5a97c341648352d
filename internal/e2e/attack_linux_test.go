package e2e_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/oaklock/oaklock/internal/control"
)

// A "doctor --attack" that is killed takes the Oaklock that it has started with it.
func TestAKilledAttackLeavesNoAgent(t *testing.T) {
	t.Parallel()
	u := sit(t)
	u.agent(u.passphrase()...)
	temp := t.TempDir()
	u.env = append(u.env, "TMPDIR="+temp, "PATH=/bin-of-nobody:"+binOf(t))
	attacks := make(chan struct{})
	begun := sync.OnceFunc(func() { close(attacks) })
	doctor := u.startsInto(writes(func(b []byte) (int, error) {
		if bytes.Contains(b, []byte("(on yours)")) {
			begun()
		}
		return len(b), nil
	}), "doctor", "--attack")
	select {
	case <-attacks:
	case <-doctor.ended:
		t.Fatal("it ended before it began")
	}
	homes, err := filepath.Glob(filepath.Join(temp, "oaklock-attack-*", "profile"))
	if err != nil || len(homes) != 1 {
		t.Fatal(homes, err)
	}
	st, err := control.Dial(homes[0]).State(t.Context())
	if err != nil || !strings.HasPrefix(st.Home, temp) {
		t.Fatal(st.Home, err)
	}
	second, err := unix.PidfdOpen(st.PID, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(second) }()
	doctor.kill()
	ends := []unix.PollFd{{Fd: int32(second), Events: unix.POLLIN}} //nolint:gosec // a descriptor is small
	for {
		n, err := unix.Poll(ends, int(patience.Milliseconds()))
		if err == unix.EINTR { //nolint:errorlint // a number
			continue
		}
		if err != nil || n == 0 {
			_ = unix.Kill(st.PID, unix.SIGKILL)
			t.Fatalf("the second agent goes on: %v", err)
		}
		return
	}
}
