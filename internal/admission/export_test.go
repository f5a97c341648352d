package admission

import (
	"net"
	"net/netip"
)

// CheckPeer asks the system whose the other end of a connection is.
func CheckPeer(c net.Conn) error { return checkPeer(c) }

// PCBOwner is whose an end of a connection is, by a list of XNU's.
func PCBOwner(list []byte, self, other netip.AddrPort) (uid uint32, pid int32, err error) {
	p, err := pcbOf(list, self, other)
	return p.uid, p.pid, err
}

// What reads the lists of XNU and of Windows.
var (
	PCBListener   = listenerIn
	TableOwner    = pidOf
	TableListener = listenerOf
)

// The errors of what is not in a list, and of a list that makes no sense.
var (
	ErrUnknown = errUnknown
	ErrPCBs    = errPCBs
	ErrTable   = errTable
)
