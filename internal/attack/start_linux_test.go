package attack_test

import (
	"os/exec"
	"runtime"
	"sync"
	"testing"

	"github.com/oaklock/oaklock/internal/attack"
)

// What was started goes on when threads of this program end, as that of an attack by another user does.
func TestWhatWasStartedOutlastsThreads(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	ended, err := attack.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		var all sync.WaitGroup
		for range 8 {
			all.Go(runtime.LockOSThread) // the thread ends with its goroutine
		}
		all.Wait()
	}
	if _, err := in.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if n, err := out.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Error("it has ended:", err)
	}
	_ = in.Close()
	<-ended
}
