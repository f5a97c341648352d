package app

import "syscall"

const (
	noFollow   = 0
	windowName = "oaklock-window.exe"
)

// apart makes a started agent independent of the console that it was started from.
func apart() *syscall.SysProcAttr {
	const detachedProcess = 0x00000008 // CreateProcess, process creation flags
	return &syscall.SysProcAttr{CreationFlags: detachedProcess | syscall.CREATE_NEW_PROCESS_GROUP}
}
