package admission

import (
	"errors"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/oaklock/oaklock/internal/owner"
)

// isUsers is nil when the end of a connection that is self, and whose other end is other, belongs to this user. It has not been
// tried on Windows; SECURITY.md says so.
func isUsers(self, other netip.AddrPort) error {
	pid, err := peerProcess(self, other)
	if err != nil {
		return err
	}
	return owner.Process(pid, func() error {
		again, err := peerProcess(self, other)
		if err == nil && again != pid {
			err = errTable
		}
		return err
	})
}

func peerProcess(self, other netip.AddrPort) (uint32, error) {
	six := self.Addr().Is6()
	table, err := tcpTable(six)
	if err != nil {
		return 0, err
	}
	pid, err := pidOf(table, six, self, other)
	if six || !errors.Is(err, errUnknown) {
		return pid, err
	}
	// A socket for both that speaks IPv4 could be in the other table.
	if table, err = tcpTable(true); err != nil {
		return 0, err
	}
	return pidOf(table, true, self, other)
}

var getExtendedTCPTable = windows.NewLazySystemDLL("iphlpapi.dll").NewProc("GetExtendedTcpTable")

// tcpTable asks for all TCP connections and sockets that listen, of IPv4 or IPv6. Between the question how long the table is and the
// table it can have become longer.
func tcpTable(six bool) ([]byte, error) {
	const ownerPIDAll = 5 // TCP_TABLE_OWNER_PID_ALL
	family := uintptr(windows.AF_INET)
	if six {
		family = windows.AF_INET6
	}
	if err := getExtendedTCPTable.Find(); err != nil {
		return nil, err
	}
	table := make([]byte, 16<<10)
	for range 5 {
		size := uint32(len(table)) //nolint:gosec // far from that long
		answer, _, _ := getExtendedTCPTable.Call(uintptr(unsafe.Pointer(unsafe.SliceData(table))), uintptr(unsafe.Pointer(&size)), 0, family, ownerPIDAll, 0)
		switch windows.Errno(answer) {
		case windows.NO_ERROR:
			return table[:min(int(size), len(table))], nil
		case windows.ERROR_INSUFFICIENT_BUFFER:
			table = make([]byte, size+4<<10)
		default:
			return nil, fmt.Errorf("GetExtendedTcpTable: %w", windows.Errno(answer))
		}
	}
	return nil, fmt.Errorf("GetExtendedTcpTable: %w", windows.ERROR_INSUFFICIENT_BUFFER)
}
