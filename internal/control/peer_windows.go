package control

import (
	"errors"
	"net"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/oaklock/oaklock/internal/owner"
)

// peerIsUser asks for the process at the other end and for its user. It has not been tried on Windows; SECURITY.md says so.
func peerIsUser(conn *net.UnixConn) (bool, error) {
	pid, err := peerPID(conn)
	if err != nil {
		return false, err
	}
	err = owner.Process(uint32(pid), func() error { return nil }) //nolint:gosec // it is one; who holds the connection open keeps the number
	if errors.Is(err, owner.ErrOther) {
		return false, nil
	}
	return err == nil, err
}

// peerPID asks for the process at the other end (SIO_AF_UNIX_GETPEERPID of afunix.h).
func peerPID(conn *net.UnixConn) (int, error) {
	const getPeerPID = windows.IOC_OUT | windows.IOC_VENDOR | 256
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var pid, n uint32 // n is said to stay 0
	var asked error
	if err := raw.Control(func(fd uintptr) {
		asked = windows.WSAIoctl(windows.Handle(fd), getPeerPID, nil, 0, (*byte)(unsafe.Pointer(&pid)), uint32(unsafe.Sizeof(pid)), &n, nil, 0)
	}); err != nil {
		return 0, err
	}
	return int(pid), asked
}
