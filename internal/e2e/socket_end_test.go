package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// talk is a WebSocket under way: what the provider has of it, and how it ended there.
type talk struct {
	conn chan *websocket.Conn
	end  chan error // what the provider's reader met last
}

// hears waits for the provider to hear this message.
func (k *talk) hears(t *testing.T, heard <-chan string, want string) {
	t.Helper()
	select {
	case m := <-heard:
		if m != want {
			t.Errorf("the provider heard %.300q", m)
		}
	case err := <-k.end:
		t.Errorf("the provider met %v", err)
	case <-time.After(patience):
		t.Fatal("the provider heard nothing")
	}
}

// overhears makes the next WebSocket one whose provider's side the test has in its hands. It reads all along; what is
// read is passed to heard, where that is not nil.
func (s *story) overhears(heard chan<- string) *talk {
	k := &talk{conn: make(chan *websocket.Conn, 1), end: make(chan error, 1)}
	s.provider.Next(oaktest.Talk(func(_ *oaktest.Provider, _ *http.Request, c *websocket.Conn) {
		c.SetCloseHandler(func(code int, _ string) error {
			_ = c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second)) // or it is an answer itself
			return nil
		})
		k.conn <- c
		for {
			_, m, err := c.ReadMessage()
			if err != nil {
				k.end <- err
				return
			}
			if heard != nil {
				heard <- string(m)
			}
		}
	}))
	return k
}

// ended is the code and the reason that the provider was left with; 1006 when it was left without a word.
func (k *talk) ended(t *testing.T) (int, string) {
	t.Helper()
	select {
	case err := <-k.end:
		var bye *websocket.CloseError
		if errors.As(err, &bye) {
			return bye.Code, bye.Text
		}
		return websocket.CloseAbnormalClosure, err.Error()
	case <-time.After(patience):
		t.Fatal("the provider's side goes on")
		return 0, ""
	}
}

// session is a WebSocket of the page and the provider's side of it.
func (s *story) session(origin, path string) (*socket, *websocket.Conn, *talk) {
	s.Helper()
	k := s.overhears(nil)
	page := s.connect(origin, path)
	return page, taken(s.TB, k.conn), k
}

// Whatever takes the permission away ends both sides at once: the page is told why, the provider only that it is over, and
// what the provider still says reaches nobody.
func TestWhatEndsAWebSocket(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.must(s.SetSetting(t.Context(), "wait", "1s"))
	ctx := t.Context()
	for name, c := range map[string]struct {
		act    func(origin string) error
		code   string // in the log
		reason string
		undo   func() error
	}{
		"revoked":              {func(o string) error { return s.RevokeSite(ctx, control.SiteRef{Origin: o}) }, "revoked", "consent_denied: ", nil},
		"one provider revoked": {func(o string) error { return s.RevokeSite(ctx, control.SiteRef{Origin: o, Provider: "openai"}) }, "revoked", "consent_denied: ", nil},
		"given back": {func(o string) error {
			if a := do(s.call(ctx, o, http.MethodDelete, "/oaklock/v1/grant", "")); a.status != 200 {
				return errors.New(a.String())
			}
			return nil
		}, "revoked", "consent_denied: ", nil},
		"blocked": {func(o string) error { return s.BlockSite(ctx, control.SiteRef{Origin: o}) }, "revoked", "", nil},
		"denied":  {func(o string) error { return s.DenySite(ctx, control.SiteRef{Origin: o}) }, "revoked", "consent_denied: ", nil},
		"narrowed": {func(o string) error {
			return s.AllowSite(ctx, control.AllowSite{Origin: o, Providers: []string{"openai"}, Terms: freely(day("gpt-4o"))})
		}, "revoked", "model_denied: ", nil},
		"paused": {func(string) error { return s.Pause(ctx) }, "paused", "paused: ", func() error { return s.Resume(ctx) }},
		"locked": {func(string) error { return s.Lock(ctx) }, "locked", "locked: ", func() error { return s.Unlock(ctx, control.Unlock{}) }},
		"stopped": {func(string) error {
			st := s.await("only one that runs", func(st control.State) bool { return len(st.Running) == 1 })
			return s.StopRunning(ctx, st.Running[0].ID)
		}, "stopped", "consent_denied: ", nil},
		"the key removed": {func(string) error { return s.RemoveKey(ctx, control.KeyRef{Provider: "openai", Label: "default"}) }, "stopped", "no_key: ",
			func() error { _, err := s.AddKey(ctx, control.AddKey{Provider: "openai", Secret: s.key}); return err }},
	} {
		t.Run(name, func(t *testing.T) {
			origin := "https://" + strings.ReplaceAll(name, " ", "-") + ".example"
			s.allowFreely(origin, "openai")
			page, provider, k := s.session(origin, realtimePath)
			if err := provider.WriteMessage(websocket.TextMessage, []byte(`"first"`)); err != nil {
				t.Fatal(err)
			}
			page.hears(`"first"`)
			before, begun := s.newest(t), time.Now()
			s.must(nil, c.act(origin))
			_ = provider.WriteMessage(websocket.TextMessage, []byte(`"too late"`)) // it may be closed already
			page.isClosed(websocket.ClosePolicyViolation, c.reason)
			if code, text := k.ended(t); code != websocket.CloseGoingAway || text != "" {
				t.Errorf("the provider heard %d %s", code, text)
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			if e := s.line(t, before, c.code); e.Origin != origin || e.BytesOut != int64(len(`"first"`)) {
				t.Errorf("the log has %+v", e)
			}
			if c.undo != nil {
				s.must(nil, c.undo())
				before := s.newest(t)
				_ = s.connect(origin, realtimePath).Close()
				s.line(t, before, "page_gone") // so that the next does not take it for its own
			}
		})
	}
}

// A page that does not answer the end, or reads nothing at all, is hung up on within a second.
func TestAWebSocketThatWillNotEnd(t *testing.T) {
	t.Parallel()
	s := begin(t)
	for name, deaf := range map[string]bool{"silent": false, "deaf": true} {
		t.Run(name, func(t *testing.T) {
			s.allowFreely(site, "openai")
			before := s.newest(t)
			page, provider, k := s.session(site, realtimePath)
			if deaf { // until the provider's side is stuck behind it
				_ = provider.SetWriteDeadline(time.Now().Add(2 * time.Second))
				for err := error(nil); err == nil; {
					err = provider.WriteMessage(websocket.BinaryMessage, make([]byte, 1<<20))
				}
			}
			begun := time.Now()
			s.must(nil, s.RevokeSite(t.Context(), control.SiteRef{Origin: site}))
			k.ended(t)
			s.line(t, before, "revoked")
			if took := time.Since(begun); took > 5*time.Second { // 1 s is the promise; the rest is a busy machine's
				t.Errorf("it took %v", took)
			}
			// The page's connection has ended too, below what it has not read.
			if _, err := io.Copy(io.Discard, page.NetConn()); err != nil && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset") {
				t.Error(err)
			}
		})
	}
}

// The end of a permission is the end of a WebSocket too.
func TestExpiryEndsAWebSocket(t *testing.T) {
	t.Parallel()
	s := begin(t)
	terms := freely(day("*"))
	terms.Days, terms.ExpiresAt = 0, time.Now().Add(3*time.Second).UnixMilli()
	s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: site, Providers: []string{"openai"}, Terms: terms}))
	page, _, k := s.session(site, realtimePath)
	page.isClosed(websocket.ClosePolicyViolation, "consent_denied")
	if code, _ := k.ended(t); code != websocket.CloseGoingAway {
		t.Errorf("the provider heard %d", code)
	}
}

// A new permission in place of the old one does not end what it covers too; a denial does.
func TestANewPermissionKeepsAWebSocket(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allowFreely(site, "openai")
	page, _, k := s.session(site, realtimePath)
	s.allowFreely(site, "openai")
	s.must(nil, s.DenySite(t.Context(), control.SiteRef{Origin: site}))
	page.isClosed(websocket.ClosePolicyViolation, "consent_denied")
	if code, _ := k.ended(t); code != websocket.CloseGoingAway {
		t.Errorf("the provider heard %d", code)
	}
}

// Codes and reasons pass both ways; a lost provider is an error for the page, never a good end.
func TestTheEndOfAWebSocketPasses(t *testing.T) {
	s := begin(t)
	s.allowFreely(site, "openai")
	bye := func(code int, reason string) []byte { return websocket.FormatCloseMessage(code, reason) }
	for _, c := range []struct {
		code   int
		reason string
	}{{1000, "done"}, {1000, ""}, {1001, "away"}, {3000, "own"}, {4999, "Grüße"}, {1005, ""}, {1011, strings.Repeat("r", 123)}, {1013, ""}, {1008, "policy"}} {
		t.Run(fmt.Sprint("the provider says ", c.code), func(t *testing.T) {
			before := s.newest(t)
			page, provider, k := s.session(site, realtimePath)
			s.must(nil, provider.WriteControl(websocket.CloseMessage, bye(c.code, c.reason), time.Now().Add(patience)))
			page.isClosed(c.code, c.reason)
			if code, _ := k.ended(t); code != c.code {
				t.Errorf("it was answered with %d", code)
			}
			s.line(t, before, "")
		})
		t.Run(fmt.Sprint("the page says ", c.code), func(t *testing.T) {
			before := s.newest(t)
			page, _, k := s.session(site, realtimePath)
			s.must(nil, page.WriteControl(websocket.CloseMessage, bye(c.code, c.reason), time.Now().Add(patience)))
			page.isClosed(c.code, "")
			if code, text := k.ended(t); code != c.code || text != c.reason {
				t.Errorf("the provider heard %d %s", code, text)
			}
			s.line(t, before, "")
		})
	}
	t.Run("the page is gone", func(t *testing.T) {
		before := s.newest(t)
		page, _, k := s.session(site, realtimePath)
		_ = page.Close()
		if code, _ := k.ended(t); code != websocket.CloseGoingAway {
			t.Errorf("the provider heard %d", code)
		}
		s.line(t, before, "page_gone")
	})
	for name, c := range map[string]struct {
		last func(c net.Conn) // the provider's last bytes
		code string
	}{
		"a lost provider":            {func(net.Conn) {}, "upstream_cut"},
		"lost within a message":      {func(c net.Conn) { _, _ = c.Write([]byte{0x81, 100, 'x'}) }, "upstream_cut"},
		"lost between two fragments": {func(c net.Conn) { _, _ = c.Write([]byte{0x01, 1, 'x'}) }, "upstream_cut"},
		"a reset":                    {func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }, "upstream_cut"},
		"a masked frame":             {func(c net.Conn) { _, _ = c.Write([]byte{0x81, 0x81, 1, 2, 3, 4, 'x'}) }, "upstream_invalid"},
		"compressed, unasked":        {func(c net.Conn) { _, _ = c.Write([]byte{0xc1, 1, 'x'}) }, "upstream_invalid"},
		"an unknown opcode":          {func(c net.Conn) { _, _ = c.Write([]byte{0x83, 1, 'x'}) }, "upstream_invalid"},
		"a code that is none":        {func(c net.Conn) { _, _ = c.Write([]byte{0x88, 2, 0x03, 0xee}) }, "upstream_invalid"}, // 1006
		"text that is not UTF-8":     {func(c net.Conn) { _, _ = c.Write([]byte{0x81, 2, 'x', 0xff}) }, "upstream_invalid"},
		"long text that is not UTF-8": {func(c net.Conn) {
			_, _ = c.Write(append([]byte{0x81, 126, 0xc3, 0x50}, strings.Repeat("x", 49_999)+"\xff"...)) // 50,000: more than a buffer
		}, "upstream_invalid"},
		"a long text's cut character": {func(c net.Conn) {
			_, _ = c.Write(append([]byte{0x81, 126, 0xc3, 0x50}, strings.Repeat("x", 49_999)+"\xc3"...))
		}, "upstream_invalid"},
		"a cut character": {func(c net.Conn) { _, _ = c.Write([]byte{0x81, 2, 'x', 0xc3}) }, "upstream_invalid"},
		"17 MiB":          {func(c net.Conn) { _, _ = c.Write([]byte{0x82, 127, 0, 0, 0, 0, 1, 16, 0, 0}) }, "upstream_invalid"},
		"no end of fragments": {func(c net.Conn) {
			for piece := append([]byte{0x02, 126, 0x10, 0}, make([]byte, 4096)...); ; piece[0] = 0 {
				if _, err := c.Write(piece); err != nil {
					return
				}
			}
		}, "upstream_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			before := s.newest(t)
			page, provider, _ := s.session(site, realtimePath)
			raw := provider.NetConn()
			go func() {
				c.last(raw)
				if c.code == "upstream_cut" {
					_ = raw.Close()
				}
			}()
			page.isClosed(websocket.CloseInternalServerErr, c.code+": ")
			s.line(t, before, c.code)
		})
	}
}

// A frame that breaks RFC 6455, and a message that no client would send: the page is told, and the provider gets none of it.
func TestFramesOfAPage(t *testing.T) {
	s := begin(t)
	s.allowFreely(site, "openai")
	mask := func(head []byte, payload string) []byte {
		b := append(bytes.Clone(head), 1, 2, 3, 4)
		for i := range len(payload) {
			b = append(b, payload[i]^byte(i%4+1))
		}
		return b
	}
	frame := func(first byte, payload string) []byte {
		switch n := len(payload); {
		case n < 126:
			return mask([]byte{first, 0x80 | byte(n)}, payload)
		case n < 1<<16:
			return mask([]byte{first, 0x80 | 126, byte(n >> 8), byte(n)}, payload)
		default:
			return mask([]byte{first, 0x80 | 127, 0, 0, 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, payload)
		}
	}
	all := func(frames ...[]byte) []byte { return bytes.Join(frames, nil) }
	const hello = `{"type":"hello","text":"Grüße"}`
	for name, c := range map[string]struct {
		bytes  []byte
		heard  string // what the provider gets, or
		code   int    // how the page is closed
		word   string // in the log
		reason string
	}{
		"text":                            {bytes: frame(0x81, hello), heard: hello},
		"binary":                          {bytes: frame(0x82, hello), heard: hello},
		"two fragments":                   {bytes: all(frame(0x01, hello[:9]), frame(0x80, hello[9:])), heard: hello},
		"a fragment for each byte":        {bytes: all(frame(0x01, ""), all(fragments(hello, frame)...), frame(0x80, "")), heard: hello},
		"a character in two fragments":    {bytes: all(frame(0x01, hello[:27]), frame(0x80, hello[27:])), heard: hello},
		"a ping between":                  {bytes: all(frame(0x01, hello[:9]), frame(0x89, "p"), frame(0x8a, "q"), frame(0x80, hello[9:])), heard: hello},
		"a length in more bytes":          {bytes: mask([]byte{0x81, 0xfe, 0, byte(len(hello))}, hello), heard: hello},
		"100 KiB":                         {bytes: frame(0x81, `{"a":"`+strings.Repeat("x", 100<<10)+`"}`), heard: `{"a":"` + strings.Repeat("x", 100<<10) + `"}`},
		"not masked":                      {bytes: []byte("\x81\x02{}"), code: 1002, word: "bad_request"},
		"RSV1":                            {bytes: frame(0xc1, hello), code: 1002, word: "bad_request"},
		"RSV2":                            {bytes: frame(0xa1, hello), code: 1002, word: "bad_request"},
		"RSV3":                            {bytes: frame(0x91, hello), code: 1002, word: "bad_request"},
		"a reserved opcode":               {bytes: frame(0x83, hello), code: 1002, word: "bad_request"},
		"a reserved control opcode":       {bytes: frame(0x8b, ""), code: 1002, word: "bad_request"},
		"a continuation of nothing":       {bytes: frame(0x80, hello), code: 1002, word: "bad_request"},
		"a text within a text":            {bytes: all(frame(0x01, hello), frame(0x81, hello)), code: 1002, word: "bad_request"},
		"a ping in fragments":             {bytes: frame(0x09, "p"), code: 1002, word: "bad_request"},
		"a ping of 126 bytes":             {bytes: frame(0x89, strings.Repeat("p", 126)), code: 1002, word: "bad_request"},
		"a close of 126 bytes":            {bytes: frame(0x88, "\x03\xe8"+strings.Repeat("p", 124)), code: 1002, word: "bad_request"},
		"code 999":                        {bytes: frame(0x88, "\x03\xe7"), code: 1002, word: "bad_request"},
		"code 1004":                       {bytes: frame(0x88, "\x03\xec"), code: 1002, word: "bad_request"},
		"code 1005":                       {bytes: frame(0x88, "\x03\xed"), code: 1002, word: "bad_request"},
		"code 1006":                       {bytes: frame(0x88, "\x03\xee"), code: 1002, word: "bad_request"},
		"code 1015":                       {bytes: frame(0x88, "\x03\xf7"), code: 1002, word: "bad_request"},
		"code 2999":                       {bytes: frame(0x88, "\x0b\xb7"), code: 1002, word: "bad_request"},
		"code 5000":                       {bytes: frame(0x88, "\x13\x88"), code: 1002, word: "bad_request"},
		"a reason that is not UTF-8":      {bytes: frame(0x88, "\x03\xe8\xff"), code: 1002, word: "bad_request"},
		"text that is not UTF-8":          {bytes: frame(0x81, "{\"a\":\"\xff\"}"), code: 1007, word: "bad_request", reason: "bad_request: "},
		"a cut character":                 {bytes: frame(0x81, "{\"a\":\"\xc3\"}"), code: 1007, word: "bad_request", reason: "bad_request: "},
		"a surrogate":                     {bytes: frame(0x81, "{\"a\":\"\xed\xa0\x80\"}"), code: 1007, word: "bad_request", reason: "bad_request: "},
		"text that is no JSON":            {bytes: frame(0x81, `{"a":`), code: 1007, word: "bad_request", reason: "bad_request: "},
		"binary that is no JSON":          {bytes: frame(0x82, "\x00\x01"), code: 1007, word: "bad_request", reason: "bad_request: "},
		"nothing":                         {bytes: frame(0x81, ""), code: 1007, word: "bad_request", reason: "bad_request: "},
		"17 MiB":                          {bytes: mask([]byte{0x82, 0xff, 0, 0, 0, 0, 1, 16, 0, 0}, ""), code: 1009, word: "too_large"},
		"a length below zero":             {bytes: mask([]byte{0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, ""), code: 1009, word: "too_large"},
		"16 MiB and a byte, in fragments": {bytes: all(frame(0x02, strings.Repeat(" ", 16<<20)), frame(0x80, " ")), code: 1009, word: "too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			heard := make(chan string, 1)
			before, k := s.newest(t), s.overhears(heard)
			page := s.connect(site, realtimePath)
			taken(t, k.conn)
			page.SetPongHandler(func(data string) error {
				if data != "p" {
					t.Errorf("pong %q", data)
				}
				return nil
			})
			// Written beside: a page that sends 16 MiB is told in the middle of it.
			go func() { _, _ = page.NetConn().Write(c.bytes) }()
			if c.heard != "" {
				k.hears(t, heard, c.heard)
				_ = page.Close()
				s.line(t, before, "page_gone")
				return
			}
			_, m, err := page.ReadMessage()
			var bye *websocket.CloseError
			if !errors.As(err, &bye) || bye.Code != c.code || !strings.HasPrefix(bye.Text, c.reason) {
				t.Errorf("the page heard %q, %v", m, err)
			}
			if code, _ := k.ended(t); code != websocket.CloseGoingAway {
				t.Errorf("the provider heard %d", code)
			}
			if len(heard) > 0 {
				t.Errorf("the provider heard %.300q", <-heard)
			}
			s.line(t, before, c.word)
		})
	}
}

func fragments(text string, frame func(byte, string) []byte) (all [][]byte) {
	for i := range len(text) {
		all = append(all, frame(0, text[i:i+1]))
	}
	return all
}

// Quitting ends WebSockets like everything else, and what they used is in the log.
func TestQuittingEndsWebSockets(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allowFreely(site, "openai")
	page, _, k := s.session(site, realtimePath)
	s.must(nil, s.agent.Close())
	page.isClosed(websocket.ClosePolicyViolation, "")
	if code, _ := k.ended(t); code != websocket.CloseGoingAway {
		t.Errorf("the provider heard %d", code)
	}
	s.start(func(*agent.Options) {})
	if e := s.entries(t)[0]; e.Status != 101 || e.Code != "stopped" || e.Origin != site {
		t.Errorf("the log has %+v", e)
	}
}

// A tab that closes while its WebSocket waits for the user, or for the provider, leaves nothing behind.
func TestAPageThatLeavesBeforeItsWebSocketOpens(t *testing.T) {
	s := begin(t)
	patient, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	t.Run("while the user is asked", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		gone := make(chan answer, 1)
		go func() { _, a := s.dial(ctx, "https://leaves.example", realtimePath); gone <- a }()
		q := s.question()
		if q.Providers[0].Model != "gpt-realtime" || q.Origin != "https://leaves.example" {
			t.Errorf("the question is %+v", q)
		}
		leave()
		taken(t, gone)
		s.await("the question to be missed", func(st control.State) bool { return len(st.Questions) == 0 && len(st.Missed) == 1 })
		s.ended(t, 499, "page_gone")
		if s.provider.Count() != 0 {
			t.Error("the provider heard of it")
		}
	})
	t.Run("while the provider opens it", func(t *testing.T) {
		s.allowFreely(site, "openai")
		s.provider.Next(oaktest.Hang())
		ctx, leave := context.WithCancel(t.Context())
		gone := make(chan answer, 1)
		go func() { _, a := s.dial(ctx, site, realtimePath); gone <- a }()
		s.provider.Wait(patient, t, func(st oaktest.State) bool { return st.Active == 1 })
		leave()
		taken(t, gone)
		s.provider.Wait(patient, t, func(st oaktest.State) bool { return st.Active == 0 && st.HungUp == 1 })
		s.ended(t, 499, "page_gone")
	})
}
