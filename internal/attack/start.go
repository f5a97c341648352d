package attack

import (
	"os/exec"
	"runtime"
)

// Start starts a program that on Linux ends with this one, also when this one is killed, and waits for it. How it ended does not matter.
func Start(cmd *exec.Cmd) (ended <-chan struct{}, err error) {
	cmd.SysProcAttr = tied()
	over, started := make(chan struct{}), make(chan error)
	go func() {
		defer close(over)
		// Its parent is the thread that has started it (prctl(2), PR_SET_PDEATHSIG), and threads end: see connectAs.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	return over, <-started
}
