package admission

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// What Windows says of TCP: GetExtendedTcpTable (iphlpapi.h) with TCP_TABLE_OWNER_PID_ALL gives MIB_TCPTABLE_OWNER_PID or, for IPv6,
// MIB_TCP6TABLE_OWNER_PID (tcpmib.h): a number of rows, and the rows. Ports are in network order in the first two bytes of their
// field; the other two "may contain uninitialized data".
const (
	tcpListen = 2 // MIB_TCP_STATE_LISTEN

	rowLen       = 24 // MIB_TCPROW_OWNER_PID
	rowState     = 0
	rowLocal     = 4
	rowLocalPort = 8
	rowOther     = 12
	rowOtherPort = 16
	rowPID       = 20

	row6Len       = 56 // MIB_TCP6ROW_OWNER_PID, in which a scope stands behind each address
	row6Local     = 0
	row6LocalPort = 20
	row6Other     = 24
	row6OtherPort = 44
	row6State     = 48
	row6PID       = 52
)

// errTable says that a table is not as described above.
var errTable = errors.New("the system's table of connections makes no sense")

// tcpRow is one end of a connection, or a socket that listens, as Windows lists it.
type tcpRow struct {
	local, other netip.AddrPort
	state, pid   uint32
}

// tcpRows reads a table, for IPv4 or IPv6. A table with fewer rows than it says is an error as a whole.
func tcpRows(table []byte, six bool) ([]tcpRow, error) {
	size, read := rowLen, readRow
	if six {
		size, read = row6Len, readRow6
	}
	if len(table) < 4 {
		return nil, errTable
	}
	n, table := uint64(binary.LittleEndian.Uint32(table)), table[4:]
	if n > uint64(len(table)/size) { //nolint:gosec // a length is never negative
		return nil, errTable
	}
	rows := make([]tcpRow, n)
	for i := range rows {
		rows[i] = read(table[i*size:])
	}
	return rows, nil
}

func readRow(b []byte) tcpRow {
	end := func(addr, port int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[addr:])), binary.BigEndian.Uint16(b[port:]))
	}
	return tcpRow{end(rowLocal, rowLocalPort), end(rowOther, rowOtherPort),
		binary.LittleEndian.Uint32(b[rowState:]), binary.LittleEndian.Uint32(b[rowPID:])}
}

func readRow6(b []byte) tcpRow {
	end := func(addr, port int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[addr:])).Unmap(), binary.BigEndian.Uint16(b[port:]))
	}
	return tcpRow{end(row6Local, row6LocalPort), end(row6Other, row6OtherPort),
		binary.LittleEndian.Uint32(b[row6State:]), binary.LittleEndian.Uint32(b[row6PID:])}
}

// pidOf is the process that has the end of a connection that is self, and whose other end is other. Two that differ are an error,
// and so is none: a connection that nobody has any more is listed with process 0.
func pidOf(table []byte, six bool, self, other netip.AddrPort) (uint32, error) {
	rows, err := tcpRows(table, six)
	if err != nil {
		return 0, err
	}
	var found *tcpRow
	for i, r := range rows {
		if r.local != self || r.other != other {
			continue
		}
		if found != nil && found.pid != r.pid {
			return 0, errTable
		}
		found = &rows[i]
	}
	if found == nil || found.pid == 0 {
		return 0, errUnknown
	}
	return found.pid, nil
}

// listenerOf is the process that listens on a port of this machine; 0: none. Any of several: they share it.
func listenerOf(table []byte, six bool, port int) uint32 {
	rows, err := tcpRows(table, six)
	if err != nil {
		return 0
	}
	for _, r := range rows {
		if r.state == tcpListen && listens(r.local, port) {
			return r.pid
		}
	}
	return 0
}
