package attack

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// nobody is the user without rights on every Linux (user_namespaces(7), overflowuid).
const nobody = 65534

// share lets a socket share its port with others that do the same.
func share(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	})
	if err != nil {
		return err
	}
	return failed
}

// canBeOther says why this process cannot make a socket of another user, or nil.
func canBeOther() error {
	if os.Getuid() != 0 {
		return errNotHere("Only root can act as another user, so this was not tried. Run the command as root to try it.")
	}
	return nil
}

// dialAsOther connects to 127.0.0.1 with a socket that belongs to nobody. The user of a socket is the filesystem user of the
// thread that makes it (setfsuid(2)), so one thread becomes another user for good and ends with its goroutine.
func dialAsOther(address string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	type made struct {
		c   net.Conn
		err error
	}
	done := make(chan made)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread is not to be used again
		c, err := connectAs(nobody, to)
		done <- made{c, err}
	}()
	m := <-done
	return m.c, m.err
}

func connectAs(uid int, to netip.AddrPort) (net.Conn, error) {
	if err := unix.Setfsuid(uid); err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "socket") //nolint:gosec // a descriptor
	defer func() { _ = f.Close() }()
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return net.FileConn(f)
}
