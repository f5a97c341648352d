package admission

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// soExclusiveAddrUse is ~SO_REUSEADDR (winsock2.h). Without it a later program with SO_REUSEADDR, even one of another user,
// can bind the port beside us on Windows and get the pages' requests (Microsoft, "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE").
const soExclusiveAddrUse = ^4

// exclusively makes a socket nobody else can bind beside. It has not been tried on Windows; SECURITY.md says so.
func exclusively(_, _ string, c syscall.RawConn) error {
	var failed error
	if err := c.Control(func(fd uintptr) {
		failed = windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, soExclusiveAddrUse, 1)
	}); err != nil {
		return err
	}
	return failed
}
