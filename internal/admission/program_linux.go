package admission

import (
	"net"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
)

// programs finds the file names of the program that holds the other end of a connection, and of the one that started it. Nil
// where they cannot be found out: a process may keep its descriptors from others of its user (prctl(2), PR_SET_DUMPABLE).
func programs(c net.Conn) []string {
	peer, err := addrPort(c.RemoteAddr())
	if err != nil {
		return nil
	}
	local, err := addrPort(c.LocalAddr())
	if err != nil {
		return nil
	}
	s, err := socketOf(peer, local)
	if err != nil || s.inode == 0 {
		return nil
	}
	pid := holder("socket:[" + strconv.FormatUint(uint64(s.inode), 10) + "]")
	if pid == "" {
		return nil
	}
	var files []string
	for range 2 {
		exe, err := os.Readlink("/proc/" + pid + "/exe")
		if err != nil {
			break
		}
		files = append(files, path.Base(strings.TrimSuffix(exe, " (deleted)"))) // so after an update
		if pid = parent(pid); pid == "" {
			break
		}
	}
	return files
}

// holder is the process of this user that has a descriptor for what (proc(5), /proc/pid/fd).
func holder(what string) (pid string) {
	all, err := os.ReadDir("/proc")
	if err != nil {
		return ""
	}
	uid := uint32(os.Getuid()) //nolint:gosec // a uid is never negative on Linux
	for _, p := range all {
		if c := p.Name()[0]; c < '0' || c > '9' {
			continue
		}
		if info, err := p.Info(); err != nil || info.Sys().(*syscall.Stat_t).Uid != uid {
			continue
		}
		dir := "/proc/" + p.Name() + "/fd"
		fds, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, fd := range fds {
			if to, err := os.Readlink(dir + "/" + fd.Name()); err == nil && to == what {
				return p.Name()
			}
		}
	}
	return ""
}

// parent is the process that started another, from /proc/pid/stat: behind the name, which may hold anything, in parentheses
// come the state and then the parent.
func parent(pid string) string {
	b, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	if len(fields) < 2 {
		return ""
	}
	return fields[1]
}
