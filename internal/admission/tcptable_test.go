package admission_test

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/oaklock/oaklock/internal/admission"
)

// winRow is a row as Windows writes it, of a state and a process. What stands behind a port in its field means nothing.
func winRow(local, other string, state, pid uint32) record {
	l, o := netip.MustParseAddrPort(local), netip.MustParseAddrPort(other)
	port := func(r record, p uint16) record { return r.port(p).u16(0xbeef) }
	if l.Addr().Is4() { // MIB_TCPROW_OWNER_PID
		r := record{}.u32(state).u8(l.Addr().AsSlice()...)
		return port(port(r, l.Port()).u8(o.Addr().AsSlice()...), o.Port()).u32(pid)
	}
	r := record{}.u8(l.Addr().AsSlice()...).u32(0) // MIB_TCP6ROW_OWNER_PID
	r = port(r, l.Port()).u8(o.Addr().AsSlice()...).u32(0)
	return port(r, o.Port()).u32(state, pid)
}

// table is MIB_TCPTABLE_OWNER_PID or MIB_TCP6TABLE_OWNER_PID.
func table(rows ...record) []byte {
	return slices.Concat(append([]record{record{}.u32(uint32(len(rows)))}, rows...)...)
}

const listening, established, timeWait = 2, 5, 11 // MIB_TCP_STATE

func TestWindowsTellsTheOwner(t *testing.T) {
	four := table(winRow(door4, "0.0.0.0:0", listening, 10), winRow(door4, page4, established, 10), winRow(page4, door4, established, 20))
	six := table(winRow(door6, page6, established, 10), winRow(page6, door6, established, 30))
	for name, c := range map[string]struct {
		table       []byte
		six         bool
		self, other string
		pid         uint32
		err         error
	}{
		"IPv4":                      {four, false, page4, door4, 20, nil},
		"IPv6":                      {six, true, page6, door6, 30, nil},
		"our own end":               {four, false, door4, page4, 10, nil},
		"more room than rows":       {append(slices.Clone(four), make([]byte, 100)...), false, page4, door4, 20, nil},
		"IPv4 of a socket for both": {table(winRow("[::ffff:127.0.0.1]:50001", "[::ffff:127.0.0.1]:6255", established, 40)), true, page4, door4, 40, nil},
		"another port":              {four, false, "127.0.0.1:50002", door4, 0, admission.ErrUnknown},
		"to another port":           {four, false, page4, "127.0.0.1:6256", 0, admission.ErrUnknown},
		"another address":           {four, false, "127.0.0.2:50001", door4, 0, admission.ErrUnknown},
		"of nobody any more":        {table(winRow(page4, door4, timeWait, 0)), false, page4, door4, 0, admission.ErrUnknown},
		"twice, of one process":     {table(winRow(page4, door4, established, 20), winRow(page4, door4, established, 20)), false, page4, door4, 20, nil},
		"twice, of two":             {table(winRow(page4, door4, established, 20), winRow(page4, door4, established, 21)), false, page4, door4, 0, admission.ErrTable},
		"twice, once of nobody":     {table(winRow(page4, door4, timeWait, 0), winRow(page4, door4, established, 21)), false, page4, door4, 0, admission.ErrTable},
		"nobody":                    {table(), false, page4, door4, 0, admission.ErrUnknown},
		"nobody, IPv6":              {table(), true, page6, door6, 0, admission.ErrUnknown},
	} {
		pid, err := admission.TableOwner(c.table, c.six, netip.MustParseAddrPort(c.self), netip.MustParseAddrPort(c.other))
		if pid != c.pid || !errors.Is(err, c.err) {
			t.Errorf("%s: process %d, %v; want %d, %v", name, pid, err, c.pid, c.err)
		}
	}
}

func TestWindowsTellsWhoListens(t *testing.T) {
	for name, c := range map[string]struct {
		row record
		six bool
		pid uint32
	}{
		"loopback":        {winRow(door4, "0.0.0.0:0", listening, 812), false, 812},
		"loopback, IPv6":  {winRow(door6, "[::]:0", listening, 813), true, 813},
		"every address":   {winRow("0.0.0.0:6255", "0.0.0.0:0", listening, 814), false, 814},
		"another address": {winRow("192.0.2.1:6255", "0.0.0.0:0", listening, 815), false, 0},
		"another port":    {winRow(page4, "0.0.0.0:0", listening, 816), false, 0},
		"connected":       {winRow(door4, page4, established, 817), false, 0},
	} {
		if got := admission.TableListener(table(c.row), c.six, 6255); got != c.pid {
			t.Errorf("%s: process %d, want %d", name, got, c.pid)
		}
	}
	if got := admission.TableListener([]byte{1, 2, 3}, false, 6255); got != 0 {
		t.Errorf("a table that makes no sense: process %d", got)
	}
}

// A table that breaks off, or says that it has more rows than it has, tells of nobody.
func TestWindowsTablesThatMakeNoSense(t *testing.T) {
	for _, c := range []struct {
		table       []byte
		six         bool
		self, other string
	}{
		{table(winRow(page4, door4, established, 20)), false, page4, door4},
		{table(winRow(page6, door6, established, 20)), true, page6, door6},
	} {
		self, other := netip.MustParseAddrPort(c.self), netip.MustParseAddrPort(c.other)
		for n := range c.table {
			if pid, err := admission.TableOwner(c.table[:n], c.six, self, other); !errors.Is(err, admission.ErrTable) {
				t.Errorf("of %d bytes: process %d, %v", n, pid, err)
			}
		}
		for _, rows := range []uint32{2, 3, 1 << 16, 0x7fffffff, 0x80000000, 0xffffffff} {
			binary.LittleEndian.PutUint32(c.table, rows)
			if pid, err := admission.TableOwner(c.table, c.six, self, other); !errors.Is(err, admission.ErrTable) {
				t.Errorf("%d rows that are not there: process %d, %v", rows, pid, err)
			}
		}
	}
}

// Whatever a table holds, nobody is taken for the owner of a connection that is not in it.
func FuzzTCPTable(f *testing.F) {
	f.Add(table(), false)
	f.Add(table(winRow(page4, door4, established, 20), winRow(door4, page4, established, 10)), false)
	f.Add(table(winRow(page6, door6, established, 20), winRow(door6, page6, established, 10)), true)
	f.Add(table(winRow("[::ffff:127.0.0.1]:50001", "[::ffff:127.0.0.1]:6255", established, 40)), true)
	f.Fuzz(func(t *testing.T, b []byte, six bool) {
		for _, c := range [][2]string{{page4, door4}, {page6, door6}} {
			self, other := netip.MustParseAddrPort(c[0]), netip.MustParseAddrPort(c[1])
			pid, err := admission.TableOwner(b, six, self, other)
			if err == nil && (pid == 0 || !holds(b, binary.LittleEndian.AppendUint32(nil, pid), self, other)) {
				t.Errorf("process %d is said to own what is not there: %x", pid, b)
			}
		}
		admission.TableListener(b, six, 6255)
	})
}
