package e2e_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// says is a provider's side that sends these bytes as they are, and then waits for the end.
func says(frames func(key string) [][]byte) oaktest.Fault {
	return oaktest.Talk(func(p *oaktest.Provider, _ *http.Request, c *websocket.Conn) {
		for _, f := range frames(p.Key) {
			if _, err := c.NetConn().Write(f); err != nil {
				return
			}
		}
		_, _, _ = c.ReadMessage()
	})
}

// served is one frame of a server.
func served(first byte, payload string) []byte {
	switch n := len(payload); {
	case n < 126:
		return append([]byte{first, byte(n)}, payload...)
	case n < 1<<16:
		return append([]byte{first, 126, byte(n >> 8), byte(n)}, payload...)
	default:
		return append([]byte{first, 127, 0, 0, 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, payload...)
	}
}

// A provider that says the key over a WebSocket, in whatever place and form, however it is cut: the page hears the rest.
func TestAWebSocketThatEchoesTheKey(t *testing.T) {
	s := begin(t)
	s.allowFreely(site, "openai", "google")
	long := strings.Repeat("Grüße ", 20_000)
	for name, c := range map[string]struct {
		frames func(key string) [][]byte
		heard  string // by the page, or
		code   int    // how it was closed
		reason string
	}{
		"text":   {func(k string) [][]byte { return [][]byte{served(0x81, "it is "+k+" indeed")} }, "it is " + redacted + " indeed", 0, ""},
		"binary": {func(k string) [][]byte { return [][]byte{served(0x82, `{"a":"`+k+`"}`)} }, `{"a":"` + redacted + `"}`, 0, ""},
		"base64": {func(k string) [][]byte {
			return [][]byte{served(0x82, base64.StdEncoding.EncodeToString([]byte("x"+k)))}
		}, "", 0, ""},
		"hex":        {func(k string) [][]byte { return [][]byte{served(0x81, "x "+hex.EncodeToString([]byte(k)))} }, "x " + redacted, 0, ""},
		"two frames": {func(k string) [][]byte { return [][]byte{served(0x01, "it is "+k[:20]), served(0x80, k[20:]+".")} }, "it is " + redacted + ".", 0, ""},
		"a frame for each byte": {func(k string) [][]byte {
			all := [][]byte{served(0x02, "a ")}
			for i := range len(k) {
				all = append(all, served(0x00, k[i:i+1]), served(0x89, "between"))
			}
			return append(all, served(0x80, " z"))
		}, "a " + redacted + " z", 0, ""},
		"the whole message":     {func(k string) [][]byte { return [][]byte{served(0x81, k)} }, redacted, 0, ""},
		"cut":                   {func(k string) [][]byte { return [][]byte{served(0x81, "it is "+k[:len(k)-5])} }, "it is " + redacted, 0, ""},
		"in two messages":       {func(k string) [][]byte { return [][]byte{served(0x81, "it is "+k[:30])} }, "it is " + redacted, 0, ""},
		"deep in a long one":    {func(k string) [][]byte { return [][]byte{served(0x81, long+k+long)} }, long + redacted + long, 0, ""},
		"at the end of one":     {func(k string) [][]byte { return [][]byte{served(0x82, long+k[:12])} }, long + redacted, 0, ""},
		"across the buffers":    {func(k string) [][]byte { return [][]byte{served(0x82, strings.Repeat("x", 32<<10-20)+k+"y")} }, strings.Repeat("x", 32<<10-20) + redacted + "y", 0, ""},
		"at a buffer's end":     {func(k string) [][]byte { return [][]byte{served(0x82, strings.Repeat("x", 32<<10-len(k))+k)} }, "", 0, ""},
		"a reason":              {func(k string) [][]byte { return [][]byte{served(0x88, "\x03\xe8"+k)} }, "", 1000, redacted},
		"a cut reason":          {func(k string) [][]byte { return [][]byte{served(0x88, "\x0b\xb8no: "+k[:15])} }, "", 3000, "no: " + redacted},
		"a reason grown longer": {func(k string) [][]byte { return [][]byte{served(0x88, "\x0b\xb8"+strings.Repeat("é", 50)+k[:15])} }, "", 3000, strings.Repeat("é", 50) + redacted},
		"a ping":                {func(k string) [][]byte { return [][]byte{served(0x89, k), served(0x8a, k), served(0x81, "after")} }, "after", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s.provider.Next(says(c.frames))
			page := s.connect(site, realtimePath)
			page.SetPingHandler(func(data string) error { t.Errorf("the page was pinged with %q", data); return nil })
			page.SetPongHandler(func(data string) error { t.Errorf("the page was ponged with %q", data); return nil })
			if c.code != 0 {
				page.isClosed(c.code, c.reason)
				return
			}
			_, m, err := page.ReadMessage()
			if err != nil || c.heard != "" && string(m) != c.heard {
				t.Errorf("the page heard %.300q, %v", m, err)
			}
			oaktest.Scan(t, s.key, m)
			if bytes.Contains(m, []byte(s.key[:12])) || !bytes.Contains(m, []byte(redacted)) && name != "a ping" {
				t.Errorf("a piece came through: %.300q", m)
			}
			_ = page.Close()
		})
	}
	s.nowhere(t, s.key)
}

// The key of another provider is no more for this page than its own, also one that came while the WebSocket stood.
func TestAWebSocketKeepsEveryKey(t *testing.T) {
	s := begin(t)
	s.allowFreely(site, "openai")
	page, provider, _ := s.session(site, realtimePath)
	other := oaktest.Key("anthropic")
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "anthropic", Label: "other", Secret: other}))
	s.must(s.TestKey(t.Context(), control.KeyRef{Provider: "anthropic", Label: "other"})) // so that it is in memory
	for _, long := range []string{"", strings.Repeat("x", 100_000)} {
		s.must(nil, provider.WriteMessage(websocket.TextMessage, []byte(long+"the keys are "+s.key+" and "+other)))
		_, m, err := page.ReadMessage()
		if err != nil || string(m) != long+"the keys are "+redacted+" and "+redacted {
			t.Errorf("heard %.300q, %v", m[max(0, len(m)-200):], err)
		}
	}
}

// A model that a message names is held to the grant like one in a request; what reaches for stored data does not pass.
func TestWhatAPageMaySayOverAWebSocket(t *testing.T) {
	s := begin(t)
	s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: site, Providers: []string{"openai"}, Terms: freely(day("gpt-realtime", "whisper-1"))}))
	s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: site, Providers: []string{"google"}, Terms: freely(day("gemini-x"))}))
	s.allowFreely("https://all.example", "openai", "google")
	for name, c := range map[string]struct {
		origin, path, message string
		code                  int
		word                  string
	}{
		"its own model":                   {site, realtimePath, `{"type":"session.update","session":{"model":"gpt-realtime","audio":{"input":{"transcription":{"model":"whisper-1"}}}}}`, 0, ""},
		"audio":                           {site, realtimePath, `{"type":"input_audio_buffer.append","audio":"` + strings.Repeat("A", 100_000) + `"}`, 0, ""},
		"a tool with a model":             {site, realtimePath, `{"type":"session.update","session":{"tools":[{"type":"function","name":"f","parameters":{"model":"any"}}]}}`, 0, ""},
		"another model":                   {site, realtimePath, `{"type":"session.update","session":{"model":"gpt-realtime-2"}}`, 1008, "model_denied"},
		"another model for the answer":    {site, realtimePath, `{"type":"response.create","response":{"model":"o9"}}`, 1008, "model_denied"},
		"another model to write with":     {site, realtimePath, `{"type":"session.update","session":{"audio":{"input":{"transcription":{"model":"gpt-4o-transcribe"}}}}}`, 1008, "model_denied"},
		"an escaped one":                  {site, realtimePath, `{"type":"session.update","session":{"m\u006fdel":"o9"}}`, 1008, "model_denied"},
		"a fallback":                      {site, realtimePath, `{"type":"session.update","session":{"fallbacks":["gpt-realtime"]}}`, 1008, "model_denied"},
		"any model, with a grant for all": {"https://all.example", realtimePath, `{"type":"session.update","session":{"model":"o9","fallbacks":["x"]}}`, 0, ""},
		"a stored prompt":                 {"https://all.example", realtimePath, `{"type":"response.create","response":{"prompt":{"id":"pmpt_1"}}}`, 1008, "stored_data_denied"},
		"a file":                          {"https://all.example", realtimePath, `{"type":"conversation.item.create","item":{"content":[{"type":"input_image","file_id":"file_1"}]}}`, 1008, "stored_data_denied"},
		"one of its own items":            {"https://all.example", realtimePath, `{"type":"response.create","response":{"input":[{"type":"item_reference","id":"item_1"}]}}`, 0, ""},
		"Live":                            {site, livePath, `{"setup":{"model":"models/gemini-x"}}`, 0, ""},
		"Live, without models/":           {site, livePath, `{"setup":{"model":"gemini-x"}}`, 0, ""},
		"Live, another model":             {site, livePath, `{"setup":{"model":"models/gemini-y"}}`, 1008, "model_denied"},
		"Live, two models":                {site, livePath, `{"setup":{"model":"models/gemini-x","model":"models/gemini-y"}}`, 1008, "model_denied"},
		"Live, two setups":                {site, livePath, `{"setup":{"model":"models/gemini-x"},"setup":{"model":"models/gemini-y"}}`, 1007, "bad_request"},
		"Live, no model first":            {site, livePath, `{"setup":{}}`, 1008, "model_denied"},
		"Live, no setup first":            {site, livePath, `{"clientContent":{"turnComplete":true}}`, 1008, "model_denied"},
		"Live, no model, a grant for all": {"https://all.example", livePath, `{"setup":{}}`, 0, ""},
		"Live, what is cached":            {"https://all.example", livePath, `{"setup":{"model":"models/gemini-x","cachedContent":"cachedContents/1"}}`, 1008, "stored_data_denied"},
		"Live, a file":                    {"https://all.example", livePath, `{"setup":{"model":"x"},"clientContent":{"turns":[{"parts":[{"fileData":{"fileUri":"files/1"}}]}]}}`, 1008, "stored_data_denied"},
		"Live, another session":           {"https://all.example", livePath, `{"setup":{"model":"x","sessionResumption":{"handle":"h"}}}`, 1008, "stored_data_denied"},
	} {
		t.Run(name, func(t *testing.T) {
			heard := make(chan string, 1)
			k := s.overhears(heard)
			before := s.newest(t)
			page := s.connect(c.origin, c.path)
			taken(t, k.conn)
			page.say(c.message)
			if c.code == 0 {
				k.hears(t, heard, c.message)
				_ = page.Close()
				s.line(t, before, "page_gone")
				return
			}
			page.isClosed(c.code, c.word+": ")
			if code, _ := k.ended(t); code != websocket.CloseGoingAway || len(heard) > 0 {
				t.Errorf("the provider heard %d, and %d messages", code, len(heard))
			}
			e := fmt.Sprintf("%+v", s.line(t, before, c.word))
			for _, leak := range []string{"pmpt_1", "cachedContents", "file_1"} {
				if strings.Contains(e, leak) {
					t.Errorf("the log has %s", e)
				}
			}
		})
	}
}

// A grant that is narrowed ends the session whose messages named what it does not cover any more, and no other.
func TestNarrowingEndsWhatMessagesHaveNamed(t *testing.T) {
	s := begin(t)
	s.allowFreely(site, "google")
	heard := make(chan string, 2)
	open := func(model string) (*socket, *talk) {
		k := s.overhears(heard)
		page := s.connect(site, livePath)
		page.say(`{"setup":{"model":"models/` + model + `"}}`)
		taken(t, heard)
		return page, k
	}
	one, endOne := open("gemini-x")
	two, _ := open("gemini-y")
	st := s.await("two that run", func(st control.State) bool { return len(st.Running) == 2 })
	if st.Running[0].Model != "gemini-x" || st.Running[1].Model != "gemini-y" {
		t.Errorf("they run as %+v", st.Running)
	}
	s.must(nil, s.AllowSite(t.Context(), control.AllowSite{Origin: site, Providers: []string{"google"}, Terms: freely(day("gemini-y"))}))
	one.isClosed(websocket.ClosePolicyViolation, "model_denied: ")
	endOne.ended(t)
	two.say(`{"realtimeInput":{"text":"still here"}}`)
	if m := taken(t, heard); !strings.Contains(m, "still here") {
		t.Errorf("the provider heard %q", m)
	}
	_ = two.Close()
}

// A WebSocket waits for the user like a request, with the model from its address.
func TestAWebSocketWaitsForTheUser(t *testing.T) {
	s := begin(t)
	for name, c := range map[string]struct {
		answer func(context.Context, control.Answer) error
		status int
		code   string
	}{
		"allowed": {func(ctx context.Context, a control.Answer) error {
			terms := freely(day("*"))
			a.Terms = &terms
			return s.AnswerAllow(ctx, a)
		}, 101, ""},
		"denied":  {s.AnswerDeny, 403, "consent_denied"},
		"blocked": {s.AnswerBlock, 403, ""},
	} {
		t.Run(name, func(t *testing.T) {
			origin := "https://" + name + ".example"
			served := s.provider.Count()
			got := make(chan answer, 1)
			go func() { _, a := s.dial(t.Context(), origin, realtimePath, browserProtocols...); got <- a }()
			q := s.question()
			if q.Origin != origin || q.Providers[0].ID != "openai" || q.Providers[0].Model != "gpt-realtime" || q.Waiting != 1 {
				t.Errorf("the question is %+v", q)
			}
			if s.provider.Count() != served {
				t.Error("the provider heard of it before the user had answered")
			}
			s.must(nil, c.answer(t.Context(), control.Answer{ID: q.ID}))
			if a := taken(t, got); a.status != c.status || a.code() != c.code {
				t.Errorf("the page got %v", a)
			}
			if n := s.provider.Count() - served; (n > 0) != (c.status == 101) {
				t.Errorf("%d reached the provider", n)
			}
		})
	}
}

// 16 MiB pass both ways whole, in the clear and over TLS.
func TestLargeMessages(t *testing.T) {
	for name, o := range map[string]oaktest.ProviderOptions{"plain": {}, "TLS": {TLS: true}} {
		t.Run(name, func(t *testing.T) {
			s := beginWith(t, o)
			s.allowFreely(site, "openai")
			s.provider.Next(oaktest.Echo())
			page := s.connect(site, realtimePath)
			m := []byte(`{"type":"x","audio":"` + strings.Repeat("UklGRé", (16<<20-23)/7) + `"}`)
			m = append(m, bytes.Repeat([]byte(" "), 16<<20-len(m))...)
			for _, kind := range []int{websocket.TextMessage, websocket.BinaryMessage} {
				go func() { _ = page.WriteMessage(kind, m) }()
				if k, got, err := page.ReadMessage(); err != nil || k != kind || !bytes.Equal(got, m) {
					t.Fatalf("%d bytes of kind %d came back, %v", len(got), k, err)
				}
			}
			if st, err := s.State(t.Context()); err != nil || len(st.Running) != 1 || st.Running[0].BytesOut != 32<<20 {
				t.Errorf("%+v, %v", st.Running, err)
			}
		})
	}
}

// Who reads nothing holds up the other side, and nothing piles up between them.
func TestBackPressureOfWebSockets(t *testing.T) {
	s := begin(t)
	s.allowFreely(site, "openai")
	t.Run("messages that fit a buffer", func(t *testing.T) { s.backPressure(t, 16<<10) })
	t.Run("longer ones", func(t *testing.T) { s.backPressure(t, 64<<10) })
}

func (s *story) backPressure(t *testing.T, size int) {
	t.Helper()
	page, provider, _ := s.session(site, realtimePath)
	piece := []byte(`{"a":"` + strings.Repeat("x", size) + `"}`)
	// Twice what the sockets of all four ends can hold, and still less than would be noticed as memory.
	const most = 64 << 20
	stuck := func(write func() error) (sent int64) {
		var n atomic.Int64
		done := make(chan struct{})
		go func() {
			defer close(done)
			for n.Load() < most && write() == nil {
				n.Add(int64(len(piece)))
			}
		}()
		for last := int64(-1); last != n.Load(); { // until it moves no more
			last = n.Load()
			select {
			case <-done:
				return n.Load()
			case <-time.After(300 * time.Millisecond):
			}
		}
		return n.Load()
	}
	if sent := stuck(func() error { return provider.WriteMessage(websocket.BinaryMessage, piece) }); sent >= most {
		t.Errorf("a page that reads nothing was sent %d bytes", sent)
	}
	for got := 0; got < 8<<20; got += len(piece) { // and it gets what it reads
		if _, m, err := page.ReadMessage(); err != nil || !bytes.Equal(m, piece) {
			t.Fatalf("%d bytes, %v", len(m), err)
		}
	}
}

// WebSockets count like requests: 32 for a site.
func TestManyWebSockets(t *testing.T) {
	s := begin(t)
	s.allowFreely(site, "openai")
	s.allowFreely("https://other.example", "openai")
	var all []*socket
	for range 32 {
		all = append(all, s.connect(site, realtimePath))
	}
	if page, a := s.dial(t.Context(), site, realtimePath); page != nil || a.status != 429 || a.code() != "too_many_requests" {
		t.Errorf("a 33rd: %v", a)
	}
	if a := s.chat(site); a.status != 429 {
		t.Errorf("a request beside them: %v", a)
	}
	_ = s.connect("https://other.example", realtimePath).Close()
	_ = all[0].Close()
	s.await("one to end", func(st control.State) bool { return len(st.Running) == 31 })
	_ = s.connect(site, realtimePath).Close()
}

// Over TLS a provider's WebSocket is verified like everything else.
func TestAWebSocketOverTLS(t *testing.T) {
	s := beginWith(t, oaktest.ProviderOptions{TLS: true})
	s.allowFreely(site, "openai")
	page := s.connect(site, realtimePath, browserProtocols...)
	page.hears("session.created")
	page.say(`{"type":"response.create"}`)
	page.hears("response.created")
	if got := s.provider.Requests()[0]; got.Proto != "HTTP/1.1" {
		t.Errorf("the provider got %s", got.Proto)
	} else {
		s.onlySlot(t, got, "Authorization", "Bearer ")
	}
	_ = page.Close()
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "openai", BaseURL: strings.Replace(s.provider.BaseURL("openai"), "127.0.0.1", "localhost", 1)}))
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Secret: s.key}))
	served := s.provider.Count()
	if page, a := s.dial(t.Context(), site, realtimePath); page != nil || a.status != 502 || a.code() != "upstream_unreachable" || s.provider.Count() != served {
		t.Errorf("under another name: %v", a)
	}
}

// A connection that a provider loses in the middle of TLS, without TLS's own end, gives no message that looks whole.
func TestAMessageCutWithinTLS(t *testing.T) {
	s := beginWith(t, oaktest.ProviderOptions{TLS: true})
	s.allowFreely(site, "openai")
	for _, n := range []int{3, 100_000} {
		k := s.overhears(nil)
		page := s.connect(site, realtimePath)
		c := taken(t, k.conn).NetConn().(interface {
			net.Conn
			NetConn() net.Conn
		})
		whole := served(0x82, strings.Repeat("x", n+1))
		s.must(c.Write(whole[:len(whole)-1]))
		_ = c.NetConn().Close()
		_, m, err := page.ReadMessage()
		if err == nil {
			t.Errorf("%d bytes came as a message", len(m))
		}
		_, _ = io.Copy(io.Discard, page.NetConn())
	}
}
