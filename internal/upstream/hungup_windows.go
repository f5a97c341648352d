package upstream

import (
	"net"
	"syscall"

	"golang.org/x/sys/windows"

	"github.com/oaklock/oaklock/internal/nonblock"
)

// hungUp says that the other side has closed a connection on which nothing was asked. Like its counterpart on macOS it does not see an
// end behind unread bytes. It has been tried in Wine, and not on Windows.
func hungUp(c net.Conn) bool {
	sc, ok := c.(syscall.Conn)
	if !ok || nonblock.Quiet(c) { // of one that is quiet the look below would wait
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return true
	}
	gone := false
	err = raw.Control(func(fd uintptr) {
		var one [1]byte
		buf := windows.WSABuf{Len: 1, Buf: &one[0]}
		var n uint32
		flags := uint32(windows.MSG_PEEK)
		gone = windows.WSARecv(windows.Handle(fd), &buf, 1, &n, &flags, nil, nil) != nil || n == 0
	})
	return err != nil || gone
}
