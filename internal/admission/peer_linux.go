package admission

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

var ownUID = uint32(os.Getuid()) //nolint:gosec // never negative on Linux

// isUsers is nil when the end of a connection that is self, and whose other end is other, belongs to this user.
func isUsers(self, other netip.AddrPort) error {
	s, err := socketOf(self, other)
	if err != nil {
		return err
	}
	if s.uid != ownUID {
		return fmt.Errorf("it is of user %d", s.uid)
	}
	return nil
}

// socket is what the kernel says of one end of a connection.
type socket struct{ uid, inode uint32 }

// socketOf is the one whose own end is self and whose other end is other.
func socketOf(self, other netip.AddrPort) (socket, error) {
	s, err := socketByNetlink(self, other)
	if err != nil {
		return socketByProc(self, other)
	}
	return s, nil
}

// diag is a netlink socket that is asked one question after the other. The zero value is ready.
type diag struct {
	mu   sync.Mutex
	fd   int    // guarded by mu
	open bool   // guarded by mu
	seq  uint32 // guarded by mu: of the last question
}

var sockets diag

// socketByNetlink asks sock_diag(7) for the one socket whose own end is self and whose other end is other. Layouts are
// struct inet_diag_req_v2 and inet_diag_msg of linux/inet_diag.h.
func socketByNetlink(self, other netip.AddrPort) (none socket, err error) {
	const (
		sockDiagByFamily = 20
		reqLen           = 56
		msgUIDOffset     = 4 + 48 + 4 + 4 + 4 // family..retrans, sockid, expires, rqueue, wqueue
	)
	b := make([]byte, unix.SizeofNlMsghdr+reqLen)
	binary.NativeEndian.PutUint32(b[0:], unix.SizeofNlMsghdr+reqLen)
	binary.NativeEndian.PutUint16(b[4:], sockDiagByFamily)
	binary.NativeEndian.PutUint16(b[6:], unix.NLM_F_REQUEST)
	r := b[unix.SizeofNlMsghdr:]
	r[0], r[1] = unix.AF_INET, unix.IPPROTO_TCP
	if self.Addr().Is6() {
		r[0] = unix.AF_INET6
	}
	binary.NativeEndian.PutUint32(r[4:], ^uint32(0)) // any state
	binary.BigEndian.PutUint16(r[8:], self.Port())
	binary.BigEndian.PutUint16(r[10:], other.Port())
	copy(r[12:28], self.Addr().AsSlice())
	copy(r[28:44], other.Addr().AsSlice())
	binary.NativeEndian.PutUint64(r[48:], ^uint64(0)) // INET_DIAG_NOCOOKIE
	buf := make([]byte, 1024)
	n, err := sockets.ask(b, buf)
	if err != nil {
		return none, err
	}
	buf = buf[:n]
	if n < unix.SizeofNlMsghdr+msgUIDOffset+8 || binary.NativeEndian.Uint16(buf[4:]) != sockDiagByFamily {
		return none, errors.New("sock_diag: no such socket")
	}
	m := buf[unix.SizeofNlMsghdr:]
	// Where the connection is gone the kernel answers with a socket that listens on its port, which may be anybody's.
	if binary.BigEndian.Uint16(m[4:]) != self.Port() || binary.BigEndian.Uint16(m[6:]) != other.Port() {
		return none, errors.New("sock_diag: no such connection")
	}
	return socket{binary.NativeEndian.Uint32(m[msgUIDOffset:]), binary.NativeEndian.Uint32(m[msgUIDOffset+4:])}, nil
}

// ask sends a request, and reads the kernel's answer to it. After an error the socket is another: an answer that came late must not be
// taken for that to the next question.
func (d *diag) ask(request, answer []byte) (n int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.connect(); err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_ = unix.Close(d.fd)
			d.open = false
		}
	}()
	d.seq++
	binary.NativeEndian.PutUint32(request[8:], d.seq)
	if err := unix.Sendto(d.fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, err
	}
	n, _, err = unix.Recvfrom(d.fd, answer, 0)
	if err == nil && (n < unix.SizeofNlMsghdr || binary.NativeEndian.Uint32(answer[8:]) != d.seq) {
		err = errors.New("sock_diag: an answer to another question")
	}
	return n, err
}

// connect makes the socket where there is none. The caller holds mu.
func (d *diag) connect() error {
	if d.open {
		return nil
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return err
	}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1}); err != nil {
		_ = unix.Close(fd)
		return err
	}
	d.fd, d.open = fd, true
	return nil
}

// socketByProc reads the same from /proc/net/tcp{,6} (proc(5)), for kernels without sock_diag.
func socketByProc(self, other netip.AddrPort) (none socket, err error) {
	name := "/proc/net/tcp"
	if self.Addr().Is6() {
		name = "/proc/net/tcp6"
	}
	f, err := os.Open(name)
	if err != nil {
		return none, err
	}
	defer func() { _ = f.Close() }()
	want, wantOther := procAddr(self), procAddr(other)
	s := bufio.NewScanner(f)
	for s.Scan() {
		fields := strings.Fields(s.Text())
		if len(fields) < 10 || fields[1] != want || fields[2] != wantOther {
			continue
		}
		uid, err := strconv.ParseUint(fields[7], 10, 32)
		if err != nil {
			return none, err
		}
		inode, err := strconv.ParseUint(fields[9], 10, 32)
		return socket{uint32(uid), uint32(inode)}, err
	}
	if err := s.Err(); err != nil {
		return none, err
	}
	return none, errors.New("no such socket")
}

// procAddr writes an address as proc(5) does: each 32-bit word in the machine's byte order, in hex.
func procAddr(a netip.AddrPort) string {
	b := a.Addr().AsSlice()
	for i := 0; i+4 <= len(b); i += 4 {
		binary.NativeEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
	}
	return strings.ToUpper(hex.EncodeToString(b)) + fmt.Sprintf(":%04X", a.Port())
}
