package e2e_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/control"
)

// authority signs certificates that the agent trusts.
type authority struct {
	testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{TB: t}
	template := certificate(func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage, c.ExtKeyUsage = true, true, x509.KeyUsageCertSign, nil
	})
	der, key := a.sign(template, template, nil)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a.cert, a.key = cert, key
	return a
}

// certificate is a good one for a server on 127.0.0.1, but for what change says.
func certificate(change func(*x509.Certificate)) *x509.Certificate {
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	change(c)
	return c
}

func (a *authority) sign(template, parent *x509.Certificate, by *ecdsa.PrivateKey) ([]byte, *ecdsa.PrivateKey) {
	a.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.Fatal(err)
	}
	if by == nil {
		by = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		a.Fatal(err)
	}
	return der, key
}

// issue makes a certificate that this authority has signed.
func (a *authority) issue(change func(*x509.Certificate)) tls.Certificate {
	a.Helper()
	der, key := a.sign(certificate(change), a.cert, a.key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// selfSigned makes one that nobody has.
func (a *authority) selfSigned() tls.Certificate {
	a.Helper()
	template := certificate(func(*x509.Certificate) {})
	der, key := a.sign(template, template, nil)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// tcpServer hands each connection to serve and closes it afterwards.
func tcpServer(t testing.TB, serve func(net.Conn)) (address string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { defer c.Close(); serve(c) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	return l.Addr().String()
}

// A server that cannot prove that it is the provider, or does not speak TLS as it should, gets not a byte of the request; the page
// reads that it could not be reached, and another provider serves it right after. This goes for WebSockets too.
func TestFaultsOverTLS(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	s := begin(t, func(o *agent.Options) { o.RootCAs = roots })
	s.allow(site, "openai")
	good := a.issue(func(*x509.Certificate) {})
	const answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

	for name, c := range map[string]struct {
		config *tls.Config
		raw    string // what is said instead of TLS
		served bool
	}{
		"a good one":             {config: &tls.Config{Certificates: []tls.Certificate{good}}, served: true},
		"TLS 1.2":                {config: &tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS12}, served: true},                 //nolint:gosec // a provider may have no newer one
		"TLS 1.1":                {config: &tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}}, //nolint:gosec // it is to be refused
		"run out":                {config: &tls.Config{Certificates: []tls.Certificate{a.issue(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })}}},
		"not yet valid":          {config: &tls.Config{Certificates: []tls.Certificate{a.issue(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })}}},
		"for another address":    {config: &tls.Config{Certificates: []tls.Certificate{a.issue(func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 2)} })}}},
		"for a name":             {config: &tls.Config{Certificates: []tls.Certificate{a.issue(func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"127.0.0.1", "*"} })}}},
		"for clients":            {config: &tls.Config{Certificates: []tls.Certificate{a.issue(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })}}},
		"signed by itself":       {config: &tls.Config{Certificates: []tls.Certificate{a.selfSigned()}}},
		"of another authority":   {config: &tls.Config{Certificates: []tls.Certificate{newAuthority(t).issue(func(*x509.Certificate) {})}}},
		"plain HTTP":             {raw: answer},
		"garbage":                {raw: "\x00\x01\x02\x03\x04\x05\x06\x07"},
		"an alert":               {raw: "\x15\x03\x03\x00\x02\x02\x28"},
		"half a record":          {raw: "\x16\x03\x03\x40\x00\x02"},
		"nothing, and it closes": {raw: ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := make(chan string, 2)
			address := tcpServer(t, func(conn net.Conn) {
				if c.config == nil {
					_, _ = io.WriteString(conn, c.raw)
					if tc, ok := conn.(*net.TCPConn); ok {
						_ = tc.CloseWrite()
					}
					heard, _ := io.ReadAll(conn) // until the agent hangs up
					got <- string(heard)
					return
				}
				secure := tls.Server(conn, c.config)
				first := make([]byte, 4096)
				n, _ := secure.Read(first) // a handshake that fails has said nothing
				got <- string(first[:n])
				if n > 0 {
					_, _ = io.WriteString(secure, answer)
					_ = secure.Close()
				}
			})
			s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "own", BaseURL: "https://" + address}))
			s.must(s.AddKey(t.Context(), control.AddKey{Provider: "own", Secret: s.key, Label: strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), ",", "")}))
			s.allowFreely(site, "own")
			heard := func() string {
				select {
				case text := <-got:
					return text
				case <-time.After(patience):
					t.Fatal("nobody came")
					return ""
				}
			}
			r := s.call(t.Context(), site, "POST", "/llm/own/chat/completions", chatBody)
			if c.served {
				if a := do(r); a.status != 200 || a.body != "{}" || !strings.Contains(heard(), s.key) {
					t.Errorf("%v", a)
				}
				return
			}
			if a := do(r); a.status != 502 || a.code() != "upstream_unreachable" || strings.Contains(a.body, "certificate") || strings.Contains(a.body, "x509") {
				t.Errorf("%v", a)
			}
			if _, a := s.dial(t.Context(), site, "/llm/own/realtime?model=m"); a.status != 502 {
				t.Errorf("a WebSocket: %v", a)
			}
			for range 2 {
				if text := heard(); strings.Contains(text, s.key) || strings.Contains(text, "hello") || strings.Contains(text, "HTTP/1.1") {
					t.Errorf("it heard %q", text)
				}
			}
			if a := s.chat(site); a.status != 200 {
				t.Errorf("the next request: %v", a)
			}
		})
	}
}
