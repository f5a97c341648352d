package nonblock

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// conn is a socket.
type conn struct {
	net.Conn
	fd      syscall.RawConn
	in, out half
}

// half is one direction. Its fields are the call under way, so that no call needs memory of its own.
type half struct {
	mu    sync.Mutex // held by the call under way
	name  string
	when  func(func(uintptr) bool) error // the way to the runtime, which calls try until it gives true, a deadline is over, or the socket is closed
	try   func(uintptr) bool
	b     []byte
	n     int // bytes done
	err   syscall.Errno
	spins time.Time // until when the call does not wait for the runtime, but tries again
}

func wrap(c net.Conn) net.Conn {
	fd, ok := descriptor(c)
	if !ok {
		return c
	}
	n := &conn{Conn: c, fd: fd}
	n.in.name, n.in.when, n.in.try = "read", fd.Read, n.in.read
	n.out.name, n.out.when, n.out.try = "write", fd.Write, n.out.write
	return n
}

// SyscallConn is the socket's.
func (c *conn) SyscallConn() (syscall.RawConn, error) { return c.fd, nil }

// CloseWrite tells the other side that nothing more comes.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

func (c *conn) Read(p []byte) (int, error) { return c.read(p, 0) }

func spin(c net.Conn, p []byte) (int, error) {
	if c, ok := c.(*conn); ok {
		return c.read(p, spinTime)
	}
	return c.Read(p)
}

// read spins for as long before it waits.
func (c *conn) read(p []byte, spin time.Duration) (int, error) {
	if len(p) == 0 || len(p) > Most {
		return c.Conn.Read(p)
	}
	n, err := c.in.call(p, spin)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	if len(p) == 0 || len(p) > Most {
		return c.Conn.Write(p)
	}
	return c.out.call(p, 0)
}

func (h *half) call(p []byte, spin time.Duration) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.b, h.n, h.err, h.spins = p, 0, 0, time.Time{}
	if spin > 0 {
		h.spins = time.Now().Add(spin)
	}
	err := h.when(h.try)
	h.b = nil
	if err == nil && h.err != 0 {
		err = &net.OpError{Op: h.name, Net: "tcp", Err: os.NewSyscallError(h.name, h.err)}
	}
	return h.n, err
}

// read reads once.
func (h *half) read(fd uintptr) bool {
	for {
		n, err := call(syscall.SYS_READ, fd, h.b)
		if err == syscall.EINTR {
			continue
		}
		if err == syscall.EAGAIN {
			if !h.spins.IsZero() && time.Now().Before(h.spins) {
				continue
			}
			return false
		}
		received(fd)
		h.n, h.err = n, err
		return true
	}
}

// write writes on until all is written.
func (h *half) write(fd uintptr) bool {
	sent(fd)
	for h.n < len(h.b) {
		n, err := call(syscall.SYS_WRITE, fd, h.b[h.n:])
		switch err {
		case 0:
			h.n += n
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		default:
			h.err = err
			return true
		}
	}
	return true
}

func tryRead(fd uintptr, b []byte) error {
	if _, err := call(syscall.SYS_READ, fd, b); err != 0 {
		return err
	}
	return nil
}

// call is read or write of what is not empty, without a word to the scheduler.
func call(what, fd uintptr, b []byte) (int, syscall.Errno) {
	n, _, err := syscall.RawSyscall(what, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b))) //nolint:gosec // how the system takes memory
	if err != 0 {
		return 0, err
	}
	return int(n), 0 //nolint:gosec // at most len(b)
}
