package upstream

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// dialer makes the TCP connections of an Upstream, through the user's proxy where one is set. The zero value connects
// directly. It is safe for concurrent use.
type dialer struct {
	proxy atomic.Pointer[Proxy]
	// tcp replaces the network in tests; nil: the real one.
	tcp func(ctx context.Context, addr string) (net.Conn, error)
}

// direct connects within dialTimeout.
func (d *dialer) direct(ctx context.Context, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if d != nil && d.tcp != nil {
		return d.tcp(ctx, addr)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", addr)
}

// tunnel connects to where TLS will be spoken, directly or through the proxy. What a proxy sees of it is a name and a port.
func (d *dialer) tunnel(ctx context.Context, addr string) (net.Conn, error) {
	p := d.proxy.Load()
	if p == nil {
		return d.direct(ctx, addr)
	}
	to, err := p.of(addr)
	if err != nil {
		return nil, err
	}
	if to == nil {
		return d.direct(ctx, addr)
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout+handshakeTimeout)
	defer cancel()
	return d.through(ctx, to, addr)
}

// patient is a connection whose other side may take nothing of what is written for writeTimeout, and no longer. net/http begins
// to count only when the whole request is out.
type patient struct {
	net.Conn
	told atomic.Bool // a deadline was set by whoever uses it, such as that of TLS's farewell, which is shorter
}

func (p *patient) Write(b []byte) (int, error) {
	if !p.told.Load() {
		if err := p.Conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
			return 0, err
		}
	}
	return p.Conn.Write(b)
}

func (p *patient) SetWriteDeadline(t time.Time) error {
	p.told.Store(!t.IsZero())
	return p.Conn.SetWriteDeadline(t)
}

func (p *patient) SetDeadline(t time.Time) error {
	p.told.Store(!t.IsZero())
	return p.Conn.SetDeadline(t)
}

// SyscallConn is the socket's, for whoever wants to know whether the other side has hung up.
func (p *patient) SyscallConn() (syscall.RawConn, error) {
	if sc, ok := p.Conn.(syscall.Conn); ok {
		return sc.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}
