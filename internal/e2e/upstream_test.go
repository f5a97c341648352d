package e2e_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

func keyRef(provider string) control.KeyRef { return control.KeyRef{Provider: provider} }

// Over verified TLS and HTTP/2 everything is as it is over plain http.
func TestAProviderOverTLS(t *testing.T) {
	s := beginWith(t, oaktest.ProviderOptions{TLS: true})
	s.allow(site, "openai")
	var sent buffer
	s.provider.Next(recorded(&sent))
	if a := s.chat(site); a.status != 200 || a.body != string(sent.Bytes()) {
		t.Errorf("the page got %v", a)
	}
	if got := s.provider.Requests()[0]; got.Proto != "HTTP/2.0" || string(got.Body) != chatBody {
		t.Errorf("the provider got %s %v", got.Proto, got)
	} else {
		s.onlySlot(t, got, "Authorization", "Bearer ")
	}

	gate := make(chan string)
	s.provider.Next(oaktest.Drip(gate))
	page := s.open(t.Context(), s.call(t.Context(), site, http.MethodPost, chatPath, chatBody))
	for _, text := range []string{"1", "2", "3"} {
		s.give(gate, text)
		got := make([]byte, len("data: 1\n\n"))
		if _, err := io.ReadFull(page.body, got); err != nil || string(got) != "data: "+text+"\n\n" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	s.must(nil, s.RevokeSite(t.Context(), control.SiteRef{Origin: site}))
	if rest, err := io.ReadAll(page.body); err == nil || len(rest) > 0 {
		t.Errorf("after the grant was taken back came %q, %v", rest, err)
	}
	s.hungUp(t, 1)
	s.allow(site, "openai")

	s.provider.Next(oaktest.Cut("text/event-stream", 10), oaktest.EchoKey(401))
	if a := s.chat(site); a.err == nil {
		t.Errorf("an HTTP/2 stream that was reset looks whole: %v", a)
	}
	a := s.chat(site)
	if a.status != 401 || !strings.Contains(a.body, redacted) {
		t.Errorf("%v", a)
	}
	oaktest.Scan(t, s.key, a.body, a.header)
}

// A server that cannot prove who it is gets neither key nor question.
func TestAProviderThatIsNotTrusted(t *testing.T) {
	for name, c := range map[string]struct {
		change []func(*agent.Options)
		base   func(string) string
	}{
		"an unknown authority": {[]func(*agent.Options){func(o *agent.Options) { o.RootCAs = x509.NewCertPool() }}, func(s string) string { return s }},
		"another name":         {nil, func(s string) string { return strings.Replace(s, "127.0.0.1", "localhost", 1) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := beginWith(t, oaktest.ProviderOptions{TLS: true}, c.change...)
			s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "openai", BaseURL: c.base(s.provider.BaseURL("openai"))}))
			s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Secret: s.key}))
			if got, err := s.TestKey(t.Context(), keyRef("openai")); err != nil || got.Works || got.Status != 0 || !strings.Contains(got.Message, "could not be reached") {
				t.Errorf("%+v, %v", got, err)
			}
			if keys, err := s.Keys(t.Context()); err != nil || slices.ContainsFunc(keys, func(k control.Key) bool { return k.LastUsed != 0 }) {
				t.Errorf("a key that went nowhere was used: %+v, %v", keys, err)
			}
			s.allow(site, "openai")
			if a := s.chat(site); a.status != 502 || a.code() != "upstream_unreachable" {
				t.Errorf("%v", a)
			}
			if n := s.provider.Count(); n > 0 {
				t.Errorf("%d requests reached it", n)
			}
		})
	}
}

// A provider that resets the connection, before its answer and in the middle: the page sees an error each time, and
// nothing is ever sent twice.
func TestAProviderThatResets(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai")
	for name, c := range map[string]struct {
		said   string // before the reset
		status int
		code   string
	}{
		"at once":           {"", 502, "upstream_unreachable"},
		"after the head":    {"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n", 200, "upstream_cut"},
		"in the body":       {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", 200, "upstream_cut"},
		"without a length":  {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf", 200, "upstream_cut"},
		"a chunk too short": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", 200, "upstream_cut"},
	} {
		t.Run(name, func(t *testing.T) {
			if a := s.chat(site); a.status != 200 { // a connection that is kept, on which a client might try again
				t.Fatal(a)
			}
			s.provider.Forget()
			s.provider.Next(reset(c.said))
			a := s.chat(site)
			if c.status != 200 && (a.status != c.status || a.code() != c.code) || c.status == 200 && a.err == nil {
				t.Errorf("%v", a)
			}
			if c.code == "upstream_unreachable" && !strings.Contains(a.body, "The provider hung up without an answer. It may have had the request") {
				t.Errorf("it was reached, and the page is told %v", a)
			}
			if n := s.provider.Count(); n != 1 {
				t.Errorf("it was sent %d times", n)
			}
			s.ended(t, c.status, c.code)
		})
	}
}

// reset says something and throws the connection away, so that the client gets a TCP reset.
func reset(said string) oaktest.Fault {
	return func(_ *oaktest.Provider, w http.ResponseWriter, _ *http.Request, _ []byte) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(c, said) // the reset follows anyway
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}
}

// With a proxy set, the provider is reached through it and nothing else changes; the proxy sees a name, and never the key. Taken
// away again, it is asked no more.
func TestThroughAProxy(t *testing.T) {
	s := beginWith(t, oaktest.ProviderOptions{TLS: true})
	var seen buffer
	asked := make(chan string, 10)
	address := connecting(t, s.provider.Server.Listener.Addr().String(), asked, &seen)
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "openai", BaseURL: "https://example.com/openai/v1"})) // the certificate's other name
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Secret: s.key, Label: "proxied"}))
	s.allowFreely(site, "openai")
	s.must(s.SetSetting(t.Context(), "proxy", "http://"+address))
	if a := s.chat(site); a.status != 200 {
		t.Fatalf("%v", a)
	}
	if got := <-asked; got != "CONNECT example.com:443" {
		t.Errorf("the proxy was asked %q", got)
	}
	s.onlySlot(t, s.provider.Requests()[0], "Authorization", "Bearer ")
	s.connect(site, realtimePath, browserProtocols...).hears("session.created")
	if got := <-asked; got != "CONNECT example.com:443" {
		t.Errorf("for the WebSocket the proxy was asked %q", got)
	}
	s.onlySlot(t, s.provider.Requests()[1], "Authorization", "Bearer ")
	oaktest.Scan(t, s.key, seen.Bytes())
	if len(seen.Bytes()) == 0 || strings.Contains(string(seen.Bytes()), "gpt-4o-mini") {
		t.Errorf("the proxy saw %q", seen.Bytes())
	}
	s.must(nil, s.agent.Close())
	s.start(func(o *agent.Options) {
		o.RootCAs = x509.NewCertPool()
		o.RootCAs.AddCert(s.provider.Server.Certificate())
	})
	if a := s.chat(site); a.status != 200 {
		t.Errorf("after a restart: %v", a)
	}
	s.must(s.SetSetting(t.Context(), "proxy", "off"))
	if a := s.chat(site); a.status != 502 || a.code() != "upstream_unreachable" {
		t.Errorf("without the proxy nobody has this name here: %v", a)
	}
	if c, a := s.dial(t.Context(), site, realtimePath, browserProtocols...); c != nil || a.status != 502 || a.code() != "upstream_unreachable" {
		t.Errorf("nor for a WebSocket: %v", a)
	}
	if n := len(asked); n != 1 {
		t.Errorf("the proxy was asked %d times more", n)
	}
}

// A proxy that is not there, or refuses, is an error that a page can read, in a WebSocket's handshake the same as in a request's answer.
// Its password is in no answer, no file and no log.
func TestAProxyThatDoesNotConnect(t *testing.T) {
	s := beginWith(t, oaktest.ProviderOptions{TLS: true})
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "openai", BaseURL: "https://example.com/openai/v1"}))
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Secret: s.key, Label: "proxied", Anyway: true}))
	s.allowFreely(site, "openai")
	const password = "the-password-of-the-proxy"
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Proxy-Authenticate", "Basic realm="+r.Header.Get("Proxy-Authorization"))
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	t.Cleanup(refusing.Close)
	for _, name := range []string{"https_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD"} {
		t.Setenv(name, "")
	}
	for name, address := range map[string]string{"it refuses": refusing.Listener.Addr().String(), "nobody is there": "127.0.0.1:1"} {
		t.Setenv("HTTPS_PROXY", "http://me:"+password+"@"+address)
		s.must(s.SetSetting(t.Context(), "proxy", "off"))
		s.must(s.SetSetting(t.Context(), "proxy", "environment"))
		a := s.chat(site)
		if a.status != 502 || a.code() != "upstream_unreachable" || !strings.Contains(a.body, "could not reach the provider") {
			t.Errorf("%s: %v", name, a)
		}
		c, b := s.dial(t.Context(), site, realtimePath, browserProtocols...)
		if c != nil || b.status != a.status || b.body != a.body {
			t.Errorf("%s: a WebSocket is answered %v, a request %v", name, b, a)
		}
		check := s.checks()["provider_openai"]
		if check.State != control.Wrong || !strings.Contains(check.Message, "the proxy on the way there does not connect") {
			t.Errorf("%s: the doctor says %+v", name, check)
		}
		for _, where := range []answer{a, b, {body: check.Message + check.Fix}} {
			oaktest.Scan(t, password, where.body, where.header)
		}
	}
	for _, r := range s.provider.Requests() {
		if strings.HasPrefix(r.Path, "/openai") {
			t.Errorf("this reached the provider: %v", r)
		}
	}
	s.nowhere(t, password)
}

// connecting is a proxy that connects everybody to one address.
func connecting(t *testing.T, to string, asked chan<- string, seen io.Writer) (address string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	one := func(c net.Conn) {
		defer c.Close()
		defer context.AfterFunc(t.Context(), func() { _ = c.Close() })() // the agent may keep it
		in := bufio.NewReader(c)
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		asked <- r.Method + " " + r.Host
		there, err := new(net.Dialer).DialContext(t.Context(), "tcp", to)
		if err != nil {
			return
		}
		defer there.Close()
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		all.Go(func() { _, _ = io.Copy(c, there); _ = c.Close() })
		_, _ = io.Copy(io.MultiWriter(there, seen), in)
	}
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { one(c) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	return l.Addr().String()
}
