package admission

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// ErrPeer says that a connection belongs to another user of the machine, or that its owner cannot be found out.
var ErrPeer = errors.New("the connection is not this user's")

// errUnknown says that the system does not know the connection.
var errUnknown = errors.New("there is no such connection")

// checkPeer asks the system who owns the other end of a loopback connection: loopback TCP is open to every user of the
// machine, and a program of theirs can send any Origin. Not to find out counts as another user.
func checkPeer(c net.Conn) error {
	peer, err := addrPort(c.RemoteAddr())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPeer, err)
	}
	local, err := addrPort(c.LocalAddr())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPeer, err)
	}
	if !peer.Addr().IsLoopback() {
		return fmt.Errorf("%w: it does not come from this machine", ErrPeer)
	}
	if err := isUsers(peer, local); err != nil {
		return fmt.Errorf("%w: %w", ErrPeer, err)
	}
	return nil
}

func addrPort(a net.Addr) (netip.AddrPort, error) {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("not a TCP address: %v", a)
	}
	ap := t.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), nil
}

// listens says that who listens at an address has a port of this machine's own addresses.
func listens(at netip.AddrPort, port int) bool {
	return int(at.Port()) == port && (at.Addr().IsLoopback() || at.Addr().IsUnspecified())
}
