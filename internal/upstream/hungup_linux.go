package upstream

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// hungUp says that the other side has closed a connection on which nothing was asked. What has come is left where it is, and does
// not matter: a TLS server sends tickets after the handshake, and a farewell before it hangs up.
func hungUp(c net.Conn) bool {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return !isUnknown(err)
	}
	gone := false
	err = raw.Control(func(fd uintptr) {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}} //nolint:gosec // a descriptor
		n, err := unix.Poll(poll, 0)
		gone = err == nil && n > 0
	})
	return err != nil || gone
}
