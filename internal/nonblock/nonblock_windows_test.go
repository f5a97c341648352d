package nonblock_test

import "syscall"

const (
	reset  = syscall.WSAECONNRESET
	broken = syscall.Errno(10053) // WSAECONNABORTED
)
