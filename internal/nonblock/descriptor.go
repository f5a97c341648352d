//go:build unix || windows

package nonblock

import (
	"net"
	"syscall"
)

// descriptor is the socket's; false where there is none.
func descriptor(c net.Conn) (syscall.RawConn, bool) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return nil, false
	}
	fd, err := sc.SyscallConn()
	return fd, err == nil
}
