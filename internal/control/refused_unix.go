//go:build unix

package control

import "syscall"

// errRefused is what connecting to a socket gives when nobody listens on it any more.
const errRefused = syscall.ECONNREFUSED
