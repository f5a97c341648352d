package upstream

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
	"golang.org/x/net/proxy"
)

// Proxy is what connections to providers go through. It is asked to connect and sees the provider's name, never a request:
// TLS with the provider begins behind it, and the provider's certificate is verified as without it. What goes to this machine
// goes directly, and so does everything in plain HTTP, of which a proxy would see the key.
type Proxy struct {
	fixed       *url.URL
	environment func(*url.URL) (*url.URL, error)
}

// ErrProxy says what a proxy's address must be.
var ErrProxy = errors.New("it takes off, environment, or the address of a proxy, such as http://proxy.example:3128 or socks5://127.0.0.1:1080, without a path, a user or a password")

// ErrNoTunnel is wrapped by every error that is the proxy's: it was not reached, or did not connect.
var ErrNoTunnel = errors.New("the proxy does not connect")

// ParseProxy reads a setting: "off" (nil), "environment" for what HTTPS_PROXY, ALL_PROXY and NO_PROXY say now, or a URL with
// the scheme http, https or socks5. A password in it is refused, since settings are no place for secrets; the environment
// may have one.
func ParseProxy(v string) (*Proxy, error) {
	switch v {
	case "off":
		return nil, nil //nolint:nilnil // no proxy is what was asked for
	case "environment":
		c := httpproxy.FromEnvironment()
		if c.HTTPSProxy == "" {
			c.HTTPSProxy = firstOf("ALL_PROXY", "all_proxy")
		}
		return &Proxy{environment: c.ProxyFunc()}, nil
	}
	u, err := url.Parse(v)
	if err != nil || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" || !known(u) {
		return nil, ErrProxy
	}
	return &Proxy{fixed: u}, nil
}

func firstOf(names ...string) string {
	for _, name := range names {
		if v := os.Getenv(name); v != "" {
			return v
		}
	}
	return ""
}

func known(u *url.URL) bool {
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		n, err := strconv.ParseUint(u.Port(), 10, 16)
		return u.Hostname() != "" && (u.Port() == "" && !strings.HasSuffix(u.Host, ":") || err == nil && n > 0)
	}
	return false
}

// of is the proxy for an address; nil: none.
func (p *Proxy) of(addr string) (*url.URL, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if local(host) {
		return nil, nil //nolint:nilnil // directly
	}
	if p.fixed != nil {
		return p.fixed, nil
	}
	u, err := p.environment(&url.URL{Scheme: "https", Host: addr})
	if err != nil {
		return nil, fmt.Errorf("%w: that of the environment is none", ErrNoTunnel) // the error could quote its password
	}
	if u != nil && !known(u) {
		return nil, fmt.Errorf("%w: that of the environment is of an unknown kind", ErrNoTunnel)
	}
	return u, nil
}

func local(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback()
}

var proxyPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// through connects to an address by way of a proxy.
func (d *dialer) through(ctx context.Context, to *url.URL, addr string) (net.Conn, error) {
	at := to.Host
	if to.Port() == "" {
		at = net.JoinHostPort(to.Hostname(), proxyPorts[to.Scheme])
	}
	if strings.HasPrefix(to.Scheme, "socks5") {
		return d.socks(ctx, to, at, addr)
	}
	c, err := d.direct(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTunnel, err)
	}
	if to.Scheme == "https" {
		c = tls.Client(c, &tls.Config{MinVersion: tls.VersionTLS12, ServerName: to.Hostname()}) // by the system's roots, as all that is not a provider
	}
	// A proxy that says nothing is left when the time is over; a closed connection cannot be told from a broken one.
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	err = ask(c, to, addr)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("%w: %w", ErrNoTunnel, err)
	}
	return c, nil
}

// ask has a proxy connect to an address (RFC 9110, section 9.3.6).
func ask(c net.Conn, to *url.URL, addr string) error {
	r := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr, Header: http.Header{"User-Agent": {""}}}
	if password, ok := to.User.Password(); ok || to.User.Username() != "" {
		r.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(to.User.Username()+":"+password)))
	}
	if err := r.Write(c); err != nil {
		return err
	}
	// Byte by byte, so that nothing of what the provider says is taken for the proxy's.
	reply := bufio.NewReaderSize(&oneByOne{c: c, left: maxHead}, 1)
	resp, err := http.ReadResponse(reply, r) //nolint:bodyclose // its body is the tunnel, which closing would read
	if err != nil {
		return errors.New("its answer is not HTTP")
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("it answered %d", resp.StatusCode)
	}
	return nil
}

// oneByOne reads no further than it is asked to, in all at most left bytes.
type oneByOne struct {
	c    net.Conn
	left int
}

func (o *oneByOne) Read(p []byte) (int, error) {
	if o.left--; o.left < 0 {
		return 0, errors.New("its answer is too long")
	}
	return o.c.Read(p[:1])
}

// socks connects by way of a SOCKS5 proxy, which looks the name up itself.
func (d *dialer) socks(ctx context.Context, to *url.URL, at, addr string) (net.Conn, error) {
	var auth *proxy.Auth
	if password, ok := to.User.Password(); ok {
		auth = &proxy.Auth{User: to.User.Username(), Password: password}
	}
	s, err := proxy.SOCKS5("tcp", at, auth, forward{d})
	if err != nil {
		return nil, err
	}
	c, err := s.(proxy.ContextDialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTunnel, err)
	}
	return c, nil
}

// forward is how the SOCKS client reaches its proxy.
type forward struct{ d *dialer }

func (f forward) Dial(_, addr string) (net.Conn, error) {
	return f.d.direct(context.Background(), addr)
}

func (f forward) DialContext(ctx context.Context, _, addr string) (net.Conn, error) {
	return f.d.direct(ctx, addr)
}
