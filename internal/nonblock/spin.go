package nonblock

import (
	"net"
	"runtime"
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
// from a page that thinks; only while no other answer is awaited; and only where the program has more than one processor. The
// zero value is ready. It must not be used by two goroutines at once.
type Spin struct {
	soon bool // the last read was over within spinTime
}

var (
	awaited atomic.Int32                 // answers
	single  = runtime.GOMAXPROCS(0) == 1 // to keep it from the other side is to wait for longer
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
	begin := time.Now()
	if s.soon && alone && !single {
		n, err = spin(c, p)
	} else {
		n, err = c.Read(p)
	}
	s.soon = time.Since(begin) < spinTime
	return n, err
}
