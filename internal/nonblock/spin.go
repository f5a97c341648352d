package nonblock

import (
	"net"
	"sync/atomic"
	"time"
)

// spinTime is how long a read spins at most: what comes later than this is not worth keeping a processor for.
var spinTime = 200 * time.Microsecond

// Spin reads what usually comes within microseconds, as the answer of a provider on this machine does: it tries again and again
// for up to 200 µs before its thread sleeps. To put a processor to sleep and wake it again costs more than to wait with it, in a
// virtual machine by far. The kernel's own form of this, busy polling (socket(7), SO_BUSY_POLL), is for network cards.
//
// A read spins only where the one before was over that soon, so one from a provider that is far away never does, nor does one
// from a page that thinks; only while no other answer is awaited; and one read at a time, however many pages ask quickly, so that
// another processor is left to whoever has work to do. While it spins, the runtime may hear of nothing else. Where that is what
// keeps the bytes from coming, as on one processor or where the other side is part of this program, spinning is in vain, and is
// tried again after so many reads more each time. The zero value is ready. It must not be used by two goroutines at once.
type Spin struct {
	soon  bool // the last read was over within spinTime
	rests int  // how many reads more do not spin
	vain  int  // how many did not after the last spinning that was in vain
}

// mostRests is how many reads do not spin after one that was in vain, at most.
const mostRests = 255

var (
	awaited  atomic.Int32 // answers
	spinning atomic.Bool  // somebody spins
)

// Answer is a Read of c for the first of an answer. c is what [New] has made: on another connection, and on other systems than
// Linux, nothing spins.
func (s *Spin) Answer(c net.Conn, p []byte) (int, error) {
	defer awaited.Add(-1)
	return s.read(c, p, awaited.Add(1) == 1)
}

// Request is a Read of c for the first of another request, of which nobody knows whether it comes.
func (s *Spin) Request(c net.Conn, p []byte) (int, error) {
	return s.read(c, p, awaited.Load() == 0)
}

func (s *Spin) read(c net.Conn, p []byte, alone bool) (n int, err error) {
	begin, spins := time.Now(), s.soon && alone && s.rests == 0 && spinning.CompareAndSwap(false, true)
	if spins {
		n, err = spin(c, p)
		spinning.Store(false)
	} else {
		n, err = c.Read(p)
	}
	s.soon = time.Since(begin) < spinTime
	switch {
	case spins && s.soon:
		s.vain = 0
	case spins:
		s.vain = min(2*s.vain+1, mostRests)
		s.rests = s.vain
	case s.rests > 0:
		s.rests--
	}
	return n, err
}
