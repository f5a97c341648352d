package admission

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// PortOwner names the program that listens on a loopback or wildcard port, such as "nginx (process 812)", or "" where
// the system does not tell. It has not been tried on a Mac; SECURITY.md says so.
func PortOwner(port int) string {
	list, err := pcbList()
	if err != nil {
		return ""
	}
	pid := listenerIn(list, port)
	if pid <= 0 {
		return ""
	}
	p, err := unix.SysctlKinfoProc("kern.proc.pid", int(pid))
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s (process %d)", unix.ByteSliceToString(p.Proc.P_comm[:]), pid)
}
