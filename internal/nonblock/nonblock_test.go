package nonblock_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/nonblock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// both runs a test with a connection of ours and with one of package net: it has to hold for either.
func both(t *testing.T, f func(t *testing.T, c net.Conn, far *net.TCPConn)) {
	t.Helper()
	t.Run("ours, spinning", func(t *testing.T) { near, far := nonblock.Pair(t); f(t, spinning{nonblock.New(near)}, far) })
	t.Run("ours", func(t *testing.T) { near, far := nonblock.Pair(t); f(t, nonblock.New(near), far) })
	t.Run("net's", func(t *testing.T) { near, far := nonblock.Pair(t); f(t, near, far) })
}

// spinning is a connection each of whose reads spins.
type spinning struct{ net.Conn }

func (c spinning) Read(p []byte) (int, error) {
	s := nonblock.Spinning()
	return s.Answer(c.Conn, p)
}

func (c spinning) CloseWrite() error { return c.Conn.(interface{ CloseWrite() error }).CloseWrite() }

func TestBytesPassBothWaysAtOnce(t *testing.T) {
	both(t, func(t *testing.T, c net.Conn, far *net.TCPConn) {
		for _, size := range []int{1, 100, nonblock.Most - 1, nonblock.Most, nonblock.Most + 1, 5 << 20} {
			there, back := make([]byte, size), make([]byte, size)
			_, _ = rand.Read(there)
			_, _ = rand.Read(back)
			write := func(w io.Writer, b []byte) {
				for len(b) > 0 { // in pieces that are made here and by package net
					n := min(len(b), nonblock.Most*3/2)
					if wrote, err := w.Write(b[:n]); err != nil || wrote != n { // io.Writer: all of it, or an error
						t.Errorf("wrote %d of %d, %v", wrote, n, err)
						return
					}
					b = b[n:]
				}
			}
			read := func(r io.Reader, want []byte) {
				got := make([]byte, len(want))
				if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%d bytes came changed, or not: %v", len(want), err)
				}
			}
			var wg sync.WaitGroup
			wg.Go(func() { write(c, there) })
			wg.Go(func() { write(far, back) })
			wg.Go(func() { read(c, back) })
			wg.Go(func() { read(far, there) })
			wg.Wait()
		}
	})
}

func TestTheEndIsTold(t *testing.T) {
	t.Run("of what comes", func(t *testing.T) {
		both(t, func(t *testing.T, c net.Conn, far *net.TCPConn) {
			_, _ = far.Write([]byte("last"))
			_ = far.CloseWrite()
			b := make([]byte, 10)
			if n, err := c.Read(b); n != 4 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
			for range 2 {
				if n, err := c.Read(b); n != 0 || err != io.EOF { //nolint:errorlint // io.Reader asks for this very value
					t.Errorf("%d, %v", n, err)
				}
			}
			if n, err := c.Read(nil); n != 0 || err != nil {
				t.Errorf("of nothing: %d, %v", n, err)
			}
		})
	})
	t.Run("of what we send", func(t *testing.T) {
		both(t, func(t *testing.T, c net.Conn, far *net.TCPConn) {
			_, _ = c.Write([]byte("last"))
			if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Error(err)
			}
			if b, err := io.ReadAll(far); string(b) != "last" || err != nil {
				t.Errorf("%q, %v", b, err)
			}
			_, _ = far.Write([]byte("still"))
			_ = far.CloseWrite()
			if b, err := io.ReadAll(c); string(b) != "still" || err != nil {
				t.Errorf("%q, %v", b, err)
			}
		})
	})
	t.Run("of a connection that was reset", func(t *testing.T) {
		both(t, func(t *testing.T, c net.Conn, far *net.TCPConn) {
			_ = far.SetLinger(0)
			_ = far.Close()
			n, err := c.Read(make([]byte, 10))
			if n != 0 || !errors.Is(err, reset) {
				t.Errorf("%d, %v", n, err)
			}
			for err = nil; err == nil; { // the first may be taken
				n, err = c.Write([]byte("x"))
			}
			if n != 0 || !errors.Is(err, broken) {
				t.Errorf("%d, %v", n, err)
			}
			if ne := net.Error(nil); !errors.As(err, &ne) || ne.Timeout() {
				t.Errorf("%v is no error of a network, or one of time", err)
			}
		})
	})
	t.Run("of our own", func(t *testing.T) {
		both(t, func(t *testing.T, c net.Conn, _ *net.TCPConn) {
			ended := make(chan error)
			go func() {
				_, err := c.Read(make([]byte, 10))
				ended <- err
			}()
			time.Sleep(10 * time.Millisecond) // mostly it waits by now; where it does not, it fails all the same
			_ = c.Close()
			if err := <-ended; !errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
			if _, err := c.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
		})
	})
}

func TestDeadlines(t *testing.T) {
	both(t, func(t *testing.T, c net.Conn, far *net.TCPConn) {
		over := func(n int, err error) {
			t.Helper()
			ne := net.Error(nil)
			if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &ne) || !ne.Timeout() {
				t.Errorf("%d, %v", n, err)
			}
		}
		b := make([]byte, 10)
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		over(c.Read(b))
		over(c.Read(b))
		_ = c.SetReadDeadline(time.Time{})
		ended := make(chan struct{})
		go func() { // as net/http ends its read in the background
			defer close(ended)
			over(c.Read(b))
		}()
		_ = c.SetReadDeadline(time.Unix(1, 0))
		<-ended
		_ = c.SetReadDeadline(time.Time{})
		_, _ = far.Write([]byte("late"))
		if n, err := c.Read(b); n != 4 || err != nil {
			t.Errorf("after a deadline %d, %v", n, err)
		}

		// A writer learns how much was taken before time was over.
		_ = c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		taken, piece := 0, bytes.Repeat([]byte("x"), nonblock.Most)
		for {
			n, err := c.Write(piece)
			taken += n
			if err != nil {
				over(n, err)
				break
			}
			if n != len(piece) {
				t.Fatalf("wrote %d of %d without an error", n, len(piece))
			}
		}
		_ = c.Close()
		all, err := io.ReadAll(far)
		if err != nil || len(all) != taken {
			t.Errorf("%d bytes came of %d, %v", len(all), taken, err)
		}
	})
}

func TestWhatIsNoSocketIsLeftAlone(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if nonblock.New(a) != a || !nonblock.Quiet(a) {
		t.Error("it was changed")
	}
}

// A call takes no memory.
func TestCallsDoNotAllocate(t *testing.T) {
	near, far := nonblock.Pair(t)
	c, peer := nonblock.New(near), nonblock.New(far)
	b := make([]byte, 100)
	if n := testing.AllocsPerRun(100, func() {
		_, _ = c.Write(b)
		_, _ = io.ReadFull(peer, b)
	}); n != 0 {
		t.Errorf("%v pieces of memory", n)
	}
}

func TestQuiet(t *testing.T) {
	near, far := nonblock.Pair(t)
	c := nonblock.New(near)
	if !nonblock.Quiet(c) || !nonblock.Quiet(near) {
		t.Error("an idle connection is not quiet")
	}
	_, _ = far.Write([]byte("unasked"))
	until(t, func() bool { return !nonblock.Quiet(c) })
	near, far = nonblock.Pair(t)
	c = nonblock.New(near)
	_ = far.Close()
	until(t, func() bool { return !nonblock.Quiet(c) })
	_ = c.Close()
	if nonblock.Quiet(c) {
		t.Error("a closed connection is quiet")
	}
}

// until waits for what has to cross the network.
func until(t *testing.T, f func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come")
		}
	}
}
