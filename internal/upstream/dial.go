package upstream

import (
	"context"
	"net"
	"sync/atomic"
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
