//go:build unix

package nonblock_test

import "syscall"

const (
	reset  = syscall.ECONNRESET
	broken = syscall.EPIPE
)
