//go:build !windows

package admission

import "syscall"

// exclusively has nothing to do: here a port that somebody listens on is bound a second time only where both have set
// SO_REUSEPORT, and we never do.
func exclusively(string, string, syscall.RawConn) error { return nil }
