//go:build unix && !linux

package upstream

import (
	"net"
	"syscall"
)

// hungUp says that the other side has closed a connection on which nothing was asked. Unlike [alive] it leaves what has come
// where it is: a TLS server sends tickets after the handshake.
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
	err = raw.Read(func(fd uintptr) bool {
		var one [1]byte
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT) //nolint:gosec // a descriptor
		gone = err == nil && n == 0 || err == syscall.ECONNRESET
		return true // do not wait
	})
	return err != nil || gone
}
