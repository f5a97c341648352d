package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

const (
	realtimePath = "/llm/openai/realtime?model=gpt-realtime"
	livePath     = "/llm/google/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
)

// browserProtocols are what the openai client offers in a browser.
var browserProtocols = []string{"realtime", "openai-insecure-api-key." + dummy}

// socket is a page's WebSocket.
type socket struct {
	*websocket.Conn
	t    testing.TB
	head http.Header // of the answer to its handshake
}

// dial opens a WebSocket as a browser does for its page. Where it is refused the answer says how.
func (s *story) dial(ctx context.Context, origin, path string, protocols ...string) (*socket, answer) {
	s.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	stop := func() bool { return true }
	d := websocket.Dialer{Subprotocols: protocols, NetDialContext: func(_ context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err == nil { // gorilla itself waits for an answer whatever becomes of the context
			stop = context.AfterFunc(ctx, func() { _ = c.Close() })
		}
		return c, err
	}}
	defer func() { stop() }()
	c, resp, err := d.DialContext(ctx, "ws"+strings.TrimPrefix(s.agent.Endpoint(), "http")+path,
		http.Header{"Origin": {origin}, "Sec-Fetch-Mode": {"websocket"}, "User-Agent": {"page/1.0"}})
	if resp == nil {
		return nil, answer{err: err}
	}
	if err != nil {
		body, _ := io.ReadAll(resp.Body) // in memory
		return nil, answer{resp.StatusCode, resp.Header, string(body), nil}
	}
	s.Cleanup(func() { _ = c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		s.Fatal(err)
	}
	return &socket{c, s.TB, resp.Header}, answer{status: resp.StatusCode, header: resp.Header}
}

// connect is dial where it must succeed.
func (s *story) connect(origin, path string, protocols ...string) *socket {
	s.Helper()
	c, no := s.dial(s.Context(), origin, path, protocols...)
	if c == nil {
		s.Fatalf("the WebSocket was not opened: %v", no)
	}
	return c
}

// line waits for the next line of the log after that of the ID before, and wants it to be of a WebSocket that stood.
func (s *story) line(t *testing.T, before int64, code string) control.Entry {
	t.Helper()
	var next control.Entry
	s.await("its line in the log", func(control.State) bool {
		for _, e := range s.everything(t) {
			if e.ID > before {
				next = e
			}
		}
		return next.ID > 0
	})
	if next.Status != http.StatusSwitchingProtocols || next.Code != code {
		t.Errorf("the log has %+v, want %s", next, code)
	}
	return next
}

func (s *story) everything(t *testing.T) []control.Entry {
	t.Helper()
	all, err := s.Client.Log(t.Context(), control.LogFilter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// taken is what comes out of a channel in time.
func taken[T any](t testing.TB, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatal("it did not come")
		panic("not reached")
	}
}

func (c *socket) say(text string) {
	c.t.Helper()
	if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// hears reads the next message and wants this in it.
func (c *socket) hears(part string) string {
	c.t.Helper()
	_, m, err := c.ReadMessage()
	if err != nil || !strings.Contains(string(m), part) {
		c.t.Fatalf("heard %.300q, %v; want %q", m, err, part)
	}
	return string(m)
}

// isClosed wants nothing more but the end, with this code and a reason that begins so.
func (c *socket) isClosed(code int, reason string) {
	c.t.Helper()
	_, m, err := c.ReadMessage()
	var bye *websocket.CloseError
	if !errors.As(err, &bye) || bye.Code != code || !strings.HasPrefix(bye.Text, reason) {
		c.t.Errorf("heard %.300q, %v; want the end %d %s", m, err, code, reason)
	}
}

// Each provider's WebSocket in its own dialect: the key stands in one header, the page's dummy nowhere, the model in the
// address, and one line of the log says what it took.
func TestWebSocketsInTheirDialects(t *testing.T) {
	s := begin(t)
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "own", BaseURL: s.provider.BaseURL("openai"), Auth: "x-goog-api-key"}))
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "own", Secret: s.key}))
	s.allowFreely(site, "openai", "google", "own")
	const google = "/google/ws/google.ai.generativelanguage."
	for name, c := range map[string]struct {
		path, upstream string
		offers         []string
		passes         string // of what is offered
		slot, before   string
		chosen         string
		model          string
	}{
		"openai":              {realtimePath, "/openai/v1/realtime?model=gpt-realtime", browserProtocols, "realtime", "Authorization", "Bearer ", "realtime", "gpt-realtime"},
		"openai, with /v1":    {"/llm/openai/v1/realtime?model=a&call_id=rtc_1&key=" + dummy, "/openai/v1/realtime?model=a", nil, "", "Authorization", "Bearer ", "", "a"},
		"openai, with a beta": {realtimePath, "/openai/v1/realtime?model=gpt-realtime", []string{"openai-beta.realtime-v1", "openai-project.p", "realtime"}, "openai-beta.realtime-v1, realtime", "Authorization", "Bearer ", "realtime", "gpt-realtime"},
		"openai, only a beta": {realtimePath, "/openai/v1/realtime?model=gpt-realtime", []string{"openai-beta.realtime-v1"}, "openai-beta.realtime-v1", "Authorization", "Bearer ", "openai-beta.realtime-v1", "gpt-realtime"},
		"no model":            {"/llm/openai/realtime", "/openai/v1/realtime", browserProtocols, "realtime", "Authorization", "Bearer ", "realtime", ""},
		"one of the user's":   {"/llm/own/realtime?model=m", "/openai/v1/realtime?model=m", browserProtocols, "realtime", "X-Goog-Api-Key", "", "realtime", "m"},
		"google":              {livePath + "?key=" + dummy, google + "v1beta.GenerativeService.BidiGenerateContent", nil, "", "X-Goog-Api-Key", "", "", "gemini-x"},
		"google, v1alpha":     {strings.Replace(livePath, "v1beta", "v1alpha", 1), google + "v1alpha.GenerativeService.BidiGenerateContent", nil, "", "X-Goog-Api-Key", "", "", "gemini-x"},
		"google, two slashes": {strings.Replace(livePath, "/ws", "//ws", 1), google + "v1beta.GenerativeService.BidiGenerateContent", nil, "", "X-Goog-Api-Key", "", "", "gemini-x"},
	} {
		t.Run(name, func(t *testing.T) {
			s.provider.Forget()
			before := s.newest(t)
			page := s.connect(site, c.path, c.offers...)
			want := http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Accept": page.head["Sec-Websocket-Accept"]}
			if c.chosen != "" {
				want["Sec-Websocket-Protocol"] = []string{c.chosen}
			}
			if !maps.EqualFunc(page.head, want, slices.Equal) {
				t.Errorf("the page got %v", page.head)
			}
			in, out := int64(12), int64(8)
			if strings.Contains(c.path, "Bidi") {
				in, out = 10, 7
				page.say(`{"setup":{"model":"models/gemini-x"}}`)
				page.hears("setupComplete")
				page.say(`{"clientContent":{"turns":[{"role":"user","parts":[{"text":"hello"}]}],"turnComplete":true}}`)
				page.hears("Hello from the fake provider")
				page.hears("turnComplete")
			} else {
				page.hears(fmt.Sprintf(`"model":%q`, c.model))
				page.say(`{"type":"response.create"}`)
				for _, part := range []string{"response.created", "Hello ", "from the ", "fake provider", "response.done"} {
					page.hears(part)
				}
			}
			run := s.await("its line among those that run", func(st control.State) bool { return len(st.Running) == 1 }).Running[0]
			if run.Model != c.model || run.Origin != site || !strings.HasPrefix(run.Endpoint, "WS /") || run.BytesOut < 100 {
				t.Errorf("it runs as %+v", run)
			}
			if err := page.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "done"), time.Now().Add(time.Second)); err != nil {
				t.Fatal(err)
			}
			page.isClosed(1000, "")
			if e := s.line(t, before, ""); e.Model != c.model || e.Input != in || e.Output != out || e.Endpoint != run.Endpoint || e.BytesOut < 100 || e.Credential != "default" {
				t.Errorf("the log has %+v", e)
			}

			got := s.provider.Requests()
			if len(got) != 1 || got[0].Method != http.MethodGet || got[0].Path != c.upstream {
				t.Fatalf("the provider got %v", got)
			}
			h := got[0].Header
			s.onlySlot(t, got[0], c.slot, c.before)
			if h.Get("Sec-Websocket-Protocol") != c.passes {
				t.Errorf("the provider was offered %q", h["Sec-Websocket-Protocol"])
			}
			fields := http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": h["Sec-Websocket-Key"],
				"User-Agent": {"page/1.0"}, "Accept-Encoding": {"identity"}, c.slot: h[c.slot]}
			if c.passes != "" {
				fields["Sec-Websocket-Protocol"] = []string{c.passes}
			}
			if !maps.EqualFunc(h, fields, slices.Equal) {
				t.Errorf("the provider got the fields %v", slices.Collect(maps.Keys(h)))
			}
		})
	}
}

const upgradeHead = "GET /llm/openai/realtime?model=m HTTP/1.1\nHost: 127.0.0.1:PORT\nOrigin: https://app.example\nConnection: Upgrade\nUpgrade: websocket\n" +
	"Sec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\n"

// The opening handshake by the letter, and the order of checks before it: nothing wrong reaches the provider or the user.
func TestOrderOfChecksOfAWebSocket(t *testing.T) {
	s := begin(t)
	s.allowFreely(site, "openai", "google")
	s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: "https://narrow.example", Providers: []string{"openai"}, Terms: freely(day("gpt-4o"))}))
	swap := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(upgradeHead) }
	for name, c := range map[string]struct{ text, want string }{
		"another host":          {swap("127.0.0.1:PORT", "evil.example"), "421"},
		"two origins":           {swap("Origin:", "Origin: https://app.example\nOrigin:"), "400"},
		"no origin":             {swap("Origin: https://app.example\n", ""), "403"},
		"a null origin":         {swap("https://app.example", "null"), "403"},
		"the agent's own":       {swap("https://app.example", "http://127.0.0.1:PORT"), "403"},
		"an http site":          {swap("https://app.example", "http://app.example"), "403"},
		"a navigation":          {swap("Origin:", "Sec-Fetch-Mode: navigate\nOrigin:"), "403"},
		"a document":            {swap("Origin:", "Sec-Fetch-Dest: document\nOrigin:"), "403"},
		"absolute form":         {swap("GET /", "GET http://127.0.0.1:PORT/"), "400"},
		"POST":                  {swap("GET", "POST"), "400"},
		"HTTP/1.0":              {swap("HTTP/1.1", "HTTP/1.0"), "400"},
		"a body":                {swap("\n\n", "\nContent-Length: 2\n\nxx"), "400"},
		"chunks":                {swap("\n\n", "\nTransfer-Encoding: chunked\n\n0\n\n"), "400"},
		"no connection token":   {swap("Connection: Upgrade", "Connection: keep-alive"), "400"},
		"another protocol":      {swap("Upgrade: websocket", "Upgrade: h2c"), "400"},
		"two protocols":         {swap("Upgrade: websocket", "Upgrade: websocket\nUpgrade: h2c"), "400"},
		"a list of protocols":   {swap("Upgrade: websocket", "Upgrade: h2c, websocket"), "400"},
		"version 8":             {swap("Version: 13", "Version: 8"), "400"},
		"no version":            {swap("Sec-WebSocket-Version: 13\n", ""), "400"},
		"two versions":          {swap("Version: 13", "Version: 13\nSec-WebSocket-Version: 8"), "400"},
		"no nonce":              {swap("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n", ""), "400"},
		"a short nonce":         {swap("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ=="), "400"},
		"a nonce that is none":  {swap("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j####"), "400"},
		"two nonces":            {swap("Sec-WebSocket-Key:", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Key:"), "400"},
		"only a key protocol":   {swap("\n\n", "\nSec-WebSocket-Protocol: openai-insecure-api-key.x\n\n"), "400"},
		"an empty subprotocol":  {swap("\n\n", "\nSec-WebSocket-Protocol: realtime,,x\n\n"), "400"},
		"a subprotocol twice":   {swap("\n\n", "\nSec-WebSocket-Protocol: realtime, realtime\n\n"), "400"},
		"many subprotocols":     {swap("\n\n", "\nSec-WebSocket-Protocol: realtime"+strings.Repeat(", x", 20)+"\n\n"), "400"},
		"two models":            {swap("?model=m", "?model=m&model=n"), "400"},
		"a model with a line":   {swap("?model=m", "?model=m%0an"), "400"},
		"no WebSocket":          {swap("/realtime?model=m", "/models"), "400"},
		"a chat":                {swap("/realtime?model=m", "/chat/completions"), "400"},
		"the agent's own calls": {swap("/llm/openai/realtime?model=m", "/oaklock/v1/status"), "400"},
		"no such path":          {swap("/realtime?model=m", "/nothing"), "404"},
		"no such provider":      {swap("/openai/", "/nobody/"), "404"},
		"percent":               {swap("/realtime", "/r%65altime"), "404"},
		"a longer path":         {swap("/realtime", "/realtime/x"), "404"},
		"for made keys":         {swap("/llm/openai/realtime?model=m", livePath+"Constrained"), "404"},
		"calls":                 {swap("/realtime?model=m", "/realtime/calls"), "403"},
		"stored":                {swap("/realtime?model=m", "/files"), "403"},
		"no upgrade":            {swap("Upgrade: websocket\n", "", "Connection: Upgrade\n", ""), "404"},
		"a method called so":    {swap("GET", "WS", "Upgrade: websocket\n", "", "Connection: Upgrade\n", ""), "404"},
		"another model":         {swap("https://app.example", "https://narrow.example"), "403"},
		"no model":              {swap("https://app.example", "https://narrow.example", "?model=m", ""), "403"},
	} {
		got := s.raw(c.text)
		if !strings.HasPrefix(got, "HTTP/1.1 "+c.want+" ") && !strings.HasPrefix(got, "HTTP/1.0 "+c.want+" ") {
			t.Errorf("%s: want %s, got %.300s", name, c.want, got)
		}
	}
	if n := s.provider.Count(); n != 0 {
		t.Errorf("%d of the wrong requests reached the provider", n)
	}
	if st := s.await("the state", func(control.State) bool { return true }); len(st.Questions)+len(st.Missed) > 0 {
		t.Errorf("a wrong request asked the user: %+v %+v", st.Questions, st.Missed)
	}
	// And the right one is answered as RFC 6455 has it (its own example).
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.agent.Endpoint(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, strings.NewReplacer("PORT", fmt.Sprint(c.RemoteAddr().(*net.TCPAddr).Port), "\n", "\r\n").Replace(upgradeHead)); err != nil {
		t.Fatal(err)
	}
	want := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
}

// A provider that does not open the WebSocket, or not by the rules: the page gets Oaklock's own words, and nothing of what the
// provider said.
func TestAProviderThatOpensNoWebSocket(t *testing.T) {
	s := begin(t)
	s.allowFreely(site, "openai")
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "nowhere", BaseURL: "http://127.0.0.1:1"}))
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "nowhere", Secret: "key-for-nowhere"}))
	s.allowFreely(site, "nowhere")
	const good = "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: ACCEPT\n"
	for name, c := range map[string]struct {
		fault oaktest.Fault
		code  string
	}{
		"401 with the key":       {oaktest.EchoKey(401), "upstream_invalid"},
		"429":                    {oaktest.Failure(429, 7), "upstream_invalid"},
		"200":                    {oaktest.Answer(200, nil, "fine"), "upstream_invalid"},
		"a redirect":             {oaktest.Redirect(302, "https://evil.example/?key="+s.key), "upstream_invalid"},
		"a wrong accept":         {oaktest.Handshake(strings.Replace(good, "ACCEPT", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 1) + "\n"), "upstream_invalid"},
		"no accept":              {oaktest.Handshake(strings.Replace(good, "Sec-WebSocket-Accept: ACCEPT\n", "", 1) + "\n"), "upstream_invalid"},
		"two accepts":            {oaktest.Handshake(good + "Sec-WebSocket-Accept: x\n\n"), "upstream_invalid"},
		"no upgrade":             {oaktest.Handshake(strings.Replace(good, "Upgrade: websocket\n", "", 1) + "\n"), "upstream_invalid"},
		"HTTP/1.0":               {oaktest.Handshake(strings.Replace(good, "HTTP/1.1", "HTTP/1.0", 1) + "\n"), "upstream_invalid"},
		"another subprotocol":    {oaktest.Handshake(good + "Sec-WebSocket-Protocol: other\n\n"), "upstream_invalid"},
		"the key as one":         {oaktest.Handshake(good + "Sec-WebSocket-Protocol: " + s.key + "\n\n"), "upstream_invalid"},
		"two subprotocols":       {oaktest.Handshake(good + "Sec-WebSocket-Protocol: realtime\nSec-WebSocket-Protocol: realtime\n\n"), "upstream_invalid"},
		"compression":            {oaktest.Handshake(good + "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\n\n"), "upstream_invalid"},
		"another extension":      {oaktest.Handshake(good + "Sec-WebSocket-Extensions: own\n\n"), "upstream_invalid"},
		"half a compression":     {oaktest.Handshake(good + "Sec-WebSocket-Extensions: permessage-deflate\n\n"), "upstream_invalid"},
		"a head without an end":  {oaktest.Handshake(good + strings.Repeat("X-Filler: "+strings.Repeat("x", 1000)+"\n", 400)), "upstream_invalid"},
		"a line that is no head": {oaktest.Raw("HTTP/1.1 101 Switching Protocols\r\n" + s.key + "\r\n\r\n"), "upstream_invalid"},
		"early hints":            {oaktest.Raw("HTTP/1.1 103 Early Hints\r\nLink: <" + s.key + ">\r\n\r\n"), "upstream_invalid"},
		"a reset":                {reset(""), "upstream_unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			s.provider.Next(c.fault)
			page, a := s.dial(t.Context(), site, realtimePath, browserProtocols...)
			if page != nil || a.status != 502 || a.code() != c.code || a.header.Get("Access-Control-Allow-Origin") != site {
				t.Errorf("the page got %v", a)
			}
			oaktest.Scan(t, s.key, a.body, a.header)
			for _, leak := range []string{"evil.example", "127.0.0.1", "Incorrect", "fake provider"} {
				if strings.Contains(a.String(), leak) {
					t.Errorf("the page heard of %q: %v", leak, a)
				}
			}
			s.ended(t, 502, c.code)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			s.provider.Wait(ctx, t, func(st oaktest.State) bool { return st.Active == 0 })
		})
	}
	if page, a := s.dial(t.Context(), site, "/llm/nowhere/realtime?model=m"); page != nil || a.status != 502 || a.code() != "upstream_unreachable" {
		t.Errorf("nobody there: %v", a)
	}
	s.provider.Next(oaktest.Handshake(good + "X-Key: " + s.key + "\nSet-Cookie: a=1\n\n"))
	page := s.connect(site, realtimePath, browserProtocols...)
	if page.Subprotocol() != "realtime" { // which the provider did not choose, but Chromium wants one
		t.Errorf("the subprotocol is %q", page.Subprotocol())
	}
	oaktest.Scan(t, s.key, page.head)
	if page.head.Get("Set-Cookie") != "" {
		t.Errorf("the page got %v", page.head)
	}
	_ = page.Close()
	s.nowhere(t, s.key)
}
