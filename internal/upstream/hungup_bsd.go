//go:build unix && !linux

package upstream

import "syscall"

// fdHungUp looks at what comes next. It does not see an end behind unread bytes.
func fdHungUp(fd int) bool {
	var one [1]byte
	n, _, err := syscall.Recvfrom(fd, one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	return err == nil && n == 0 || err == syscall.ECONNRESET
}
