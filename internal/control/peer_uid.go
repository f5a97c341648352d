//go:build linux || darwin

package control

import (
	"net"
	"os"
)

func peerIsUser(conn *net.UnixConn) (bool, error) {
	uid, err := peerUID(conn)
	return int64(uid) == int64(os.Geteuid()), err
}
