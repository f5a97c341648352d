package e2e_test

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Every command says within seconds that a stopped agent does not answer, and which process it is. It goes on afterwards.
func TestAStoppedAgentIsSaid(t *testing.T) {
	t.Parallel()
	u := sit(t)
	agent := u.agent(u.passphrase()...)
	if err := agent.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("Oaklock (process %d) does not answer;", agent.Process.Pid)
	var work sync.WaitGroup
	for _, line := range []string{"oaklock", "oaklock status", "oaklock quit", "oaklock quit --yes", "oaklock unlock", "oaklock reset --yes"} {
		work.Go(func() {
			s := u.types(line)
			if s.status != 1 || s.out != "" || !strings.HasPrefix(s.err, want) || !strings.Contains(s.err, fmt.Sprintf("kill -9 %d", agent.Process.Pid)) {
				t.Errorf("%s: %v", line, s)
			}
		})
	}
	work.Go(func() {
		if s := u.types("oaklock doctor"); s.status != 1 || s.err != "" || !strings.HasPrefix(s.out, "wrong   "+want) {
			t.Errorf("doctor: %v", s)
		}
	})
	work.Wait()
	if err := agent.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-agent.ended: // it was told to quit while it slept
	default:
		u.types("oaklock quit")
		<-agent.ended
	}
}
