package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/attack"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// onTheWire takes the provider's connection and does with it what no server of net/http would. It is closed afterwards.
func onTheWire(do func(c *net.TCPConn)) oaktest.Fault {
	return func(_ *oaktest.Provider, w http.ResponseWriter, r *http.Request, _ []byte) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err) // a fault over HTTP/2: nobody asks for that
		}
		defer conn.Close()
		defer context.AfterFunc(r.Context(), func() { _ = conn.Close() })()
		do(conn.(*net.TCPConn))
	}
}

// endlessly writes a text again and again until nobody takes it any more.
func endlessly(first, again string) oaktest.Fault {
	return onTheWire(func(c *net.TCPConn) {
		_, err := io.WriteString(c, first)
		for many := strings.Repeat(again, 100); err == nil; {
			_, err = io.WriteString(c, many)
		}
	})
}

// halfClosed says something and then only that it says no more, and waits for the client to close.
func halfClosed(said string) oaktest.Fault {
	return onTheWire(func(c *net.TCPConn) {
		_, _ = io.WriteString(c, said)
		_ = c.CloseWrite()
		_, _ = io.Copy(io.Discard, c)
	})
}

// dripped says something byte by byte, each in a packet of its own.
func dripped(said string) oaktest.Fault {
	return onTheWire(func(c *net.TCPConn) {
		_ = c.SetNoDelay(true)
		for _, b := range []byte(said) {
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
		}
	})
}

// complete says whether what came on a connection is one answer and looks like all of it, by the rules of RFC 9112: its length is
// there, or the chunk of no bytes.
func complete(wire string) bool {
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(wire)), &http.Request{Method: http.MethodPost})
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return err == nil && (resp.ContentLength >= 0 || len(resp.TransferEncoding) > 0)
}

const (
	chunkedHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
	jsonHead    = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	whole       = jsonHead + "Content-Length: 7\r\n\r\n{\"a\":1}"
)

// providerFaults is what a provider can do wrong on its connection. What comes of it is a refusal of Oaklock's (status and code), an
// answer that looks cut (cut), or one that is whole (body).
var providerFaults = map[string]struct {
	fault  oaktest.Fault
	status int
	code   string
	cut    bool
	body   string
}{
	"closes at once":                     {fault: oaktest.Raw(""), status: 502, code: "upstream_unreachable"},
	"resets at once":                     {fault: reset(""), status: 502, code: "upstream_unreachable"},
	"resets within its head":             {fault: reset("HTTP/1.1 200 OK\r\nContent-Ty"), status: 502, code: "upstream_"},
	"resets within a chunk":              {fault: reset(chunkedHead + "9\r\nhalf"), cut: true},
	"half-closes at once":                {fault: halfClosed(""), status: 502, code: "upstream_unreachable"},
	"half-closes within its head":        {fault: halfClosed("HTTP/1.1 200 OK\r\nContent-Ty"), status: 502, code: "upstream_"},
	"half-closes within its body":        {fault: halfClosed(jsonHead + "Content-Length: 100\r\n\r\n{\"a\":"), cut: true},
	"half-closes within its chunks":      {fault: halfClosed(chunkedHead + "3\r\nfoo\r\n"), cut: true},
	"half-closes where it may":           {fault: halfClosed(jsonHead + "\r\n{\"a\":1}"), body: `{"a":1}`},
	"drips":                              {fault: dripped(whole), body: `{"a":1}`},
	"drips in chunks":                    {fault: dripped(chunkedHead + "1\r\na\r\n1\r\nb\r\n0\r\n\r\n"), body: "ab"},
	"drips and stops":                    {fault: dripped(whole[:len(whole)-1]), cut: true},
	"garbage":                            {fault: oaktest.Raw("\x16\x03\x01 this is TLS, or so"), status: 502, code: "upstream_invalid"},
	"garbage for chunks":                 {fault: oaktest.Raw(chunkedHead + "\x00\x01\x02\x03"), cut: true},
	"garbage for gzip":                   {fault: oaktest.Encoded([]byte("no gzip at all"), "gzip"), status: 502, code: "upstream_invalid"},
	"garbage within gzip":                {fault: oaktest.Encoded(append(oaktest.Gzipped([]byte("first"))[:14], "garbage"...), "gzip"), cut: true},
	"a chunk of too many digits":         {fault: oaktest.Raw(chunkedHead + "fffffffffffffffff\r\n"), cut: true},
	"a chunk of less than nothing":       {fault: oaktest.Raw(chunkedHead + "-1\r\n"), cut: true},
	"an extension of a chunk, endless":   {fault: endlessly(chunkedHead+"1;", "x"), cut: true},
	"HTTP/0.9":                           {fault: oaktest.Raw("<html>hello</html>"), status: 502, code: "upstream_invalid"},
	"HTTP/2 at once":                     {fault: oaktest.Raw("HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"), body: "{}"},
	"status 000":                         {fault: oaktest.Raw("HTTP/1.1 000 Odd\r\nContent-Length: 0\r\n\r\n"), status: 502, code: "upstream_invalid"},
	"status 099":                         {fault: oaktest.Raw("HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n"), status: 502, code: "upstream_invalid"},
	"status 600":                         {fault: oaktest.Raw("HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n"), status: 502, code: "upstream_invalid"},
	"status 999":                         {fault: oaktest.Raw("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"), status: 502, code: "upstream_invalid"},
	"status 2000":                        {fault: oaktest.Raw("HTTP/1.1 2000 Odd\r\nContent-Length: 0\r\n\r\n"), status: 502, code: "upstream_invalid"},
	"status -1":                          {fault: oaktest.Raw("HTTP/1.1 -01 Odd\r\nContent-Length: 0\r\n\r\n"), status: 502, code: "upstream_invalid"},
	"switches protocols, unasked":        {fault: oaktest.Raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"), status: 502, code: "upstream_invalid"},
	"a head without an end":              {fault: endlessly("HTTP/1.1 200 OK\r\n", "X-Filler: "+strings.Repeat("x", 100)+"\r\n"), status: 502, code: "upstream_invalid"},
	"a header without an end":            {fault: endlessly("HTTP/1.1 200 OK\r\nX-Filler: ", "xxxxxxxxxx"), status: 502, code: "upstream_invalid"},
	"a status line without an end":       {fault: endlessly("HTTP/1.1 200 ", "OK"), status: 502, code: "upstream_invalid"},
	"hints without an end":               {fault: endlessly("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), status: 502, code: "upstream_invalid"},
	"goes on without an end":             {fault: endlessly("", "HTTP/1.1 100 Continue\r\n\r\n"), status: 502, code: "upstream_invalid"},
	"hints, then an answer":              {fault: oaktest.Raw("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + whole), body: `{"a":1}`},
	"trailers":                           {fault: oaktest.Raw(strings.Replace(chunkedHead, "\r\n\r\n", "\r\nTrailer: Set-Cookie\r\n\r\n", 1) + "1\r\na\r\n0\r\nSet-Cookie: a=b\r\n\r\n"), body: "a"},
	"trailers without an end":            {fault: endlessly(chunkedHead+"1\r\na\r\n0\r\n", "X-Filler: "+strings.Repeat("x", 100)+"\r\n"), cut: true},
	"two lengths":                        {fault: oaktest.Raw(jsonHead + "Content-Length: 2\r\nContent-Length: 7\r\n\r\n{\"a\":1}"), status: 502, code: "upstream_invalid"},
	"a length that is none":              {fault: oaktest.Raw(jsonHead + "Content-Length: +7\r\n\r\n{\"a\":1}"), status: 502, code: "upstream_invalid"},
	"a length and chunks":                {fault: oaktest.Raw(jsonHead + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{\"a\":1}\r\n0\r\n\r\n"), body: `{"a":1}`},
	"a transfer coding of its own":       {fault: oaktest.Raw(jsonHead + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), status: 502, code: "upstream_invalid"},
	"more than it has said":              {fault: oaktest.Raw(jsonHead + "Content-Length: 7\r\n\r\n{\"a\":1}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"), body: `{"a":1}`},
	"a redirect":                         {fault: oaktest.Redirect(308, "http://127.0.0.1:1/"), status: 502, code: "upstream_invalid"},
	"a redirect to nowhere":              {fault: oaktest.Answer(302, nil, ""), status: 502, code: "upstream_invalid"},
	"several choices":                    {fault: oaktest.Answer(300, nil, "choose"), status: 502, code: "upstream_invalid"},
	"gzip in gzip":                       {fault: oaktest.Encoded(oaktest.Gzipped(oaktest.Gzipped([]byte("x"))), "gzip, gzip"), status: 502, code: "upstream_invalid"},
	"zstd":                               {fault: oaktest.Encoded([]byte("x"), "zstd"), status: 502, code: "upstream_invalid"},
	"a header with a line end within":    {fault: oaktest.Raw(jsonHead + "X-Request-Id: a\rSet-Cookie: b=c\r\nContent-Length: 7\r\n\r\n{\"a\":1}"), status: 502, code: "upstream_invalid"},
	"a folded header":                    {fault: oaktest.Raw(jsonHead + "X-Request-Id: a\r\n b\r\nContent-Length: 7\r\n\r\n{\"a\":1}"), body: `{"a":1}`},
	"a space before the colon":           {fault: oaktest.Raw(jsonHead + "Set-Cookie : a=b\r\nContent-Length: 7\r\n\r\n{\"a\":1}"), body: `{"a":1}`},
	"keeps nothing alive, and says so":   {fault: oaktest.Raw(jsonHead + "Connection: close\r\nContent-Length: 7\r\n\r\n{\"a\":1}"), body: `{"a":1}`},
	"keeps nothing alive, and lies":      {fault: oaktest.Raw(jsonHead + "Connection: keep-alive\r\nContent-Length: 7\r\n\r\n{\"a\":1}"), body: `{"a":1}`},
	"a body that no answer of 204 has":   {fault: oaktest.Raw("HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\npoison"), body: ""},
	"an answer before the whole request": {fault: oaktest.Raw("HTTP/1.1 429 Slow Down\r\nContent-Type: application/json\r\nRetry-After: 1\r\nContent-Length: 2\r\n\r\n{}"), body: "{}"},
}

// Whatever a provider does, the page gets an answer that is whole, one that looks cut, or a refusal that it can read; nothing is
// sent twice; and the next request of an allowed site, on whatever connection is left, is served at once.
func TestFaultsOfAProvider(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allowFreely(attack.Site, "openai")
	patient, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	for _, size := range []struct {
		name, body string
	}{{"short", attack.FrameBody}, {"long", strings.Replace(attack.FrameBody, "{", "{"+strings.Repeat(" ", 300<<10), 1)}} { // which goes through net/http
		ask := strings.ReplaceAll(fmt.Sprintf("POST %s HTTP/1.1\nHost: 127.0.0.1:PORT\nOrigin: SITE\nSec-Fetch-Mode: cors\nContent-Type: application/json\nConnection: close\nContent-Length: %d\n\n%s",
			chatPath, len(size.body), size.body), "SITE", attack.Site)
		for name, c := range providerFaults {
			t.Run(size.name+"/"+name, func(t *testing.T) {
				s.provider.Forget()
				s.provider.Next(c.fault)
				got := s.rawAll(ask)
				switch {
				case c.status != 0:
					// net/http does not tell a connection that broke from an answer that is none.
					if a := parsed(t, got); a.status != c.status || !strings.HasPrefix(a.code(), c.code) && (size.name == "short" || a.code() != "upstream_unreachable") || a.header.Get("Access-Control-Allow-Origin") != attack.Site {
						t.Errorf("want %d %s, got %.500s", c.status, c.code, got)
					}
				case c.cut:
					if strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") && !complete(got) {
						break
					}
					// Nothing of it had gone out, so the page can be told.
					if a := parsed(t, got); a.status != 502 || a.code() != "upstream_cut" && a.code() != "upstream_invalid" || a.header.Get("Access-Control-Allow-Origin") != attack.Site {
						t.Errorf("want a cut answer or a refusal, got %.500q", got)
					}
				default:
					if a := parsed(t, got); !complete(got) || a.body != c.body || a.status/100 == 5 {
						t.Errorf("want %q, got %.500s", c.body, got)
					}
				}
				for _, leak := range []string{"poison", "Set-Cookie", "Link:", "X-Filler", s.provider.Server.URL} {
					if strings.Contains(got, leak) {
						t.Errorf("%q came through: %.500s", leak, got)
					}
				}
				if n := s.provider.Count(); n != 1 {
					t.Errorf("it was sent %d times", n)
				}
				// A provider that closes a connection while the next request is on its way to it makes that one fail: nothing is
				// sent twice. So it has closed before.
				s.provider.Wait(patient, t, func(st oaktest.State) bool { return st.Active == 0 })
				if a := s.chat(attack.Site); a.status != 200 || a.err != nil {
					t.Errorf("the next request: %v", a)
				}
			})
		}
	}
}

// parsed is the one answer in what came on a connection.
func parsed(t *testing.T, wire string) answer {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(wire)), &http.Request{Method: http.MethodPost})
	if err != nil {
		t.Errorf("this is no answer: %.300q, %v", wire, err)
		return answer{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(body), err}
}

// A provider that does not read what it is sent: one that has answered all the same is heard, and one that says nothing is left
// with the page.
func TestAProviderThatDoesNotRead(t *testing.T) {
	t.Parallel()
	s := begin(t)
	large := strings.Replace(chatBody, "hello", strings.Repeat("x", 8<<20), 1)
	conns := make(chan *net.TCPConn)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	s.must(nil, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns <- c.(*net.TCPConn)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "own", BaseURL: "http://" + l.Addr().String()}))
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "own", Secret: "key-of-my-own"}))
	s.allow(site, "openai")
	s.allowFreely(site, "own")
	const path = "/llm/own/chat/completions"
	asking := func(ctx context.Context) <-chan answer {
		ch := make(chan answer, 1)
		r := s.call(ctx, site, http.MethodPost, path, large)
		go func() { ch <- do(r) }()
		return ch
	}

	t.Run("and answers", func(t *testing.T) {
		got := asking(t.Context())
		c := taken(t, conns)
		s.must(c.Read(make([]byte, 1))) // else it would be an answer to nothing
		s.must(io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"))
		if a := taken(t, got); a.status != 413 || a.body != "{}" {
			t.Errorf("%v", a)
		}
		_ = c.Close()
	})
	t.Run("and closes", func(t *testing.T) {
		got := asking(t.Context())
		_ = taken(t, conns).Close()
		if a := taken(t, got); a.status != 502 || a.code() != "upstream_unreachable" {
			t.Errorf("%v", a)
		}
	})
	t.Run("and says nothing", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		got := asking(ctx)
		c := taken(t, conns)
		s.must(nil, c.SetReadDeadline(time.Now().Add(patience)))
		s.must(c.Read(make([]byte, 1))) // else a connection on which nothing was sent is kept for the next request
		begun := time.Now()
		leave()
		taken(t, got)
		if _, err := io.Copy(io.Discard, c); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("the provider is not left: %v", err)
		}
		if took := time.Since(begun); took > 5*time.Second { // 1 s is the promise; the rest is a busy machine's
			t.Errorf("it took %v", took)
		}
		_ = c.Close()
		s.ended(t, 499, "page_gone")
	})
	if a := s.chat(site); a.status != 200 {
		t.Errorf("afterwards: %v", a)
	}
}

// A page that does not read its answer holds up its provider, and nothing piles up between; one that leaves ends it.
func TestAPageThatDoesNotRead(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allow(site, "openai")
	sent := make(chan int, 1)
	s.provider.Next(func(_ *oaktest.Provider, w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Set("Content-Type", "text/event-stream")
		event := "data: " + strings.Repeat("x", 64<<10) + "\n\n"
		n := 0
		rc := http.NewResponseController(w)
		for n < 256<<20 {
			_ = rc.SetWriteDeadline(time.Now().Add(time.Second)) // until it moves no more
			k, err := io.WriteString(w, event)
			if n += k; err != nil {
				break
			}
		}
		sent <- n
		panic(http.ErrAbortHandler)
	})
	long := strings.Replace(chatBody, `"max_tokens":64`, `"max_tokens":20000`, 1) // so that its answer may be
	page := s.open(t.Context(), s.call(t.Context(), site, http.MethodPost, chatPath, long))
	if n := taken(t, sent); n > 64<<20 {
		t.Errorf("a page that reads nothing was sent %d bytes", n)
	}
	if _, err := io.Copy(io.Discard, page.body); err == nil {
		t.Error("what the provider broke off looks whole")
	}
	s.ended(t, 200, "upstream_cut")
	if a := s.chat(site); a.status != 200 {
		t.Errorf("afterwards: %v", a)
	}
}

// A page that floods: of all that one site asks at once 32 are heard and the others refused at once, another site is served
// meanwhile, and the first again right after.
func TestAPageThatFloods(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allow(site, "openai")
	s.allow("https://other.example", "openai")
	s.provider.Always(oaktest.Hang())
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var hanging []<-chan answer
	for range 32 {
		hanging = append(hanging, s.chatting(ctx, site))
	}
	s.await("32 that run", func(st control.State) bool { return len(st.Running) == 32 })
	for range 20 {
		var more []<-chan answer
		for range 10 {
			more = append(more, s.chatting(t.Context(), site))
		}
		for _, got := range more {
			if a := taken(t, got); a.status != 429 || a.code() != "too_many_requests" || a.header.Get("Retry-After") == "" {
				t.Fatalf("%v", a)
			}
		}
	}
	s.provider.Always(nil)
	if a := s.chat("https://other.example"); a.status != 200 {
		t.Errorf("another site meanwhile: %v", a)
	}
	leave()
	for _, got := range hanging {
		taken(t, got)
	}
	s.await("none that runs", func(st control.State) bool { return len(st.Running) == 0 })
	if a := s.chat(site); a.status != 200 {
		t.Errorf("afterwards: %v", a)
	}
}

// Many sites that flood: 256 requests are heard at once, whoever asks them; of these sites that nobody has allowed have 192, so that
// whatever they hold open, an allowed site is served.
func TestManySitesThatFlood(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allow(site, "openai")
	t.Run("strangers", func(t *testing.T) {
		const all = 9 * 32
		refused := make(chan bool, all)
		for n := range 9 {
			for _, c := range s.crowd(t, 32, strings.ReplaceAll(halfBody, "https://stranger.example", fmt.Sprintf("https://stranger%d.example", n))) {
				go func() { // until the connection is closed, with the test at the latest
					resp, err := http.ReadResponse(bufio.NewReader(c), nil)
					if err == nil {
						_ = resp.Body.Close()
						refused <- resp.StatusCode == http.StatusTooManyRequests
					}
				}()
			}
		}
		for range all - 192 {
			if !taken(t, refused) {
				t.Fatal("half a request had another answer")
			}
		}
		if a := s.chat(site); a.status != 200 {
			t.Errorf("an allowed site meanwhile: %v", a)
		}
		if len(refused) > 0 {
			t.Errorf("%d more had an answer", len(refused))
		}
	})
	t.Run("allowed sites", func(t *testing.T) {
		s.provider.Always(oaktest.Hang())
		defer s.provider.Always(nil)
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		for n := range 8 {
			origin := fmt.Sprintf("https://allowed%d.example", n)
			s.allow(origin, "openai")
			for range 32 {
				s.chatting(ctx, origin)
			}
		}
		s.await("256 that run", func(st control.State) bool { return len(st.Running) == 256 })
		if a := s.chat(site); a.status != 429 || a.code() != "too_many_requests" {
			t.Errorf("one more: %v", a)
		}
	})
	s.await("none that runs", func(st control.State) bool { return len(st.Running) == 0 })
	if a := s.chat(site); a.status != 200 {
		t.Errorf("afterwards: %v", a)
	}
}

// halfBody is a request of a site that may ask, without the end of its body.
var halfBody = strings.NewReplacer("\n", "\r\n", "SITE", "https://stranger.example").Replace(attack.Good[:len(attack.Good)-20])

// Two thousand connections that say nothing, half a head, half a body, or nothing more after an answer: an allowed site is served at
// once, meanwhile and after.
func TestTwoThousandConnections(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]string{
		"silent":                "",
		"half a head":           "POST " + chatPath + " HTTP/1.1\r\nHost: 127.0.0.1",
		"half a body, refused":  strings.Replace(halfBody, "127.0.0.1:PORT", "evil.example", 1),
		"half a body, answered": strings.Replace(halfBody, "application/json", "text/plain", 1),
		"half a body, held":     halfBody,
		"answered, and kept":    "GET /oaklock/v1/status HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: https://stranger.example\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := begin(t)
			s.allow(site, "openai")
			held := s.crowd(t, 2000, first)
			begun := time.Now()
			for range 5 {
				if a := s.chat(site); a.status != 200 {
					t.Errorf("meanwhile: %v", a)
				}
			}
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("five requests took %v", took)
			}
			for _, c := range held {
				_ = c.Close()
			}
			if a := s.chat(site); a.status != 200 {
				t.Errorf("afterwards: %v", a)
			}
		})
	}
}

// crowd opens so many connections and sends the same on each. Those that the agent closes are part of it.
func (s *story) crowd(t *testing.T, n int, text string) (all []net.Conn) {
	t.Helper()
	for range n {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.agent.Endpoint(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_, _ = io.WriteString(c, strings.ReplaceAll(text, "PORT", fmt.Sprint(c.RemoteAddr().(*net.TCPAddr).Port)))
		all = append(all, c)
	}
	return all
}
