package owner

import (
	"fmt"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// Process is nil when a process runs as this user, and wraps [ErrOther] when it runs as another. Also not to find out is an error.
//
// The number of a process that has ended is given to another one at some time. So still is asked, while the process is held and
// keeps its number, whether it is still the one that is meant; its error is given back.
func Process(pid uint32, still func() error) error {
	p, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return fmt.Errorf("look at process %d: %w", pid, err)
	}
	defer func() { _ = windows.CloseHandle(p) }()
	if err := still(); err != nil {
		return err
	}
	var t windows.Token
	if err := windows.OpenProcessToken(p, windows.TOKEN_QUERY, &t); err != nil {
		return fmt.Errorf("look at the user of process %d: %w", pid, err)
	}
	defer func() { _ = t.Close() }()
	its, err := t.GetTokenUser()
	if err != nil {
		return fmt.Errorf("look at the user of process %d: %w", pid, err)
	}
	ours, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return fmt.Errorf("look at this user: %w", err)
	}
	if !its.User.Sid.Equals(ours.User.Sid) {
		return fmt.Errorf("%w, %s", ErrOther, its.User.Sid)
	}
	return nil
}

// Program is the name of the file that a process runs; empty where the system does not tell.
func Program(pid uint32) string {
	p, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return ""
	}
	defer func() { _ = windows.CloseHandle(p) }()
	name := make([]uint16, windows.MAX_LONG_PATH)
	n := uint32(len(name))
	if err := windows.QueryFullProcessImageName(p, 0, &name[0], &n); err != nil {
		return ""
	}
	return filepath.Base(windows.UTF16ToString(name[:n]))
}
