//go:build !unix

package upstream

import "net"

// alive cannot be known without reading here; a connection that was closed meanwhile fails one request.
func alive(net.Conn) bool { return true }
