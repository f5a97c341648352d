package control

import (
	"errors"
	"fmt"
	"net"
)

var errPeer = errors.New("the other end belongs to another user")

// checkPeer refuses the other end of a connection when the system says that it belongs to another user. Both ends ask: the server
// so that nobody else commands it, the client so that a key that was just typed does not go to somebody else's socket.
//
// Where the system does not tell (errors.ErrUnsupported) the socket's mode and the folder's stand alone.
func checkPeer(conn *net.UnixConn) error {
	ours, err := peerIsUser(conn)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return nil
	case err != nil:
		return fmt.Errorf("ask whose connection it is: %w", err)
	case !ours:
		return errPeer
	}
	return nil
}
