//go:build !linux

package admission

import (
	"errors"
	"net"
)

// ErrPeer says that a connection does not come from this machine.
var ErrPeer = errors.New("the connection is not this user's")

// checkPeer cannot yet find the owner of a connection on this system; that it comes from this machine is all it knows.
// SECURITY.md says so.
func checkPeer(c net.Conn) error {
	t, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok || !t.IP.IsLoopback() {
		return ErrPeer
	}
	return nil
}
