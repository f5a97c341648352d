package admission

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// PortOwner names the program that listens on a loopback or wildcard port, such as "nginx (process 812)", or "" where
// the system does not tell: programs of other users keep their sockets to themselves (proc(5)).
func PortOwner(port int) string {
	inodes := map[string]bool{}
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		listening(name, port, inodes)
	}
	if len(inodes) == 0 {
		return ""
	}
	fds, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return ""
	}
	for _, fd := range fds {
		to, err := os.Readlink(fd)
		if err != nil || !inodes[strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")] {
			continue
		}
		pid := strings.Split(fd, "/")[2]
		comm, err := os.ReadFile(filepath.Join("/proc", pid, "comm"))
		if err != nil {
			continue
		}
		return fmt.Sprintf("%s (process %s)", strings.TrimSpace(string(comm)), pid)
	}
	return ""
}

// listening collects the socket numbers that listen on a port.
func listening(name string, port int, inodes map[string]bool) {
	const stateListen = "0A" // TCP_LISTEN, net/tcp_states.h
	f, err := os.Open(name)  //nolint:gosec // one of two constants
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	s := bufio.NewScanner(f)
	for s.Scan() {
		fields := strings.Fields(s.Text())
		if len(fields) > 9 && fields[3] == stateListen && strings.HasSuffix(fields[1], fmt.Sprintf(":%04X", port)) {
			inodes[fields[9]] = true
		}
	}
}
