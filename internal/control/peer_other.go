//go:build !linux && !darwin && !windows

package control

import (
	"errors"
	"net"
)

func peerIsUser(*net.UnixConn) (bool, error) { return false, errors.ErrUnsupported }

func peerPID(*net.UnixConn) (int, error) { return 0, errors.ErrUnsupported }
