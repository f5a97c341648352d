package admission_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oaklock/oaklock/internal/admission"
)

// serve starts a listener whose handler says "served".
func serve(t *testing.T) (*admission.Listener, *reasons) {
	t.Helper()
	why := &reasons{}
	l, err := admission.Listen(t.Context(), 0, why.add)
	if err != nil {
		t.Fatal(err)
	}
	s := l.Server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "served")
	}))
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return l, why
}

type reasons struct {
	mu  sync.Mutex
	all []string
}

func (r *reasons) add(s string) { r.mu.Lock(); defer r.mu.Unlock(); r.all = append(r.all, s) }
func (r *reasons) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.all, "\n")
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func ask(t *testing.T, c net.Conn) string {
	t.Helper()
	if _, err := fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return err.Error()
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestListensOnBothLoopbacksAndNowhereElse(t *testing.T) {
	l, _ := serve(t)
	for _, host := range []string{"127.0.0.1", "[::1]"} {
		if got := ask(t, dial(t, fmt.Sprintf("%s:%d", host, l.Port()))); got != "served" {
			t.Errorf("%s: %s", host, got)
		}
	}
	// 127.0.0.2 is this machine too; a wildcard socket would answer there.
	if c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", fmt.Sprintf("127.0.0.2:%d", l.Port())); err == nil {
		_ = c.Close()
		t.Error("answers on 127.0.0.2")
	}
	// Of IPv6 there may be no other address here to try, so the kernel is asked (proc(5)).
	for file, want := range map[string]string{"tcp": "0100007F", "tcp6": "00000000000000000000000001000000"} {
		table, err := os.ReadFile("/proc/net/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var on []string
		for line := range strings.Lines(string(table)) {
			if f := strings.Fields(line); len(f) > 3 && f[3] == "0A" && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", l.Port())) {
				on = append(on, strings.TrimSuffix(f[1], fmt.Sprintf(":%04X", l.Port())))
			}
		}
		if len(on) != 1 || on[0] != want {
			t.Errorf("%s: listens on %q, want %s", file, on, want)
		}
	}
	if l.IPv6() != nil {
		t.Error(l.IPv6())
	}
}

func TestTakenPortIsSaid(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "[::1]"} {
		taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", host+":0")
		if err != nil {
			t.Fatal(err)
		}
		port := taken.Addr().(*net.TCPAddr).Port
		if l, err := admission.Listen(t.Context(), port, func(string) {}); !errors.Is(err, admission.ErrPortTaken) {
			t.Errorf("%s: %v, %v", host, l, err)
		}
		if owner := admission.PortOwner(port); !strings.Contains(owner, fmt.Sprintf("process %d", os.Getpid())) {
			t.Errorf("owner of %d: %q", port, owner)
		}
		_ = taken.Close()
	}
}

func TestForeignPeerIsDropped(t *testing.T) {
	l, why := serve(t)
	l.SetPeer(func(net.Conn) error { return admission.ErrPeer })
	if got := ask(t, dial(t, l.Addr().String())); got == "served" {
		t.Error("served a foreign peer")
	}
	if !strings.Contains(why.String(), "not this user's") {
		t.Errorf("reason: %s", why)
	}
}

// Another user of the machine is dropped, whatever headers it sends. It needs root to become one.
func TestOtherUserIsDropped(t *testing.T) {
	if os.Getuid() != 0 {
		t.Log("not root: the foreign peer is shown by TestForeignPeerIsDropped only")
		return
	}
	l, why := serve(t)
	cmd := exec.CommandContext(t.Context(), "/bin/bash", "-c", fmt.Sprintf(`exec 3<>/dev/tcp/127.0.0.1/%d; printf 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&3; cat <&3`, l.Port()))
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "served") || !strings.Contains(why.String(), "user 65534") {
		t.Errorf("%s %v; reasons: %s", out, err, why)
	}
	if got := ask(t, dial(t, l.Addr().String())); got != "served" {
		t.Errorf("this user after that: %s", got)
	}
}

func TestKernelTellsTheOwnerBothWays(t *testing.T) {
	for _, host := range []string{"127.0.0.1:0", "[::1]:0"} {
		s, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		c := dial(t, s.Addr().String())
		self, err := admission.AddrPort(c.LocalAddr())
		if err != nil {
			t.Fatal(err)
		}
		other, err := admission.AddrPort(c.RemoteAddr())
		if err != nil {
			t.Fatal(err)
		}
		byProc, err := admission.SocketByProc(self, other)
		if err != nil || int(byProc.UID()) != os.Getuid() {
			t.Errorf("proc: %v, %v", byProc, err)
		}
		byNetlink, err := admission.SocketByNetlink(self, other)
		if err != nil || byNetlink != byProc {
			t.Errorf("netlink: %v, %v; proc said %v", byNetlink, err, byProc)
		}
		if _, err := admission.SocketByNetlink(other, other); err == nil {
			t.Error("netlink found a connection that is not there")
		}
		_ = s.Close()
	}
}

// Who asks at the same time as others, or after an answer that nobody waited for, is told of his own connection.
func TestTheKernelsAnswersAreNotMixedUp(t *testing.T) {
	s, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var asks []func() error
	var wg sync.WaitGroup
	for range 20 {
		c := dial(t, s.Addr().String())
		self, errSelf := admission.AddrPort(c.LocalAddr())
		other, errOther := admission.AddrPort(c.RemoteAddr())
		want, err := admission.SocketByProc(self, other)
		if err := errors.Join(errSelf, errOther, err); err != nil {
			t.Fatal(err)
		}
		ask := func() error {
			got, err := admission.SocketByNetlink(self, other)
			if err == nil && got != want {
				err = fmt.Errorf("%v, want %v", got, want)
			}
			return err
		}
		asks = append(asks, ask)
		wg.Go(func() {
			for range 50 {
				if err := ask(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := admission.AskInVain(); err != nil {
		t.Fatal(err)
	}
	if err := asks[0](); err == nil {
		t.Error("an answer is taken for that to another question")
	}
	if err := asks[1](); err != nil {
		t.Errorf("after that: %v", err)
	}
}

// A browser opens its connection before the user answers the browser's own question, and speaks minutes later.
func TestSilenceIsBornAndSlowHeadsAreNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far, near := net.Pipe()
		defer func() { _ = far.Close() }()
		c := admission.NewPipe(near, func(net.Conn) error { return nil })
		go func() {
			time.Sleep(admission.SilentTimeout - time.Second)
			_, _ = far.Write([]byte("G"))
			time.Sleep(admission.HeadTimeout - time.Second)
			_, _ = far.Write([]byte("E"))
		}()
		one := make([]byte, 1)
		start := time.Now()
		for _, want := range []string{"G", "E"} {
			if _, err := c.Read(one); err != nil || string(one) != want {
				t.Fatalf("%q after %v: %v", want, time.Since(start), err)
			}
		}
		if _, err := c.Read(one); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a slow head: %v", err)
		}
		if d := time.Since(start); d != admission.SilentTimeout-time.Second+admission.HeadTimeout {
			t.Errorf("cut after %v", d)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		far, near := net.Pipe()
		defer func() { _ = far.Close() }()
		c := admission.NewPipe(near, func(net.Conn) error { return nil })
		start := time.Now()
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != admission.SilentTimeout {
			t.Errorf("silence was cut after %v: %v", time.Since(start), err)
		}
	})
}

// A head whose beginning came together with the request before, or while that was answered, has no more time than others.
func TestHeadsThatBeginEarlyAreNotBorneLonger(t *testing.T) {
	const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, parts := range map[string][]string{"together": {get + "GET", ""}, "while it is answered": {get, "G"}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				far, near := net.Pipe()
				defer func() { _ = far.Close() }()
				c := admission.NewPipe(near, func(net.Conn) error { return nil })
				s := admission.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(2 * time.Second) }))
				l := &one{c: make(chan net.Conn, 1)}
				l.c <- c
				done := make(chan error, 1)
				go func() { done <- s.Serve(l) }()
				go func() {
					_, _ = io.WriteString(far, parts[0])
					time.Sleep(time.Second)
					_, _ = io.WriteString(far, parts[1])
				}()
				r := bufio.NewReader(far)
				if _, err := http.ReadResponse(r, nil); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				if b, err := io.ReadAll(r); err != nil || time.Since(start) != admission.HeadTimeout {
					t.Errorf("%q, %v after %v", b, err, time.Since(start))
				}
				_ = s.Close()
				if err := <-done; !errors.Is(err, http.ErrServerClosed) {
					t.Error(err)
				}
			})
		})
	}
}

// one is a listener of one connection.
type one struct {
	c    chan net.Conn
	once sync.Once
}

func (l *one) Accept() (net.Conn, error) {
	if c, ok := <-l.c; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (l *one) Close() error   { l.once.Do(func() { close(l.c) }); return nil }
func (l *one) Addr() net.Addr { return &net.TCPAddr{} }

func TestHandlerMayTakeItsTimeAndStalledPagesMayNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far, near := net.Pipe()
		defer func() { _ = far.Close() }()
		c := admission.NewPipe(near, func(net.Conn) error { return nil })
		admission.EnterRequest(c)
		go func() { time.Sleep(time.Hour); _, _ = far.Write([]byte("x")) }()
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Errorf("net/http's background read after an hour: %v", err)
		}
		start := time.Now()
		if _, err := c.Write([]byte("nobody takes this")); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != admission.WriteTimeout {
			t.Errorf("a stalled page kept the answer for %v: %v", time.Since(start), err)
		}
	})
}

func TestOldestSilentConnectionMakesRoom(t *testing.T) {
	l, _ := serve(t)
	first := dial(t, l.Addr().String())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for range admission.MaxSilent {
		dial(t, l.Addr().String())
	}
	closed := make(chan error, 1)
	go func() { _, err := first.Read(make([]byte, 1)); closed <- err }()
	select {
	case err := <-closed:
		if err == nil {
			t.Error("the oldest got bytes")
		}
	case <-ctx.Done():
		t.Error("the oldest silent connection was not closed")
	}
	if got := ask(t, dial(t, l.Addr().String())); got != "served" {
		t.Errorf("a page that speaks: %s", got)
	}
}

func TestLargeHeadIsRefused(t *testing.T) {
	l, _ := serve(t)
	for size, want := range map[int]bool{40 << 10: true, 50 << 10: false} {
		c := dial(t, l.Addr().String())
		_, _ = fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: x\r\nX-Fill: %s\r\n\r\n", strings.Repeat("a", size))
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if (resp.StatusCode == 200) != want {
			t.Errorf("%d bytes of header: %d", size, resp.StatusCode)
		}
	}
}

// An answer to a request whose body is not wanted is followed by an end, and not by a reset, which takes the answer away from a
// page that still sends.
func TestAnAnswerIsNotLostWithTheBody(t *testing.T) {
	l, err := admission.Listen(t.Context(), 0, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	s := l.Server(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "no") }))
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	defer func() {
		_ = s.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	for name, head := range map[string]string{
		"much of it":                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n",
		"with an unmet expectation": "POST / HTTP/1.1\r\nHost: x\r\nExpect: gold\r\nContent-Length: 1000000\r\n\r\n",
		"after what is no request":  "POST / HTTP/1.1\r\n\r\n",
	} {
		c := dial(t, l.Addr().String())
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		sent := make(chan error, 1)
		go func() {
			_, err := io.WriteString(c, head+strings.Repeat("x", 1_000_000))
			sent <- err
		}()
		b, err := io.ReadAll(c)
		if len(b) == 0 || err != nil {
			t.Errorf("%s: %q, %v", name, b, err)
		}
		if err := <-sent; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
