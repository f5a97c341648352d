package admission

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// What XNU says of TCP: sysctl net.inet.tcp.pcblist_n, which netstat(1) and lsof(8) read too. Apple publishes its source, though not
// as an interface: get_pcblist_n in bsd/netinet/in_pcblist.c writes struct xinpgen, then for each connection struct xinpcb_n and
// struct xsocket_n with some more behind, then struct xinpgen again (bsd/netinet/in_pcb.h, bsd/sys/socketvar.h; packed to 4 bytes, in the
// machine's byte order, which is little-endian on every Mac that Go builds for). Each begins with its length and its kind, and the
// next one with the next multiple of 8. So records of other kinds, and what a later system adds to one, are passed over.
const (
	xinpgenLen = 24 // a record this short, or shorter, is the last

	xsoSocket = 0x001 // struct xsocket_n
	xsoInpcb  = 0x010 // struct xinpcb_n

	inpIPv4 = 0x1 // inp_vflag; else it is IPv6

	inpcbForeignPort = 16
	inpcbLocalPort   = 18
	inpcbVflag       = 44
	inpcbForeign     = 48 // 16 bytes, of which IPv4 has the last four (struct in_addr_4in6)
	inpcbLocal       = 64
	inpcbLen         = 80 // as much of it as is read here

	socketHandle    = 8 // xso_so, 0 where the connection has no socket any more
	socketUID       = 64
	socketLastPID   = 68 // whose process used it last
	socketEffective = 72 // for whose process it is
	socketLen       = 76
)

// errPCBs says that a list is not as described above.
var errPCBs = errors.New("the system's list of connections makes no sense")

// pcb is one end of a TCP connection, or a socket that listens, as XNU lists it.
type pcb struct {
	local, foreign netip.AddrPort // foreign has port 0 where it listens
	uid            uint32
	pid            int32
}

// pcbs reads a list. A list that breaks off, or whose lengths make no sense, is an error as a whole.
func pcbs(list []byte) ([]pcb, error) {
	var all []pcb
	var at *pcb // its socket has not come yet
	for first := true; ; first = false {
		if len(list) < 4 {
			return nil, errPCBs
		}
		size := binary.LittleEndian.Uint32(list)
		if uint64(size) > uint64(len(list)) || size < xinpgenLen {
			return nil, errPCBs
		}
		record := list[:size]
		switch {
		case first:
			if size != xinpgenLen {
				return nil, errPCBs
			}
			if len(list) == xinpgenLen { // nobody is connected to anybody, and then there is no second one
				return nil, nil
			}
		case size == xinpgenLen:
			return all, nil
		default:
			switch binary.LittleEndian.Uint32(record[4:]) {
			case xsoInpcb:
				p, ok := addresses(record)
				if !ok {
					return nil, errPCBs
				}
				at = &p
			case xsoSocket:
				if len(record) < socketLen || at == nil {
					return nil, errPCBs
				}
				if binary.LittleEndian.Uint64(record[socketHandle:]) != 0 { // else the uid is nobody's, and written as root's
					at.owner(record)
					all = append(all, *at)
				}
				at = nil
			}
		}
		list = list[min(len(list), int(size+7)&^7):]
	}
}

func (p *pcb) owner(record []byte) {
	p.uid = binary.LittleEndian.Uint32(record[socketUID:])
	p.pid = int32(binary.LittleEndian.Uint32(record[socketEffective:])) //nolint:gosec // pid_t
	if p.pid == 0 {
		p.pid = int32(binary.LittleEndian.Uint32(record[socketLastPID:])) //nolint:gosec // pid_t
	}
}

// addresses reads struct xinpcb_n.
func addresses(record []byte) (p pcb, ok bool) {
	if len(record) < inpcbLen {
		return p, false
	}
	end := func(addr, port int) netip.AddrPort {
		a := netip.AddrFrom16([16]byte(record[addr:])).Unmap()
		if record[inpcbVflag]&inpIPv4 != 0 { // also of a socket for both that speaks IPv4
			a = netip.AddrFrom4([4]byte(record[addr+12:]))
		}
		return netip.AddrPortFrom(a, binary.BigEndian.Uint16(record[port:]))
	}
	return pcb{local: end(inpcbLocal, inpcbLocalPort), foreign: end(inpcbForeign, inpcbForeignPort)}, true
}

// pcbOf is the end of a connection that is self, and whose other end is other. Two that differ are an error.
func pcbOf(list []byte, self, other netip.AddrPort) (pcb, error) {
	all, err := pcbs(list)
	if err != nil {
		return pcb{}, err
	}
	var found *pcb
	for i, p := range all {
		if p.local != self || p.foreign != other {
			continue
		}
		if found != nil && found.uid != p.uid {
			return pcb{}, errPCBs
		}
		found = &all[i]
	}
	if found == nil {
		return pcb{}, errUnknown
	}
	return *found, nil
}

// listenerIn is the process that listens on a port of this machine; 0: none.
func listenerIn(list []byte, port int) int32 {
	all, err := pcbs(list)
	if err != nil {
		return 0
	}
	for _, p := range all {
		if p.foreign.Port() == 0 && listens(p.local, port) {
			return p.pid
		}
	}
	return 0
}
