package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/attack"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/demo"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// dialect is how the client of one provider asks, and what must come of it at the provider.
type dialect struct {
	provider, path, body string
	added                string   // what Oaklock puts at its beginning
	slots                []string // header fields with the page's dummy
	upstream             string   // path and query at the provider, below its base URL
	slot, before         string   // where the key is then, and what stands before it
	in, out              string   // names of the usage figures
	contentType          string   // of the answer
}

const dummy = "oaklock-dummy"

// bearer is the page's dummy where most clients have it.
var bearer = []string{"Authorization", "Bearer " + dummy}

var dialects = map[string]dialect{
	"openai": {"openai", "/llm/openai/chat/completions",
		`{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Grüße  aus\u0020Köln"}]}`, `"max_completion_tokens":8192,`, bearer,
		"/openai/v1/chat/completions", "Authorization", "Bearer ", "prompt_tokens", "completion_tokens", "application/json"},
	"openai, SSE": {"openai", "/llm/openai/v1/chat/completions",
		`{"stream":true, "stream_options":{"include_usage":true},"model":"gpt-4o-mini","messages":[{"role":"user","content":"hello"}]}`, `"max_completion_tokens":8192,`, bearer,
		"/openai/v1/chat/completions", "Authorization", "Bearer ", "prompt_tokens", "completion_tokens", "text/event-stream; charset=utf-8"},
	"anthropic": {"anthropic", "/llm/anthropic/v1/messages",
		`{"model":"claude-x","max_tokens":64,"messages":[{"role":"user","content":"hello"}]}`, "", []string{"X-Api-Key", dummy},
		"/anthropic/v1/messages", "X-Api-Key", "", "input_tokens", "output_tokens", "application/json"},
	"anthropic's newer client": {"anthropic", "/llm/anthropic/messages?beta=true",
		`{"model":"claude-x","max_tokens":64,"messages":[{"role":"user","content":"hello"}]}`, "", bearer,
		"/anthropic/v1/messages?beta=true", "Authorization", "Bearer ", "input_tokens", "output_tokens", "application/json"},
	"anthropic, SSE": {"anthropic", "/llm/anthropic//v1/messages",
		`{"stream":true,"model":"claude-x","max_tokens":64,"messages":[{"role":"user","content":"hello"}]}`, "", []string{"X-Api-Key", dummy},
		"/anthropic/v1/messages", "X-Api-Key", "", "input_tokens", "output_tokens", "text/event-stream; charset=utf-8"},
	"google": {"google", "/llm/google/v1beta/models/gemini-2.5-flash:generateContent?key=" + dummy,
		`{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}`, `"generationConfig":{"maxOutputTokens":8192},`, []string{"X-Goog-Api-Key", dummy},
		"/google/v1beta/models/gemini-2.5-flash:generateContent", "X-Goog-Api-Key", "", "promptTokenCount", "candidatesTokenCount", "application/json"},
	"google, SSE": {"google", "/llm/google//v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse&%24httpMethod=DELETE&access_token=" + dummy,
		`{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}`, `"generationConfig":{"maxOutputTokens":8192},`, []string{"X-Goog-Api-Key", dummy},
		"/google/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", "X-Goog-Api-Key", "", "promptTokenCount", "candidatesTokenCount", "text/event-stream"},
	"google, JSON array": {"google", "/llm/google/models/gemini-2.5-flash:streamGenerateContent",
		`{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}`, `"generationConfig":{"maxOutputTokens":8192},`, nil,
		"/google/v1beta/models/gemini-2.5-flash:streamGenerateContent", "X-Goog-Api-Key", "", "promptTokenCount", "candidatesTokenCount", "application/json; charset=UTF-8"},
	"mistral": {"mistral", "/llm/mistral/chat/completions",
		`{"model":"mistral-small-latest","messages":[{"role":"user","content":"hello"}]}`, `"max_tokens":8192,`, []string{"Api-Key", dummy},
		"/mistral/v1/chat/completions", "Authorization", "Bearer ", "prompt_tokens", "completion_tokens", "application/json"},
	"mistral, SSE": {"mistral", "/llm/mistral/v1/chat/completions",
		`{"stream":true,"model":"mistral-small-latest","messages":[{"role":"user","content":"hello"}]}`, `"max_tokens":8192,`, bearer,
		"/mistral/v1/chat/completions", "Authorization", "Bearer ", "prompt_tokens", "completion_tokens", "text/event-stream; charset=utf-8"},
}

// Each provider in its own dialect: one request in is one request out with the same body, the key stands where the
// client had its dummy, and the page gets the very bytes that the provider sent.
func TestEveryProviderInItsDialect(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai", "anthropic", "google", "mistral")
	for name, d := range dialects {
		t.Run(name, func(t *testing.T) {
			s.provider.Forget()
			var sent buffer
			s.provider.Next(recorded(&sent))
			r := s.call(t.Context(), site, http.MethodPost, d.path, d.body, d.slots...)
			if !slices.Contains(d.slots, "Authorization") {
				r.Header.Del("Authorization")
			}
			a := do(r)
			if a.status != 200 || a.header.Get("Content-Type") != d.contentType || a.body != string(sent.Bytes()) || len(a.body) < 100 {
				t.Errorf("the page got %v\nthe provider sent %s", a, sent.Bytes())
			}
			got := s.provider.Requests()
			if len(got) != 1 {
				t.Fatalf("%d requests came of one", len(got))
			}
			if got[0].Method != http.MethodPost || got[0].Path != d.upstream || string(got[0].Body) != "{"+d.added+d.body[1:] {
				t.Errorf("the provider got %s %s %s", got[0].Method, got[0].Path, got[0].Body)
			}
			s.onlySlot(t, got[0], d.slot, d.before)

			e := s.entries(t)[0]
			if in, out := last(a.body, d.in), last(a.body, d.out); e.Input != in || e.Output != out || in < 1 || out < 2 {
				t.Errorf("the log has %d and %d tokens, the answer says %d and %d", e.Input, e.Output, in, out)
			}
			if e.Status != 200 || e.Code != "" || e.Provider != d.provider || e.Origin != site || e.Credential != "default" ||
				e.BytesIn != int64(len(d.body)) || e.BytesOut != int64(len(a.body)) {
				t.Errorf("the log has %+v", e)
			}
		})
	}
}

// onlySlot says that the key is in one header field and the dummy in none, and that neither is in the path.
func (s *story) onlySlot(t *testing.T, r oaktest.Request, slot, before string) {
	t.Helper()
	for name, values := range r.Header {
		want := 0
		if name == slot {
			want = 1
		}
		if all := strings.Join(values, "\n"); strings.Count(all, s.key) != want || strings.Contains(all, dummy) {
			t.Errorf("the field %s has %d values with the key or a dummy in the wrong place", name, len(values))
		}
	}
	if v := r.Header[slot]; len(v) != 1 || v[0] != before+s.key {
		t.Errorf("the field %s is not %q and the key", slot, before)
	}
	if strings.Contains(r.Path, s.key) || strings.Contains(r.Path, dummy) || bytes.Contains(r.Body, []byte(s.key)) {
		t.Error("a key is in the path or the body")
	}
}

// last is the last figure of this name in a text, or -1.
func last(text, name string) int64 {
	all := regexp.MustCompile(`"`+name+`":\s*(\d+)`).FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return -1
	}
	n, err := strconv.ParseInt(all[len(all)-1][1], 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// recorded answers as the fake provider does and keeps what it wrote.
func recorded(into *buffer) oaktest.Fault {
	return func(p *oaktest.Provider, w http.ResponseWriter, r *http.Request, _ []byte) {
		demo.NewProvider(demo.ProviderOptions{Key: p.Key}).ServeHTTP(recorder{w, into}, r)
	}
}

type recorder struct {
	http.ResponseWriter
	into *buffer
}

func (r recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r recorder) Write(p []byte) (int, error) {
	_, _ = r.into.Write(p) // memory takes everything
	return r.ResponseWriter.Write(p)
}

func (s *story) entries(t *testing.T) []control.Entry {
	t.Helper()
	all, err := s.Client.Log(t.Context(), control.LogFilter{Limit: 1000})
	if err != nil || len(all) == 0 {
		t.Fatalf("the log has %d entries, %v", len(all), err)
	}
	return all
}

// What a page sends beside the listed headers ends here, also where it asks a proxy to take the key away.
func TestOnlyListedHeadersReachTheProvider(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai")
	passing := map[string]string{
		"Accept": "text/event-stream", "User-Agent": "page/1.0", "Content-Type": "application/json", "OpenAI-Beta": "x=1",
		"Anthropic-Version": "2023-06-01", "Anthropic-Beta": "b", "X-Goog-Api-Client": "gl-js/1",
	}
	headers := []string{
		"Cookie", "session=1", "Referer", site + "/private?q=1", "X-Forwarded-For", "10.0.0.1", "X-Forwarded-Host", "evil.example",
		"Forwarded", "for=10.0.0.1", "Via", "1.1 x", "X-Http-Method-Override", "DELETE", "X-Original-Url", "/organization/admin_api_keys",
		"OpenAI-Organization", "org-1", "OpenAI-Project", "proj-1", "X-Goog-User-Project", "p", "Idempotency-Key", "1", "X-Idempotency-Key", "1",
		"Anthropic-Dangerous-Direct-Browser-Access", "true", "X-Stainless-Lang", "js", "X-Api-Key", dummy, "Api-Key", dummy,
		"X-Goog-Api-Key", dummy, "Proxy-Authorization", "Basic " + dummy, "Accept-Encoding", "gzip, br, zstd", "Accept-Language", "de",
		"Sec-Fetch-Site", "cross-site", "Sec-Ch-Ua", "x", "Dnt", "1", "Traceparent", "00-1", "If-None-Match", "x", "Range", "bytes=0-1",
		"Connection", "Authorization, X-Api-Key, Content-Type, Keep-Alive", "Keep-Alive", "timeout=5", "Te", "trailers", "Expect", "",
		"Authorization", "Bearer " + dummy,
	}
	for name, v := range passing {
		headers = append(headers, name, v)
	}
	if a := do(s.call(t.Context(), site, http.MethodPost, chatPath, chatBody, headers...)); a.status != 200 {
		t.Fatal(a)
	}
	got := s.provider.Requests()[0]
	s.onlySlot(t, got, "Authorization", "Bearer ")
	for name, v := range passing {
		if h := got.Header[http.CanonicalHeaderKey(name)]; len(h) != 1 || h[0] != v {
			t.Errorf("%s arrived as %q", name, h)
		}
		got.Header.Del(name)
	}
	want := http.Header{"Authorization": got.Header["Authorization"], "Accept-Encoding": {"identity"}, "Content-Length": {strconv.Itoa(len(chatBody))}}
	if !maps.EqualFunc(got.Header, want, slices.Equal) {
		t.Errorf("beside the listed fields these arrived: %v", slices.Collect(maps.Keys(got.Header)))
	}
	if got.Host != strings.TrimPrefix(s.provider.Server.URL, "http://") {
		t.Errorf("the provider was called %s", got.Host)
	}
}

// A body is one body, however it was framed, and whatever it looks like.
func TestOneRequestInOneRequestOut(t *testing.T) {
	s := begin(t)
	s.allow(attack.Site, "openai")
	for _, f := range attack.Frames {
		s.provider.Forget()
		got := s.rawAll(strings.ReplaceAll(f.Text, "SITE", attack.Site))
		if codes := attack.Codes(got); codes != f.Codes || s.provider.Count() != f.Out {
			t.Errorf("%s: %s, and %d requests at the provider; want %s and %d\n%s", f.Name, codes, s.provider.Count(), f.Codes, f.Out, got)
		}
		for _, r := range s.provider.Requests() {
			if string(r.Body) != attack.FrameBody || r.Header.Get("Transfer-Encoding") != "" {
				t.Errorf("%s: the provider got %q", f.Name, r.Body)
			}
		}
	}
}

// Each piece of an answer is with the page before the provider sends the next, in every form that streams take.
func TestPiecesArriveAsTheyAreSent(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai", "google")
	gemini := "/llm/google/v1beta/models/gemini-2.5-flash:streamGenerateContent"
	for name, c := range map[string]struct {
		path, body, contentType string
		pieces                  []string
	}{
		"events":             {chatPath, chatBody, "text/event-stream", []string{"data: 1\n\n", ": still here\n\n", "data: 2\n\n", "data: [DONE]\n\n"}},
		"lines":              {chatPath, chatBody, "application/x-ndjson", []string{"{\"n\":1}\n", "{\"n\":2}\n", "{\"n\":3}\n"}},
		"an array":           {gemini, `{"contents":[]}`, "application/json; charset=UTF-8", []string{"[{\"n\":1}", "\n,\r\n{\"n\":2}", "\n]"}},
		"JSON, asked for so": {chatPath, `{"stream":true,` + chatBody[1:], "application/json", []string{`{"a":`, `1}`}},
		"bits of an event":   {chatPath, chatBody, "text/event-stream", []string{"da", "ta", ": ", "4", "2", "\n", "\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			gate := make(chan string)
			s.provider.Next(piecewise(c.contentType, gate))
			page := s.open(t.Context(), s.call(t.Context(), site, http.MethodPost, c.path, c.body))
			if page.resp.StatusCode != 200 { // the head is there before the first piece
				t.Fatal(page.resp.Status)
			}
			for _, piece := range c.pieces {
				s.give(gate, piece)
				got := make([]byte, len(piece))
				if _, err := io.ReadFull(page.body, got); err != nil || string(got) != piece {
					t.Fatalf("%q came as %q, %v", piece, got, err)
				}
			}
			close(gate)
			if rest, err := io.ReadAll(page.body); len(rest) > 0 || err != nil {
				t.Errorf("at the end came %q, %v", rest, err)
			}
		})
	}
}

// piecewise sends each text that comes out of gate at once, without any framing of its own.
func piecewise(contentType string, gate <-chan string) oaktest.Fault {
	return func(_ *oaktest.Provider, w http.ResponseWriter, r *http.Request, _ []byte) {
		w.Header().Set("Content-Type", contentType)
		for err := http.NewResponseController(w).Flush(); err == nil; err = http.NewResponseController(w).Flush() {
			select {
			case text, open := <-gate:
				if _, err = io.WriteString(w, text); err != nil || !open {
					return
				}
			case <-r.Context().Done():
				return
			}
		}
	}
}

// give hands the provider the next piece of an answer.
func (s *story) give(gate chan<- string, piece string) {
	s.Helper()
	select {
	case gate <- piece:
	case <-time.After(patience):
		s.Fatalf("the provider does not take %q any more", piece)
	}
}

// opened is an answer that a page has begun to read.
type opened struct {
	resp *http.Response
	body *bufio.Reader
}

// open sends a request and gives the answer when its head is there. It ends with the test at the latest.
func (s *story) open(ctx context.Context, r *http.Request) *opened {
	s.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	s.Cleanup(cancel)
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	resp, err := transport.RoundTrip(r.WithContext(ctx))
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = resp.Body.Close() })
	return &opened{resp, bufio.NewReader(resp.Body)}
}

// Bodies that are not text keep every byte, in both directions, also large ones.
func TestBytesAreKept(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai")
	form := "--x-Y\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--x-Y\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n" +
		"Content-Type: audio/mpeg\r\n\r\n\x00\xff\xfe\r\n\n\r--x-\x00\r\n--x-Y--\r\n"
	large := `{"model":"gpt-4o-mini","max_tokens":9,"messages":[{"role":"user","content":"` + strings.Repeat("0123456789 äöü \\u0000 ", 10<<20/23) + `"}]}`
	for name, c := range map[string]struct {
		path, body, contentType string
		answer                  oaktest.Fault
		answerType, want        string
	}{
		"multipart in":  {"/llm/openai/audio/transcriptions", form, `multipart/form-data; boundary="x-Y"`, oaktest.EchoBody(), `text/x-form-data; boundary="x-Y"`, form},
		"binary out":    {"/llm/openai/audio/speech", `{"model":"tts-1","input":"x","voice":"y"}`, "application/json", oaktest.Binary("audio/mpeg", 70_000), "audio/mpeg", string(everyByte(70_000))},
		"10 MB in, out": {chatPath, large, "application/json", oaktest.EchoBody(), "application/json", large},
		"unknown type":  {chatPath, chatBody, "application/json", oaktest.Answer(200, http.Header{"Content-Type": {""}}, "\x00<html>"), "application/octet-stream", "\x00<html>"},
		"empty":         {chatPath, chatBody, "application/json", oaktest.Answer(204, nil, ""), "application/octet-stream", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s.provider.Forget()
			s.provider.Next(c.answer)
			a := do(s.call(t.Context(), site, http.MethodPost, c.path, c.body, "Content-Type", c.contentType))
			if a.err != nil || a.status/100 != 2 || a.header.Get("Content-Type") != c.answerType || a.body != c.want {
				t.Errorf("the page got %d %v, %d bytes of %d, %v", a.status, a.header, len(a.body), len(c.want), a.err)
			}
			got := s.provider.Requests()
			if len(got) != 1 || string(got[0].Body) != c.body || got[0].Header.Get("Content-Type") != c.contentType {
				t.Errorf("the provider got %v", got)
			}
		})
	}
}

// everyByte is what oaktest.Binary sends.
func everyByte(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7)
	}
	return b
}

// Response headers pass by a list, and those that make an answer inert are added.
func TestOnlyListedHeadersReachThePage(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai")
	s.provider.Next(oaktest.BadHeaders())
	a := s.chat(site)
	want := http.Header{
		"Content-Type": {"application/json"}, "X-Request-Id": {"req_1"}, "X-Ratelimit-Remaining-Requests": {"9"},
		"Cache-Control": {"no-store"}, "X-Content-Type-Options": {"nosniff"}, "Content-Security-Policy": {"default-src 'none'; sandbox"},
		"Cross-Origin-Resource-Policy": {"cross-origin"}, "Access-Control-Allow-Origin": {site}, "Vary": {"Origin"},
	}
	for _, name := range []string{"Access-Control-Expose-Headers", "Date", "Content-Length", "X-Oaklock-Cost", "X-Oaklock-Left"} { // the rest is net/http's and the gate's
		if len(a.header[name]) != 1 {
			t.Errorf("%s is %q", name, a.header[name])
		}
		delete(a.header, name)
	}
	if a.status != 200 || a.body != `{"object":"list","data":[]}` || !maps.EqualFunc(a.header, want, slices.Equal) {
		t.Errorf("the page got %v", a)
	}

	// Several values of one field could be read as one or the other; a field without end fills a page's memory.
	s.provider.Next(oaktest.Answer(200, http.Header{"Content-Type": {"application/json"}, "Request-Id": {"a", "b"}, "X-Request-Id": {strings.Repeat("x", 2000)}}, "{}"))
	if a := s.chat(site); a.header["Request-Id"] != nil || a.header["X-Request-Id"] != nil {
		t.Errorf("the page got %v", a)
	}
	// Early hints and trailers are headers too.
	s.provider.Next(oaktest.Raw("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: Set-Cookie, X-Request-Id\r\n\r\n2\r\n{}\r\n0\r\nSet-Cookie: a=1\r\nX-Request-Id: t\r\n\r\n"))
	if got := s.rawAll(strings.Replace(good, "\n\n", "\nConnection: close\n\n", 1)); strings.Contains(got, "103") || strings.Contains(got, "Link") || strings.Contains(got, "Trailer") || strings.Contains(got, "a=1") || !strings.Contains(got, "{}") {
		t.Errorf("the page got %s", got)
	}
}

// The providers see at once that a page has gone, before the answer and in the middle of it; a page sees that an answer
// was cut.
func TestHangingUpOnEitherSide(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai")
	patient, stop := context.WithTimeout(t.Context(), patience)
	defer stop()

	t.Run("page gone before the answer", func(t *testing.T) {
		s.provider.Next(oaktest.Hang())
		ctx, leave := context.WithCancel(t.Context())
		got := s.chatting(ctx, site)
		s.provider.Wait(patient, t, func(st oaktest.State) bool { return st.Active == 1 })
		leave()
		<-got
		s.provider.Wait(patient, t, func(st oaktest.State) bool { return st.Active == 0 && st.HungUp == 1 })
		s.ended(t, 499, "page_gone")
		st, err := s.State(t.Context())
		if err != nil || st.Today.Requests != 1 || st.Today.Refused != 0 || st.Today.Cost == 0 {
			t.Errorf("what the page left is in the sums as %+v, %v", st.Today, err)
		}
	})
	t.Run("page gone in the middle", func(t *testing.T) {
		gate := make(chan string)
		s.provider.Next(oaktest.Drip(gate))
		ctx, leave := context.WithCancel(t.Context())
		page := s.open(ctx, s.call(t.Context(), site, http.MethodPost, chatPath, chatBody))
		s.give(gate, "1")
		if line, err := page.body.ReadString('\n'); line != "data: 1\n" {
			t.Fatalf("%q, %v", line, err)
		}
		leave()
		s.provider.Wait(patient, t, func(st oaktest.State) bool { return st.Active == 0 && st.HungUp == 2 })
		s.ended(t, 200, "page_gone")
	})
	for name, c := range map[string]oaktest.Fault{
		"cut events": oaktest.Cut("text/event-stream", 100), "cut JSON": oaktest.Cut("application/json", 100_000),
		"a broken chunk": oaktest.Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nzz\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			s.provider.Next(c)
			if a := s.chat(site); a.err == nil {
				t.Errorf("it looks whole: %.300v", a)
			}
			s.ended(t, 200, "upstream_cut")
		})
	}
	for name, c := range map[string]oaktest.Fault{
		"cut at once":           oaktest.Cut("application/json", 0),
		"fewer bytes than said": oaktest.Raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"a\":1}"),
		"gzip without its end":  oaktest.Encoded(oaktest.Gzipped(bytes.Repeat([]byte("many words "), 9999))[:60], "gzip"),
	} {
		t.Run(name, func(t *testing.T) { // before anything of it went out
			s.provider.Next(c)
			if a := s.chat(site); a.status != 502 || a.code() != "upstream_cut" {
				t.Errorf("%.300v", a)
			}
			s.ended(t, 502, "upstream_cut")
		})
	}
}

// ended waits until the newest entry of the log says how a request ended.
func (s *story) ended(t *testing.T, status int, code string) {
	t.Helper()
	is := func() bool {
		e, err := s.Client.Log(t.Context(), control.LogFilter{Limit: 1})
		return err == nil && len(e) == 1 && e[0].Status == status && e[0].Code == code
	}
	s.await(fmt.Sprintf("the entry %d %s", status, code), func(control.State) bool { return is() })
}
