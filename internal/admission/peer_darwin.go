package admission

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// isUsers is nil when the end of a connection that is self, and whose other end is other, belongs to this user. It has not been
// tried on a Mac; SECURITY.md says so.
func isUsers(self, other netip.AddrPort) error {
	list, err := pcbList()
	if err != nil {
		return err
	}
	p, err := pcbOf(list, self, other)
	if err != nil {
		return err
	}
	if int64(p.uid) != int64(os.Getuid()) {
		return fmt.Errorf("it is of user %d", p.uid)
	}
	return nil
}

// pcbList asks XNU for all TCP connections. Between the question how long the list is and the list it can have become longer.
func pcbList() (list []byte, err error) {
	for range 3 {
		if list, err = unix.SysctlRaw("net.inet.tcp.pcblist_n"); !errors.Is(err, unix.ENOMEM) {
			break
		}
	}
	return list, err
}
