package control_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
)

func TestSecondListenIsRefused(t *testing.T) {
	dir, first := serve(t, newFake(), quiet())
	if _, err := control.Listen(dir); !errors.Is(err, control.ErrRunning) {
		t.Fatalf("got %v, want ErrRunning", err)
	}
	if _, err := control.Dial(dir).State(t.Context()); err != nil {
		t.Errorf("the first one no longer answers: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	third, err := control.Listen(dir)
	if err != nil {
		t.Fatalf("after Close: %v", err)
	}
	if err := third.Close(); err != nil {
		t.Error(err)
	}
}

// TestKilledAgent: a socket left by kill -9 is nobody's, and the next agent replaces it.
func TestKilledAgent(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "home")
	child := start(t, "agent", dir)
	if _, err := control.Listen(dir); !errors.Is(err, control.ErrRunning) {
		t.Fatalf("while the other process runs: got %v, want ErrRunning", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	if _, err := os.Lstat(filepath.Join(dir, "agent.sock")); err != nil {
		t.Fatalf("the killed agent should have left its socket: %v", err)
	}
	if _, err := control.Dial(dir).State(t.Context()); !errors.Is(err, control.ErrNotRunning) {
		t.Errorf("the stale socket: got %v, want ErrNotRunning", err)
	}
	l, err := control.Listen(dir)
	if err != nil {
		t.Fatalf("the stale socket was not replaced: %v", err)
	}
	served := make(chan error, 1)
	go func() { served <- l.Serve(newFake(), quiet()) }()
	if _, err := control.Dial(dir).State(t.Context()); err != nil {
		t.Errorf("the new agent does not answer: %v", err)
	}
	if err := errors.Join(l.Close(), <-served); err != nil {
		t.Error(err)
	}
}

// TestCloseWaits: a call that is being answered gets a moment, then its context ends, and Close returns after it.
func TestCloseWaits(t *testing.T) {
	agent := newFake()
	inside, left := make(chan struct{}), make(chan struct{})
	agent.inside = func(ctx context.Context) error {
		close(inside)
		<-ctx.Done()
		close(left)
		return ctx.Err()
	}
	dir, l := serve(t, agent, quiet())
	asked := make(chan error, 1)
	go func() { _, err := control.Dial(dir).State(context.Background()); asked <- err }()
	<-inside
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-left:
	default:
		t.Error("Close returned before the call did")
	}
	if err := <-asked; err == nil {
		t.Error("the caller got an answer that nobody gave")
	}
}

func TestCloseLetsCallsFinish(t *testing.T) {
	agent := newFake()
	inside, goOn := make(chan struct{}), make(chan struct{})
	agent.inside = func(ctx context.Context) error {
		close(inside)
		select {
		case <-goOn:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	dir, l := serve(t, agent, quiet())
	asked := make(chan error, 1)
	go func() { _, err := control.Dial(dir).State(context.Background()); asked <- err }()
	<-inside
	closed := make(chan error, 1)
	go func() { closed <- l.Close() }()
	close(goOn)
	if err := errors.Join(<-asked, <-closed); err != nil {
		t.Errorf("a call that would have finished was cut: %v", err)
	}
}

func TestNotRunning(t *testing.T) {
	empty := t.TempDir()
	must(t, os.Chmod(empty, 0o700))
	for name, dir := range map[string]string{"no folder": filepath.Join(t.TempDir(), "none"), "an empty folder": empty} {
		c := control.Dial(dir)
		if err := c.Pause(t.Context()); !errors.Is(err, control.ErrNotRunning) {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := c.Events(t.Context()); !errors.Is(err, control.ErrNotRunning) {
			t.Errorf("%s: Events: got %v", name, err)
		}
		if err := c.WaitStopped(t.Context()); err != nil {
			t.Errorf("%s: WaitStopped: %v", name, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if err := control.Dial(empty).WaitRunning(ctx); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, control.ErrNotRunning) {
		t.Errorf("WaitRunning: got %v", err)
	}
}

func TestWaitRunning(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "home")
	waited := make(chan error, 1)
	go func() { waited <- control.Dial(dir).WaitRunning(context.Background()) }()
	l, err := control.Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- l.Serve(newFake(), quiet()) }()
	if err := <-waited; err != nil {
		t.Error(err)
	}
	go func() { waited <- control.Dial(dir).WaitStopped(context.Background()) }()
	if err := errors.Join(l.Close(), <-served, <-waited); err != nil {
		t.Error(err)
	}
}

// start runs this test binary again in a role and returns when it has said that it is ready.
func start(t *testing.T, role, socket string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "OAKLOCK_TEST_ROLE="+role, "OAKLOCK_TEST_SOCKET="+socket)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("%s said %q, %v", role, line, err)
	}
	return cmd
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
