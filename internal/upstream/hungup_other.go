//go:build !unix && !windows

package upstream

import "net"

// hungUp cannot be known without reading here; a connection that was closed meanwhile fails one request.
func hungUp(net.Conn) bool { return false }
