package upstream

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// aheadTime is how long a connection that was opened ahead waits for its first request. Servers end a connection on which
// nothing was asked sooner than one on which something was.
const aheadTime = 15 * time.Second

// ahead are TLS connections opened before there is a request for them, at most one for each address. A transport takes them
// from [ahead.dial] as if they had just been made.
type ahead struct {
	config *tls.Config
	dialer *dialer

	mu    sync.Mutex // guards the fields below
	early map[string]*early
	used  map[string]time.Time // when the last request to an address began: its connection may still be kept

	work sync.WaitGroup
}

// early is a connection, once done is closed.
type early struct {
	done   chan struct{}
	conn   *tls.Conn
	err    error
	drop   *time.Timer // ends it when nobody has taken it
	cancel context.CancelFunc
}

// Open begins to connect to the provider of a base URL, unless a connection to it is kept anyway, and returns at once.
// Nothing is sent but the TLS handshake. It is for the moment in which a request is about to come: then the provider's
// first byte is sooner here than over a direct connection that begins with the request. Of plain HTTP to this machine it
// does nothing, since connecting there costs nothing.
func (u *Upstream) Open(base string) {
	b, err := url.Parse(base)
	if err != nil || b.Scheme != "https" {
		return
	}
	if u.sleep.over() {
		u.Forget()
	}
	u.ahead.open(address(b))
}

// address is host:port of an https URL.
func address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "443"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// uses notes that a request goes to an address.
func (a *ahead) uses(r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.used == nil {
		a.used = map[string]time.Time{}
	}
	a.used[address(r.URL)] = time.Now()
}

func (a *ahead) open(addr string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.early[addr] != nil || time.Since(a.used[addr]) < idleTimeout-10*time.Second {
		return
	}
	if a.early == nil {
		a.early = map[string]*early{}
	}
	ctx, cancel := context.WithCancel(context.Background())
	e := &early{done: make(chan struct{}), cancel: cancel}
	a.early[addr] = e
	a.work.Go(func() {
		defer cancel()
		e.conn, e.err = a.connect(ctx, addr)
		close(e.done)
	})
	e.drop = time.AfterFunc(aheadTime, func() { a.end(addr, e) })
}

// end takes a connection out that nobody wants any more.
func (a *ahead) end(addr string, e *early) {
	a.mu.Lock()
	mine := a.early[addr] == e
	if mine {
		delete(a.early, addr)
	}
	a.mu.Unlock()
	if mine {
		e.end()
	}
}

func (e *early) end() {
	e.drop.Stop()
	e.cancel()
	<-e.done
	if e.conn != nil {
		_ = e.conn.Close()
	}
}

// dial is http.Transport.DialTLSContext: the connection opened ahead, also one that is still being opened, or a new one.
func (a *ahead) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	a.mu.Lock()
	e := a.early[addr]
	delete(a.early, addr)
	a.mu.Unlock()
	if e != nil {
		e.drop.Stop()
		select {
		case <-e.done:
		case <-ctx.Done():
			a.work.Go(e.end)
			return nil, ctx.Err()
		}
		if e.err == nil && !hungUp(e.conn.NetConn()) {
			return e.conn, nil
		}
		e.end()
	}
	c, err := a.connect(ctx, addr)
	if err != nil {
		return nil, err // never a nil *tls.Conn in a net.Conn
	}
	return c, nil
}

func (a *ahead) connect(ctx context.Context, addr string) (*tls.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	raw, err := a.dialer.tunnel(ctx, addr)
	if err != nil {
		return nil, err
	}
	config := a.config.Clone()
	config.ServerName = host
	c := tls.Client(&patient{Conn: raw}, config)
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	if err := c.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, err
	}
	return c, nil
}

// forget ends what was opened ahead.
func (a *ahead) forget() {
	a.mu.Lock()
	all := a.early
	a.early, a.used = nil, nil
	a.mu.Unlock()
	for _, e := range all {
		a.work.Go(e.end)
	}
}
