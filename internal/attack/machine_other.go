//go:build !linux

package attack

import (
	"net"
	"syscall"
)

// share does nothing: how a port is shared is each system's own.
func share(_, _ string, _ syscall.RawConn) error { return nil }

// canBeOther says why this process cannot make a socket of another user.
func canBeOther() error {
	return errNotHere("This is tried on Linux only.")
}

func dialAsOther(string) (net.Conn, error) { return nil, canBeOther() }
