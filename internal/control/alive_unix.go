//go:build unix

package control

import "fmt"

// endProcess says how to end a process that does not listen. One that was only stopped goes on.
func endProcess(pid int) string {
	return fmt.Sprintf("if it was stopped, let it go on with: kill -CONT %d; else end it with: kill -9 %d (nothing that was saved is lost by that)", pid, pid)
}
