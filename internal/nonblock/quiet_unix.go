//go:build unix && !linux

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
		_, err := syscall.Read(int(fd), one[:])
		quiet = errors.Is(err, syscall.EAGAIN)
		return true // do not wait
	})
	return err == nil && quiet
}
