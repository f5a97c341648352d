package admission

import (
	"fmt"

	"github.com/oaklock/oaklock/internal/owner"
)

// PortOwner names the program that listens on a loopback or wildcard port, such as "nginx.exe (process 812)", or "" where
// the system does not tell. It has not been tried on Windows; SECURITY.md says so.
func PortOwner(port int) string {
	for _, six := range []bool{false, true} {
		table, err := tcpTable(six)
		if err != nil {
			continue
		}
		if pid := listenerOf(table, six, port); pid != 0 {
			if name := owner.Program(pid); name != "" {
				return fmt.Sprintf("%s (process %d)", name, pid)
			}
		}
	}
	return ""
}
