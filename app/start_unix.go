//go:build unix

package app

import "syscall"

const (
	noFollow   = syscall.O_NOFOLLOW
	windowName = "oaklock-window"
)

// apart makes a started agent a session of its own: closing the terminal does not end it.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
