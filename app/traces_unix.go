//go:build unix

package app

import (
	"os"
	"syscall"
)

// withoutTraces starts the program anew in its own place, so that Go prints no stacks when it is broken or sent a SIGQUIT: with
// the arguments of calls in them they would stand in the journal. Only the environment can say so: debug.SetTraceback does not
// go below what that has, nor below the default where it has nothing (setTraceback in runtime/runtime1.go). Whoever wants traces
// starts the agent with GOTRACEBACK set. It returns where nothing is to be done, or nothing could be done.
func withoutTraces() {
	if os.Getenv("GOTRACEBACK") != "" {
		return
	}
	if self, err := os.Executable(); err == nil {
		_ = syscall.Exec(self, os.Args, append(os.Environ(), "GOTRACEBACK=none")) //nolint:gosec // it is this very program; on an error it runs on with traces
	}
}
