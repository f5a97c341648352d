//go:build unix && !linux

package nonblock

import "syscall"

func tryRead(fd uintptr, b []byte) error {
	_, err := syscall.Read(int(fd), b)
	return err
}
