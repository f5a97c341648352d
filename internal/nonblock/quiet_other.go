//go:build !unix && !windows

package nonblock

import "net"

func quiet(net.Conn) bool { return true }
