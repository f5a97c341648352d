// Package upstream is the way to the providers.
//
// [New] gives an http.RoundTripper for both kinds of provider: those on the internet, over verified TLS and HTTP/2 where
// they have it, through net/http's own transport; and those on this machine (Ollama, LM Studio, the demo), over plain
// HTTP/1.1 through [Plain], which does all its work on the caller's goroutine. Neither follows redirects, keeps cookies,
// goes through a proxy unless [Upstream.SetProxy] says so, or sends anything twice. [Upstream.DialSocket] opens WebSockets
// under the same rules.
package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	dialTimeout      = 10 * time.Second
	handshakeTimeout = 10 * time.Second
	// headTimeout is how long a provider may think before its first byte: models take minutes.
	headTimeout = 10 * time.Minute
	// writeTimeout is how long a provider may take nothing of a request.
	writeTimeout = 10 * time.Minute
	// idleTimeout is how long a connection is kept for the next request. It is less than providers keep theirs, because a
	// POST on a connection that was just closed fails and must not be sent again.
	idleTimeout = 30 * time.Second
	maxIdle     = 64 // connections kept for one provider
	maxHead     = 256 << 10
)

// Upstream sends requests to providers.
type Upstream struct {
	dialer dialer
	plain  Plain
	ahead  ahead
	tls    atomic.Pointer[http.Transport]
	roots  *x509.CertPool
	sleep  *sleep
}

// New trusts these roots, or the system's where they are nil.
func New(roots *x509.CertPool) *Upstream {
	u := &Upstream{roots: roots, sleep: newSleep()}
	u.plain.dialer, u.ahead.dialer = &u.dialer, &u.dialer
	u.ahead.config = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, NextProtos: []string{"h2", "http/1.1"}}
	u.tls.Store(&http.Transport{
		DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) { // of plain HTTP with a long body
			return u.dialer.direct(ctx, addr)
		},
		DialTLSContext:         u.ahead.dial,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // identity is asked for, so that the redactor sees the bytes
		MaxIdleConnsPerHost:    maxIdle,
		MaxIdleConns:           4 * maxIdle,
		IdleConnTimeout:        idleTimeout,
		ResponseHeaderTimeout:  headTimeout,
		MaxResponseHeaderBytes: maxHead,
	})
	return u
}

// RoundTrip sends one request and returns when the head of its answer is there.
func (u *Upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "http" {
		if r.ContentLength <= maxPlainBody {
			return u.plain.RoundTrip(r)
		}
		// A connection of its own: to this machine that costs nothing, and of one that was kept net/http does not look whether
		// the provider has closed it. Nothing is sent again, so such a request would fail.
		long := *r
		long.Close = true
		return u.tls.Load().RoundTrip(&long)
	}
	if u.sleep.over() {
		u.Forget()
	}
	u.ahead.uses(r)
	return u.tls.Load().RoundTrip(r)
}

// SetProxy makes connections from now on go through a proxy, or directly where it is nil. What is under way goes on.
func (u *Upstream) SetProxy(p *Proxy) {
	u.dialer.proxy.Store(p)
	u.Forget()
}

// CloseIdleConnections closes what is kept for later requests, and returns when what was being opened is closed too.
func (u *Upstream) CloseIdleConnections() {
	u.ahead.forget()
	u.ahead.work.Wait()
	u.plain.CloseIdleConnections()
	u.tls.Load().CloseIdleConnections()
}

// Forget lets no later request use a connection that there is now, not even one of HTTP/2 on which others run: after the
// machine has slept they are dead, and TCP would find out only after minutes. What runs on them is not touched.
func (u *Upstream) Forget() {
	u.plain.CloseIdleConnections()
	u.ahead.forget()
	for {
		old := u.tls.Load()
		if u.tls.CompareAndSwap(old, old.Clone()) {
			old.CloseIdleConnections()
			return
		}
	}
}
