package upstream

import "golang.org/x/sys/unix"

// fdHungUp sees the end also behind unread bytes, such as a TLS server's tickets and the farewell that it sends before it hangs up.
func fdHungUp(fd int) bool {
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}} //nolint:gosec // a descriptor
	n, err := unix.Poll(poll, 0)
	return err == nil && n > 0
}
