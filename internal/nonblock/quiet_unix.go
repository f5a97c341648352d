//go:build unix

package nonblock

import (
	"errors"
	"net"
	"syscall"
)

func quiet(c net.Conn) bool {
	fd, ok := descriptor(c)
	if !ok {
		return true
	}
	quiet := false
	err := fd.Read(func(fd uintptr) bool {
		var one [1]byte
		quiet = errors.Is(tryRead(fd, one[:]), syscall.EAGAIN)
		return true // do not wait
	})
	return err == nil && quiet
}
