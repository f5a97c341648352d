package provider_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oaklock/oaklock/internal/provider"
)

// page is what a page reads.
type page struct {
	bytes.Buffer
	closed bool
	err    error
}

func (p *page) Write(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	return p.Buffer.Write(b)
}

func (p *page) Close() error {
	p.closed = true
	return p.err
}

// streamed is what Prepare says of a stream whose usage the page did not ask for, or did.
func streamed(t testing.TB, asksItself bool) provider.Asked {
	t.Helper()
	body := `{"stream":true,"max_tokens":5}`
	if asksItself {
		body = `{"stream":true,"max_tokens":5,"stream_options":{"include_usage":true}}`
	}
	_, asked := inspect(t, chat, body).prepared(provider.Price{}, 0)
	return asked
}

func filtered(t testing.TB, asked provider.Asked, contentType string, parts ...string) string {
	t.Helper()
	var p page
	w := asked.Filter(&p, contentType)
	for _, part := range parts {
		if n, err := io.WriteString(w, part); n != len(part) || err != nil {
			t.Fatalf("%d of %d, %v", n, len(part), err)
		}
	}
	if err := w.Close(); err != nil || !p.closed {
		t.Fatalf("closing: %v, %v", err, p.closed)
	}
	return p.String()
}

const usageChunk = `data: {"id":"c","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":6,"total_tokens":11}}`

func TestFilter(t *testing.T) {
	asked := streamed(t, false)
	const text = `data: {"id":"c","choices":[{"index":0,"delta":{"content":"\"usage\":{} \"choices\":[]"}}],"usage":null}`
	for _, tt := range []struct{ name, in, want string }{
		{"the last chunk", text + "\n\n" + usageChunk + "\n\ndata: [DONE]\n\n", text + "\n\ndata: [DONE]\n\n"},
		{"with other line ends", text + "\r\n\r\n" + usageChunk + "\r\n\r\ndata: [DONE]\r\n\r\n", text + "\r\n\r\ndata: [DONE]\r\n\r\n"},
		{"with carriage returns", text + "\r\r" + usageChunk + "\r\rdata: [DONE]\r\r", text + "\r\rdata: [DONE]\r\r"},
		{"with blanks", "data:\t{ \"usage\" : { \"prompt_tokens\": 1 } ,\n\ndata: { \"choices\" : [ ] , \"usage\" : { \"prompt_tokens\" : 5 } }\n\n", "data:\t{ \"usage\" : { \"prompt_tokens\": 1 } ,\n\n"},
		{"in two lines", "data: {\"choices\":[],\ndata: \"usage\":{\"prompt_tokens\":5}}\n\n", ""},
		{"with an event's name and a comment", ": x\nevent: chunk\nid: 7\n" + usageChunk + "\n\n", ""},
		{"usage beside choices", `data: {"choices":[{"index":0}],"usage":{"prompt_tokens":5}}` + "\n\n", `data: {"choices":[{"index":0}],"usage":{"prompt_tokens":5}}` + "\n\n"},
		{"no choices, no usage", `data: {"choices":[],"prompt_filter_results":[]}` + "\n\n", `data: {"choices":[],"prompt_filter_results":[]}` + "\n\n"},
		{"no choices, empty usage", `data: {"choices":[],"usage":{}}` + "\n\n", `data: {"choices":[],"usage":{}}` + "\n\n"},
		{"usage without choices", text + "\n\n" + `data: {"usage":{"prompt_tokens":5}}` + "\n\n", text + "\n\n"},
		{"choices of null", text + "\n\n" + `data: {"choices":null,"usage":{"prompt_tokens":5},"error":null}` + "\n\n", text + "\n\n"},
		{"choices that are no list", `data: {"choices":{"a":1},"usage":{"prompt_tokens":5}}` + "\n\n", `data: {"choices":{"a":1},"usage":{"prompt_tokens":5}}` + "\n\n"},
		{"usage beside an error", `data: {"error":{"message":"x"},"usage":{"prompt_tokens":5}}` + "\n\n", `data: {"error":{"message":"x"},"usage":{"prompt_tokens":5}}` + "\n\n"},
		{"a byte order mark before it", "\ufeff" + usageChunk + "\n\n" + text + "\n\n", text + "\n\n"},
		{"a byte order mark before another", "\ufeff" + text + "\n\n" + usageChunk + "\n\n", "\ufeff" + text + "\n\n"},
		{"not JSON", `data: {"choices":[],"usage":{"prompt_tokens":5}` + "\n\n", `data: {"choices":[],"usage":{"prompt_tokens":5}` + "\n\n"},
		{"cut short", text + "\n\ndata: {\"choi", text + "\n\ndata: {\"choi"},
		{"nothing", "", ""},
		{"empty lines", "\n\n\n\r\n\r\r", "\n\n\n\r\n\r\r"},
		{"larger than any chunk", "data: {\"choices\":[],\"x\":\"" + strings.Repeat("x", 70_000) + "\",\"usage\":{\"prompt_tokens\":5}}\n\n" + usageChunk + "\n\n", "data: {\"choices\":[],\"x\":\"" + strings.Repeat("x", 70_000) + "\",\"usage\":{\"prompt_tokens\":5}}\n\n"},
	} {
		for size := range []int{1, 7, 1 << 20} {
			var parts []string
			for in := tt.in; in != ""; {
				n := min(max(size, 1), len(in))
				parts, in = append(parts, in[:n]), in[n:]
			}
			if got := filtered(t, asked, "text/event-stream; charset=utf-8", parts...); got != tt.want {
				t.Errorf("%s: %.300q, want %.300q", tt.name, got, tt.want)
			}
		}
	}
	whole := text + "\n\n" + usageChunk + "\n\n"
	if got := filtered(t, streamed(t, true), "text/event-stream", whole); got != whole {
		t.Errorf("a page that asked for it got %q", got)
	}
	if got := filtered(t, asked, "application/json", whole); got != whole {
		t.Errorf("what is no stream became %q", got)
	}
}

// An event that is not whole yet is no event to the page, so that holding it delays nothing; one that is whole passes at once.
func TestFilterPassesWholeEventsAtOnce(t *testing.T) {
	var p page
	w := streamed(t, false).Filter(&p, "text/event-stream")
	for _, step := range []struct{ in, out string }{
		{"data: 1", ""}, {"\n", ""}, {"\n", "data: 1\n\n"}, {"data: 2\n\nda", "data: 1\n\ndata: 2\n\n"}, {": x\n\n", "data: 1\n\ndata: 2\n\nda: x\n\n"},
	} {
		if _, err := io.WriteString(w, step.in); err != nil || p.String() != step.out {
			t.Fatalf("after %q the page has %q, %v", step.in, p.String(), err)
		}
	}
}

func TestFilterTellsOfThePageThatLeft(t *testing.T) {
	p := page{err: errors.New("gone")}
	w := streamed(t, false).Filter(&p, "text/event-stream")
	if _, err := io.WriteString(w, "data: 1\n\n"); !errors.Is(err, p.err) {
		t.Errorf("%v", err)
	}
	if err := w.Close(); !errors.Is(err, p.err) {
		t.Errorf("%v", err)
	}
}

// The filter takes out whole usage chunks and nothing else, wherever the answer is cut into pieces.
func FuzzFilter(f *testing.F) {
	for _, a := range answers(f) {
		f.Add([]byte(a.body), uint16(40))
	}
	f.Add([]byte("data: x\r\n\r\n"+usageChunk+"\r\n\r\n"+usageChunk+"\n\n\n"), uint16(9))
	f.Add([]byte(usageChunk+"\r\r\n"+usageChunk), uint16(len(usageChunk)+1))
	f.Fuzz(func(t *testing.T, body []byte, at uint16) {
		asked := streamed(t, false)
		whole := filtered(t, asked, "text/event-stream", string(body))
		if n := len(body); n > 0 {
			cut := int(at) % n
			if got := filtered(t, asked, "text/event-stream", string(body[:cut]), string(body[cut:])); got != whole {
				t.Fatalf("cut at %d: %q, whole: %q", cut, got, whole)
			}
		}
		// What is left is the answer with pieces taken out.
		rest := string(body)
		for _, c := range []byte(whole) {
			i := strings.IndexByte(rest, c)
			if i < 0 {
				t.Fatalf("%q holds what %q does not", whole, body)
			}
			rest = rest[i+1:]
		}
		if !bytes.Contains(body, []byte(`"usage"`)) && whole != string(body) {
			t.Fatalf("%q became %q", body, whole)
		}
	})
}

func BenchmarkFilter(b *testing.B) {
	event := []byte("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"},\"finish_reason\":null}],\"usage\":null}\n\n")
	w := streamed(b, false).Filter(&null{}, "text/event-stream")
	b.SetBytes(int64(len(event)))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = w.Write(event)
	}
}

type null struct{}

func (null) Write(p []byte) (int, error) { return len(p), nil }
func (null) Close() error                { return nil }

func TestIndexEitherIsIndexAny(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := []byte(rapid.StringOfN(rapid.SampledFrom([]rune("ab----------------------------------------")), 0, 2000, -1).Draw(t, "text"))
		if got, want := provider.IndexEither(p, 'a', 'b'), bytes.IndexAny(p, "ab"); got != want {
			t.Errorf("%d, want %d", got, want)
		}
	})
}
