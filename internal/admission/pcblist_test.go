package admission_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/oaklock/oaklock/internal/admission"
)

// record is a structure of XNU's as it is laid out with #pragma pack(4) on a little-endian machine; each method writes its next field.
type record []byte

func (r record) u8(v ...uint8) record { return append(r, v...) }
func (r record) u16(v uint16) record  { return binary.LittleEndian.AppendUint16(r, v) }
func (r record) u32(v ...uint32) (s record) {
	s = r
	for _, v := range v {
		s = binary.LittleEndian.AppendUint32(s, v)
	}
	return s
}
func (r record) u64(v uint64) record  { return binary.LittleEndian.AppendUint64(r, v) }
func (r record) port(v uint16) record { return binary.BigEndian.AppendUint16(r, v) }
func (r record) zero(n int) record    { return append(r, make([]byte, n)...) }

// done writes the length, which comes first, and fills up to the next multiple of 8.
func (r record) done() record {
	binary.LittleEndian.PutUint32(r, uint32(len(r)))
	return r.zero(-len(r) & 7)
}

// xinpgen is struct xinpgen of bsd/netinet/in_pcb.h.
func xinpgen(count uint32) record {
	return record{}.u32(0, count). // xig_len, xig_count
					u64(77).u64(78). // xig_gen, xig_sogen
					done()
}

// end is an end of a connection, as the kernel has it.
type end struct {
	local, foreign string
	vflag          uint8 // 1: IPv4, 2: IPv6
	mapped         bool  // a socket for both, in which IPv4 is written as IPv6
	uid            uint32
	pid            uint32
	gone           bool // it has no socket any more
}

// inpcb is struct xinpcb_n of bsd/netinet/in_pcb.h.
func (e end) inpcb() record {
	local, foreign := netip.MustParseAddrPort(e.local), netip.MustParseAddrPort(e.foreign)
	addr := func(a netip.Addr) []byte { // struct in_addr_4in6, or in6_addr
		if a.Is4() && !e.mapped {
			return append(make([]byte, 12), a.AsSlice()...)
		}
		b := a.As16()
		return b[:]
	}
	return record{}.u32(0, 0x10). // xi_len, xi_kind
					u64(0xfeedfacecafebeef).                      // xi_inpp
					port(foreign.Port()).port(local.Port()).      // inp_fport, inp_lport
					u64(0xfeedface00000001).u64(4711).            // inp_ppcb, inp_gencnt
					u32(0x40, 0).                                 // inp_flags, inp_flow
					u8(e.vflag, 64, 6, 0xaa).                     // inp_vflag, inp_ip_ttl, inp_ip_p, and what the compiler leaves
					u8(addr(foreign.Addr())...).                  // inp_dependfaddr
					u8(addr(local.Addr())...).                    // inp_dependladdr
					u8(0, 0xaa, 0xaa, 0xaa).                      // inp_depend4
					u8(0, 0xaa, 0xaa, 0xaa).u32(0).u16(0).u16(0). // inp_depend6
					u32(0x1234, 0).                               // inp_flowhash, inp_flags2
					done()
}

// socket is struct xsocket_n of bsd/sys/socketvar.h. Of a connection without a socket sotoxsocket_n writes no more than the beginning.
func (e end) socket() record {
	if e.gone {
		return record{}.u32(0, 1).zero(96).done()
	}
	return record{}.u32(0, 1). // xso_len, xso_kind
					u64(0xfeedface00000002).       // xso_so
					u16(1).u16(0).u32(4).          // so_type, so_options
					u16(0).u16(2).u64(0xfeedface). // so_linger, so_state, so_pcb
					u32(6, 2).                     // xso_protocol, xso_family
					u16(0).u16(0).u16(0).u16(0).   // so_qlen, so_incqlen, so_qlimit, so_timeo
					u16(0).u16(0).                 // so_error
					u32(99, 0).                    // so_pgid, so_oobmark
					u32(e.uid, e.pid, 0).          // so_uid, so_last_pid, so_e_pid
					u64(4712).u32(0, 0, 1, 1, 0).  // so_gencnt, so_flags, so_flags1, so_usecount, so_retaincnt, xso_filter_flags
					done()
}

// rest is what stands behind: two struct xsockbuf_n, struct xsockstat_n, struct xtcpcb_n.
func rest() record {
	return slices.Concat(record{}.u32(0, 2).zero(24).done(), record{}.u32(0, 4).zero(24).done(), record{}.u32(0, 8).zero(128).done(),
		record{}.u32(0, 0x20).zero(196).done())
}

// list is what sysctl net.inet.tcp.pcblist_n gives.
func list(ends ...end) []byte {
	n := uint32(len(ends))
	out := xinpgen(n)
	for _, e := range ends {
		out = slices.Concat(out, e.inpcb(), e.socket(), rest())
	}
	return append(out, xinpgen(n)...)
}

const (
	page4, door4 = "127.0.0.1:50001", "127.0.0.1:6255"
	page6, door6 = "[::1]:50001", "[::1]:6255"
)

// both are the two ends of a connection: the page's, and ours.
func both(page, door string, vflag uint8, uid uint32) []end {
	return []end{{local: door, foreign: page, vflag: vflag, uid: 501, pid: 10}, {local: page, foreign: door, vflag: vflag, uid: uid, pid: 20}}
}

func TestXNUTellsTheOwner(t *testing.T) {
	four, six := both(page4, door4, 1, 502), both(page6, door6, 2, 503)
	for name, c := range map[string]struct {
		list        []byte
		self, other string
		uid         uint32
		err         error
	}{
		"IPv4":                       {list(slices.Concat(four, six)...), page4, door4, 502, nil},
		"IPv6":                       {list(slices.Concat(four, six)...), page6, door6, 503, nil},
		"our own end":                {list(four...), door4, page4, 501, nil},
		"IPv4 of a socket for both":  {list(end{local: page4, foreign: door4, vflag: 1, mapped: true, uid: 504}), page4, door4, 504, nil},
		"the same, by its address":   {list(end{local: page4, foreign: door4, vflag: 2, mapped: true, uid: 504}), page4, door4, 504, nil},
		"root":                       {list(end{local: page4, foreign: door4, vflag: 1, uid: 0}), page4, door4, 0, nil},
		"another port":               {list(four...), "127.0.0.1:50002", door4, 0, admission.ErrUnknown},
		"to another port":            {list(four...), page4, "127.0.0.1:6256", 0, admission.ErrUnknown},
		"another address":            {list(four...), "127.0.0.2:50001", door4, 0, admission.ErrUnknown},
		"IPv6 is not IPv4":           {list(six...), page4, door4, 0, admission.ErrUnknown},
		"who listens is not who":     {list(end{local: page4, foreign: "0.0.0.0:0", vflag: 1, uid: 501}), page4, door4, 0, admission.ErrUnknown},
		"without a socket":           {list(end{local: page4, foreign: door4, vflag: 1, gone: true}), page4, door4, 0, admission.ErrUnknown},
		"twice, of one user":         {list(four[1], four[1]), page4, door4, 502, nil},
		"twice, of two users":        {list(four[1], end{local: page4, foreign: door4, vflag: 1, uid: 501}), page4, door4, 0, admission.ErrPCBs},
		"nobody":                     {list(), page4, door4, 0, admission.ErrUnknown},
		"nobody, and nothing behind": {xinpgen(0), page4, door4, 0, admission.ErrUnknown},
	} {
		uid, _, err := admission.PCBOwner(c.list, netip.MustParseAddrPort(c.self), netip.MustParseAddrPort(c.other))
		if uid != c.uid || !errors.Is(err, c.err) {
			t.Errorf("%s: user %d, %v; want %d, %v", name, uid, err, c.uid, c.err)
		}
	}
}

// A later system may have more in a record, and records that there are not today.
func TestXNUMayGrow(t *testing.T) {
	e := end{local: page4, foreign: door4, vflag: 1, uid: 502}
	longer := func(r record) record { return append(r, 1, 2, 3, 4, 5).done() }
	out := slices.Concat(xinpgen(1), record{}.u32(0, 0x400).zero(60).done(), longer(e.inpcb()), record{}.u32(0, 0x800).zero(19).done(),
		longer(e.socket()), rest(), xinpgen(1))
	if uid, _, err := admission.PCBOwner(out, netip.MustParseAddrPort(page4), netip.MustParseAddrPort(door4)); uid != 502 || err != nil {
		t.Errorf("user %d, %v", uid, err)
	}
}

func TestXNUTellsWhoListens(t *testing.T) {
	for name, c := range map[string]struct {
		end end
		pid int32
	}{
		"loopback":        {end{local: door4, foreign: "0.0.0.0:0", vflag: 1, pid: 812}, 812},
		"loopback, IPv6":  {end{local: door6, foreign: "[::]:0", vflag: 2, pid: 813}, 813},
		"every address":   {end{local: "[::]:6255", foreign: "[::]:0", vflag: 2, pid: 814}, 814},
		"both":            {end{local: "[::]:6255", foreign: "[::]:0", vflag: 3, pid: 815}, 815},
		"another address": {end{local: "192.0.2.1:6255", foreign: "0.0.0.0:0", vflag: 1, pid: 816}, 0},
		"another port":    {end{local: page4, foreign: "0.0.0.0:0", vflag: 1, pid: 817}, 0},
		"connected":       {end{local: door4, foreign: page4, vflag: 1, pid: 818}, 0},
	} {
		if got := admission.PCBListener(list(c.end), 6255); got != c.pid {
			t.Errorf("%s: process %d, want %d", name, got, c.pid)
		}
	}
	if got := admission.PCBListener([]byte{1, 2, 3}, 6255); got != 0 {
		t.Errorf("a list that makes no sense: process %d", got)
	}
}

// A list that breaks off anywhere, or has a length that makes no sense anywhere, tells of nobody.
func TestXNUListsThatMakeNoSense(t *testing.T) {
	whole := list(both(page4, door4, 1, 502)...)
	self, other := netip.MustParseAddrPort(page4), netip.MustParseAddrPort(door4)
	for n := range whole {
		if uid, _, err := admission.PCBOwner(whole[:n], self, other); err == nil {
			t.Errorf("of %d bytes: user %d", n, uid)
		}
	}
	for at, i := 0, 0; at < len(whole)-24; i++ {
		length := binary.LittleEndian.Uint32(whole[at:])
		for _, wrong := range []uint32{0, 1, 4, 8, 23, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff} {
			b := slices.Clone(whole)
			binary.LittleEndian.PutUint32(b[at:], wrong)
			if uid, _, err := admission.PCBOwner(b, self, other); !errors.Is(err, admission.ErrPCBs) {
				t.Errorf("record %d with length %#x: user %d, %v", i, wrong, uid, err)
			}
		}
		at += int(length+7) &^ 7
	}
	e := end{local: page4, foreign: door4, vflag: 1, uid: 502}
	for name, b := range map[string][]byte{
		"a socket of nothing":        slices.Concat(xinpgen(1), e.socket(), xinpgen(1)),
		"two sockets of one":         slices.Concat(xinpgen(1), e.inpcb(), e.socket(), e.socket(), xinpgen(1)),
		"a short connection":         slices.Concat(xinpgen(1), e.inpcb()[:72].done(), e.socket(), xinpgen(1)),
		"a short socket":             slices.Concat(xinpgen(1), e.inpcb(), e.socket()[:64].done(), xinpgen(1)),
		"a connection at the head":   slices.Concat(e.inpcb(), e.socket(), xinpgen(1)),
		"the end is not there":       slices.Concat(xinpgen(1), e.inpcb(), e.socket()),
		"the kind is not there":      slices.Concat(xinpgen(1), record{}.u32(4)),
		"nothing at all":             nil,
		"one byte":                   {24},
		"a length and nothing else":  record{}.u32(24),
		"the head says too much":     record{}.u32(28, 0).zero(20),
		"the head is a whole record": xinpgen(1).zero(8).done(),
	} {
		if uid, _, err := admission.PCBOwner(b, self, other); !errors.Is(err, admission.ErrPCBs) {
			t.Errorf("%s: user %d, %v", name, uid, err)
		}
	}
}

// Whatever a list holds, it is read to an end, and nobody is taken for the owner of a connection that is not in it.
func FuzzPCBList(f *testing.F) {
	f.Add(list())
	f.Add(list(slices.Concat(both(page4, door4, 1, 502), both(page6, door6, 2, 503))...))
	f.Add(list(end{local: page4, foreign: door4, vflag: 1, gone: true}))
	f.Add(list(end{local: page4, foreign: door4, vflag: 2, mapped: true, uid: 502}))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, c := range [][2]string{{page4, door4}, {page6, door6}} {
			self, other := netip.MustParseAddrPort(c[0]), netip.MustParseAddrPort(c[1])
			uid, _, err := admission.PCBOwner(b, self, other)
			if err != nil {
				continue
			}
			if !holds(b, binary.LittleEndian.AppendUint32(nil, uid), self, other) {
				t.Errorf("user %d is said to own what is not there: %x", uid, b)
			}
		}
		admission.PCBListener(b, 6255)
	})
}

// holds says that a table has all of these bytes somewhere.
func holds(b, owner []byte, self, other netip.AddrPort) bool {
	for _, part := range [][]byte{owner, self.Addr().AsSlice(), other.Addr().AsSlice(),
		binary.BigEndian.AppendUint16(nil, self.Port()), binary.BigEndian.AppendUint16(nil, other.Port())} {
		if !bytes.Contains(b, part) {
			return false
		}
	}
	return true
}
