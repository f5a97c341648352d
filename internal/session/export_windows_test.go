package session

import "syscall"

// ClassName is what the window's class is called.
const ClassName = className

// SayPower calls what Windows calls, for the newest watcher.
func SayPower(event uint32) {
	_, _, _ = syscall.SyscallN(powerCallback(), lastWatcher.Load(), uintptr(event), 0)
}
