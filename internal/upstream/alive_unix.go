//go:build unix

package upstream

import (
	"errors"
	"net"
	"syscall"
)

// alive says that the other side has neither closed an idle connection nor sent something on it that nobody asked for.
func alive(c net.Conn) bool {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	err = raw.Read(func(fd uintptr) bool {
		var one [1]byte
		_, err := syscall.Read(int(fd), one[:]) //nolint:gosec // a descriptor
		quiet = errors.Is(err, syscall.EAGAIN)
		return true // do not wait
	})
	return err == nil && quiet
}
