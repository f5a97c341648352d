//go:build unix

package upstream

import (
	"errors"
	"net"
	"syscall"
)

// hungUp says that the other side has closed a connection on which nothing was asked. Unlike nonblock.Quiet it leaves what has come
// where it is: a TLS server sends tickets after the handshake. Of a connection through a proxy nothing is known.
func hungUp(c net.Conn) bool {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return !errors.Is(err, errors.ErrUnsupported)
	}
	gone := false
	err = raw.Control(func(fd uintptr) { gone = fdHungUp(int(fd)) }) //nolint:gosec // a descriptor
	return err != nil || gone
}
