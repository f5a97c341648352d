package control

import "fmt"

// endProcess says how to end a process that does not listen.
func endProcess(pid int) string {
	return fmt.Sprintf("end it with: taskkill /F /PID %d (nothing that was saved is lost by that)", pid)
}
