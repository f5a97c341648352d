package nonblock

import (
	"net"
	"syscall"
	"testing"
	"time"
)

// runtimeOf counts how often a read of a socket waits in the runtime, and has the other side write when it does.
type runtimeOf struct {
	*net.TCPConn
	far   net.Conn
	waits int
}

func (r *runtimeOf) SyscallConn() (syscall.RawConn, error) {
	fd, err := r.TCPConn.SyscallConn()
	return &rawConn{fd, r}, err
}

type rawConn struct {
	syscall.RawConn
	r *runtimeOf
}

func (c *rawConn) Read(try func(uintptr) bool) error {
	return c.RawConn.Read(func(fd uintptr) bool {
		if try(fd) {
			return true
		}
		if c.r.waits++; c.r.waits == 1 {
			_, _ = c.r.far.Write([]byte("x"))
		}
		return false
	})
}

func TestWhoSpins(t *testing.T) {
	answer, request := (*Spin).Answer, (*Spin).Request
	for name, test := range map[string]struct {
		read  func(*Spin, net.Conn, []byte) (int, error)
		soon  bool
		set   func()
		spins bool
		vain  bool // it spins, and what comes is late
	}{
		"an answer, after a quick one":       {read: answer, soon: true, spins: true},
		"a request, after a quick one":       {read: request, soon: true, spins: true},
		"an answer, after none or a slow":    {read: answer},
		"a request, after none or a slow":    {read: request},
		"an answer beside another":           {read: answer, soon: true, set: func() { awaited.Add(1) }},
		"a request beside an answer":         {read: request, soon: true, set: func() { awaited.Add(1) }},
		"an answer while another read spins": {read: answer, soon: true, set: func() { spinning.Store(true) }},
		"a request while another read spins": {read: request, soon: true, set: func() { spinning.Store(true) }},
		"an answer that does not come":       {read: answer, soon: true, set: func() { spinTime = time.Millisecond }, vain: true},
		"a request that does not come":       {read: request, soon: true, set: func() { spinTime = time.Millisecond }, vain: true},
	} {
		t.Run(name, func(t *testing.T) {
			usual := spinTime
			defer func() { spinTime = usual; awaited.Store(0); spinning.Store(false) }()
			spinTime = time.Minute
			if test.set != nil {
				test.set()
			}
			near, far := Pair(t)
			r := &runtimeOf{TCPConn: near, far: far}
			if test.spins {
				defer time.AfterFunc(10*time.Millisecond, func() { _, _ = far.Write([]byte("x")) }).Stop()
			}
			s := Spin{soon: test.soon}
			if n, err := test.read(&s, New(r), make([]byte, 10)); n != 1 || err != nil {
				t.Fatal(n, err)
			}
			if spun := r.waits == 0; spun != test.spins {
				t.Errorf("it has waited in the runtime %d times", r.waits)
			}
			if vain := s.vain > 0; vain != test.vain {
				t.Errorf("it has spun in vain: %v", vain)
			}
			if test.set == nil && spinning.Load() {
				t.Error("it spins on for ever, as others see it")
			}
		})
	}
}

func TestWhatWasSlowIsNotSpunFor(t *testing.T) {
	usual := spinTime
	defer func() { spinTime = usual }()
	near, far := Pair(t)
	c, s := New(near), Spin{}
	for _, quick := range []bool{true, false, true} {
		_, _ = far.Write([]byte("x"))
		spinTime = 0
		if quick {
			spinTime = time.Minute
		}
		if n, err := s.Answer(c, make([]byte, 1)); n != 1 || err != nil || s.soon != quick {
			t.Error(n, err, s.soon, quick)
		}
	}
	if n := awaited.Load(); n != 0 {
		t.Errorf("%d answers are still awaited", n)
	}
}

func TestSpinningInVainIsTriedLessAndLess(t *testing.T) {
	usual := spinTime
	defer func() { spinTime = usual }()
	near, far := Pair(t)
	c, s := New(near), Spin{}
	read := func(time time.Duration) {
		t.Helper()
		spinTime = time
		_, _ = far.Write([]byte("x"))
		if n, err := s.Request(c, make([]byte, 1)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	for _, want := range []int{1, 3, 7, 15, 31, 63, 127, 255, 255} {
		s.soon = true
		read(0) // too late, however soon it was
		if s.rests != want {
			t.Fatalf("%d reads do not spin, not %d", s.rests, want)
		}
		for rests := want; rests > 0; rests-- {
			if read(time.Minute); s.rests != rests-1 || !s.soon {
				t.Fatalf("%d reads do not spin after one of %d more", s.rests, rests)
			}
		}
	}
	read(time.Minute)
	s.soon = true
	if read(0); s.rests != 1 {
		t.Errorf("%d reads do not spin after spinning was worth it once", s.rests)
	}
}
