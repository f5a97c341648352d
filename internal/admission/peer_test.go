package admission_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/oaklock/oaklock/internal/admission"
)

// ends is a connection of which only the addresses are known.
type ends struct {
	net.Conn
	remote, local net.Addr
}

func (e ends) RemoteAddr() net.Addr { return e.remote }
func (e ends) LocalAddr() net.Addr  { return e.local }

// Not to find out whose a connection is counts as another user's, on every system.
func TestAPeerThatIsNotKnown(t *testing.T) {
	tcp := func(ip string, port int) net.Addr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: port} }
	for name, c := range map[string]ends{
		"nobody's":          {remote: tcp("127.0.0.1", 1), local: tcp("127.0.0.1", 2)},
		"nobody's, IPv6":    {remote: tcp("::1", 1), local: tcp("::1", 2)},
		"another machine's": {remote: tcp("192.0.2.1", 1), local: tcp("127.0.0.1", 2)},
		"no TCP":            {remote: &net.UnixAddr{Name: "x"}, local: tcp("127.0.0.1", 2)},
		"no TCP here":       {remote: tcp("127.0.0.1", 1), local: &net.UnixAddr{Name: "x"}},
	} {
		if err := admission.CheckPeer(c); !errors.Is(err, admission.ErrPeer) {
			t.Errorf("%s: %v", name, err)
		} else if name == "another machine's" && !strings.Contains(err.Error(), "does not come from this machine") {
			t.Errorf("%s is looked for here: %v", name, err)
		}
	}
}

// What this very process connects is this user's.
func TestAPeerOfThisUser(t *testing.T) {
	for _, host := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		here, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if err := admission.CheckPeer(here); err != nil {
			t.Errorf("%s: %v", host, err)
		}
		_, _, _ = c.Close(), here.Close(), l.Close()
	}
}

// Windows says in other words that a port is taken.
func TestIsTaken(t *testing.T) {
	for err, want := range map[error]bool{syscall.EADDRINUSE: true, syscall.Errno(10048): true, syscall.Errno(10013): true,
		syscall.EACCES: false, syscall.EADDRNOTAVAIL: false} {
		if got := admission.IsTaken(fmt.Errorf("listen: %w", &net.OpError{Op: "listen", Err: err})); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
}
