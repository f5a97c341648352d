package provider_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/provider"
)

var update = flag.Bool("update", false, "write the golden files anew")

// answer is a recorded answer, written to the provider's published schema. Its name is NAME.PROVIDER.ENDPOINT.(sse|json).
type answer struct {
	name, contentType, body string
	route                   *provider.Route
}

func answers(t testing.TB) (all []answer) {
	t.Helper()
	paths := map[string]string{
		"openai.chat": chat, "openai.responses": responses, "openai.embeddings": "/llm/openai/embeddings",
		"openai.images": "/llm/openai/images/generations", "openai.transcriptions": "/llm/openai/audio/transcriptions",
		"anthropic.messages": messages, "google.generate": generate, "google.stream": stream,
		"mistral.chat": "/llm/mistral/v1/chat/completions", "groq.chat": "/llm/groq/chat/completions",
		"xai.chat": "/llm/xai/chat/completions", "deepseek.chat": "/llm/deepseek/chat/completions",
		"openai.speech": "/llm/openai/audio/speech", "google.predict": "/llm/google/v1beta/models/imagen-4:predict",
		"google.embed": "/llm/google/v1beta/models/gemini-embedding-001:embedContent", "groq.transcriptions": "/llm/groq/audio/transcriptions",
		"xai.images": "/llm/xai/images/generations", "xai.responses": "/llm/xai/responses",
		"openrouter.chat": "/llm/openrouter/chat/completions", "own.chat": "/llm/own/chat/completions",
		"mistral.embeddings": "/llm/mistral/v1/embeddings",
	}
	c, err := provider.Default().With(provider.Override{ID: "own", BaseURL: "https://own.example/v1"}) // what it can do is what OpenAI-compatible ones do
	if err != nil {
		t.Fatal(err)
	}
	for _, ext := range []string{"sse", "json"} {
		files, err := filepath.Glob("testdata/*." + ext)
		if err != nil || len(files) == 0 {
			t.Fatalf("no recorded answers: %v", err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			a := answer{name: filepath.Base(file), body: string(b), contentType: "application/json; charset=utf-8"}
			if ext == "sse" {
				a.contentType = "text/event-stream"
			}
			_, endpoint, _ := strings.Cut(strings.TrimSuffix(a.name, "."+ext), ".")
			if paths[endpoint] == "" {
				t.Fatalf("%s: no endpoint %q", a.name, endpoint)
			}
			if a.route, err = c.Route("POST", paths[endpoint]); err != nil {
				t.Fatalf("%s: %v", a.name, err)
			}
			all = append(all, a)
		}
	}
	return all
}

func read(r *provider.Route, contentType string, parts ...[]byte) provider.Usage {
	m := r.Meter(contentType)
	for _, p := range parts {
		if n, err := m.Write(p); n != len(p) || err != nil {
			panic(fmt.Sprint("the meter took ", n, " of ", len(p), ": ", err))
		}
	}
	return m.Usage()
}

// written is a usage without what was not reported.
func written(u provider.Usage) string {
	var parts []string
	v := reflect.ValueOf(u)
	for i := range v.NumField() {
		if n := v.Field(i).Int(); n != -1 {
			parts = append(parts, fmt.Sprintf("%s:%d", v.Type().Field(i).Name, n))
		}
	}
	return strings.Join(parts, " ")
}

func TestMeterGolden(t *testing.T) {
	for _, a := range answers(t) {
		for _, size := range []int{1, 2, 3, 7, 64, len(a.body)} {
			var parts [][]byte
			for b := []byte(a.body); len(b) > 0; b = b[min(size, len(b)):] {
				parts = append(parts, b[:min(size, len(b))])
			}
			isGolden(t, a.name, size, written(read(a.route, a.contentType, parts...))+"\n")
		}
	}
}

// isGolden compares with what is in the golden file of a recorded answer, or writes that.
func isGolden(t *testing.T, name string, size int, got string) {
	t.Helper()
	golden := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s in pieces of %d: %swant %s", name, size, got, want)
	}
}

// What the messages of whole sessions report, each by itself and all of them.
func TestMessageMeterGolden(t *testing.T) {
	paths := map[string]string{"openai.realtime": realtime, "google.live": live}
	files, err := filepath.Glob("testdata/*.jsonl")
	if err != nil || len(files) < len(paths) {
		t.Fatalf("recorded are %q, %v", files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		_, endpoint, _ := strings.Cut(strings.TrimSuffix(name, ".jsonl"), ".")
		for _, size := range []int{1, 2, 7, 64, len(b)} {
			m := socket(t, paths[endpoint]).MessageMeter()
			var got strings.Builder
			for i, message := range strings.Split(strings.TrimSpace(string(b)), "\n") {
				for rest := message; rest != ""; {
					part := rest[:min(size, len(rest))]
					rest = rest[len(part):]
					m.Read([]byte(part), rest == "")
				}
				if u, reported := m.Took(); reported {
					fmt.Fprintf(&got, "message %d: %s\n", i+1, written(u))
				}
			}
			fmt.Fprintf(&got, "all: %s\n", written(m.Usage()))
			isGolden(t, name, size, got.String())
		}
	}
}

func TestMeterReadsOnlyUsage(t *testing.T) {
	none := provider.NoUsage
	in := func(n int64) provider.Usage { u := none; u.Input = n; return u }
	both := func(i, o int64) provider.Usage { u := in(i); u.Output = o; return u }
	tests := []struct {
		name, path, contentType, body string
		want                          provider.Usage
	}{
		{"nothing", chat, "application/json", ``, none},
		{"no usage", chat, "application/json", `{"choices":[]}`, none},
		{"null", chat, "application/json", `{"usage":null}`, none},
		{"an error", chat, "application/json", `{"error":{"message":"usage"}}`, none},
		{"zero", chat, "application/json", `{"usage":{"prompt_tokens":0}}`, in(0)},
		{"at the end of the answer", chat, "application/json", `{"usage":{"prompt_tokens":5`, none},
		{"in a text", chat, "application/json", `{"choices":[{"message":{"content":"{\"usage\":{\"prompt_tokens\":5}}"}}]}`, none},
		{"in a tool's arguments", messages, "application/json", `{"content":[{"input":{"usage":{"input_tokens":5}}}]}`, none},
		{"deeper", chat, "application/json", `{"a":{"usage":{"prompt_tokens":5}}}`, none},
		{"shallower", chat, "application/json", `{"prompt_tokens":5,"usage":5}`, none},
		{"in a list", chat, "application/json", `{"usage":[{"prompt_tokens":5}]}`, none},
		{"a string", chat, "application/json", `{"usage":{"prompt_tokens":"5"}}`, none},
		{"negative", chat, "application/json", `{"usage":{"prompt_tokens":-5}}`, none},
		{"a fraction", chat, "application/json", `{"usage":{"prompt_tokens":5.5}}`, none},
		{"too large", chat, "application/json", `{"usage":{"prompt_tokens":99999999999999999999}}`, none},
		{"a long key", chat, "application/json", `{"usage":{"` + strings.Repeat("prompt_tokens", 9) + `":5}}`, none},
		{"another provider's names", chat, "application/json", `{"usageMetadata":{"promptTokenCount":5}}`, none},
		{"another provider's wrapper", chat, "application/json", `{"message":{"usage":{"input_tokens":5}}}`, none},
		{"spaces", chat, "application/json", " { \"usage\" :\n{ \"prompt_tokens\" :\t5 , \"completion_tokens\" : 6 } } ", both(5, 6)},
		{"a line each", chat, "application/x-ndjson", "{\"usage\":{\"prompt_tokens\":5}}\n{\"usage\":{\"completion_tokens\":6}}\n", both(5, 6)},
		{"a later zero", chat, "text/event-stream", "data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":6}}\n\ndata: {\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":9}}\n\n", both(5, 9)},
		{"data in two lines", chat, "text/event-stream", "data: {\"usage\":\ndata: {\"prompt_tokens\":5}}\n\n", in(5)},
		{"data in two lines, CRLF", chat, "text/event-stream", "data: {\"usage\":\r\ndata: {\"prompt_tokens\":5}}\r\n\r\n", in(5)},
		{"an escape in the key", chat, "application/json", `{"usage":{"\nprompt_tokens":5}}`, none},
		{"no space, CRLF", chat, "text/event-stream; charset=utf-8", "event: x\r\ndata:{\"usage\":{\"prompt_tokens\":5}}\r\n\r\n", in(5)},
		{"CR alone", chat, "text/event-stream", "data: {\"usage\":{\"prompt_tokens\":5}}\r\r", in(5)},
		{"not data", chat, "text/event-stream", ": {\"usage\":{\"prompt_tokens\":5}}\nevent: {\"usage\":{\"prompt_tokens\":5}}\ndataset: {\"usage\":{\"prompt_tokens\":5}}\n\n", none},
		{"an event cut short", chat, "text/event-stream", "data: {\"a\":\"\n\ndata: {\"usage\":{\"prompt_tokens\":5}}\n\n", in(5)},
		{"a byte order mark", chat, "text/event-stream", "\ufeffdata: {\"usage\":{\"prompt_tokens\":5}}\n\n", in(5)},
		{"a byte order mark before the stream alone", chat, "text/event-stream", "data: [DONE]\n\n\ufeffdata: {\"usage\":{\"prompt_tokens\":5}}\n\n", none},
		{"two byte order marks", chat, "text/event-stream", "\ufeff\ufeffdata: {\"usage\":{\"prompt_tokens\":5}}\n\n", none},
		{"half of one", chat, "text/event-stream", "\xefdata: {\"usage\":{\"prompt_tokens\":5}}\n\ndata: {\"usage\":{\"prompt_tokens\":6}}\n\n", in(6)},
		{"a byte order mark without a type", chat, "", "\ufeffdata: {\"usage\":{\"prompt_tokens\":5}}\n\n", in(5)},
		{"a byte order mark before JSON", chat, "", "\ufeff{\"usage\":{\"prompt_tokens\":5}}", in(5)},
		{"done", chat, "text/event-stream", "data: [DONE]\n\ndata: {\"usage\":{\"prompt_tokens\":5}}\n\n", in(5)},
		{"events without a type", chat, "", "\ndata: {\"usage\":{\"prompt_tokens\":5}}\n\n", in(5)},
		{"JSON without a type", chat, "text/plain", "\n{\"usage\":{\"prompt_tokens\":5}}", in(5)},
		{"audio", "/llm/openai/audio/speech", "audio/mpeg", `{"usage":{"prompt_tokens":5}}`, none},
		{"no shape", "/llm/openai/videos", "video/mp4", `{"usage":{"prompt_tokens":5}}`, none},
	}
	for _, tt := range tests {
		if got := read(route(t, "POST", tt.path), tt.contentType, []byte(tt.body)); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
		var single [][]byte
		for _, b := range []byte(tt.body) {
			single = append(single, []byte{b})
		}
		if got := read(route(t, "POST", tt.path), tt.contentType, single...); got != tt.want {
			t.Errorf("%s, byte by byte: %+v, want %+v", tt.name, got, tt.want)
		}
	}
	if got := read(route(t, "GET", "/llm/openai/models"), "application/json", []byte(`{"usage":{"prompt_tokens":5}}`)); got != none {
		t.Errorf("a list of models: %+v", got)
	}
}

// An answer without an end, in one line, must not be kept.
func TestMeterKeepsLittle(t *testing.T) {
	const megabyte = 1 << 20
	part := []byte(strings.Repeat(`{"k":["`+strings.Repeat("x", 100)+`",`, 9000))
	for _, contentType := range []string{"text/event-stream", "application/json"} {
		m := route(t, "POST", chat).Meter(contentType)
		_, _ = m.Write([]byte("data: "))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 64 {
			if n, err := m.Write(part); n != len(part) || err != nil {
				t.Fatalf("%d, %v", n, err)
			}
		}
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > megabyte {
			t.Errorf("%s: %d bytes allocated for %d", contentType, grown, 64*len(part))
		}
	}
}

func BenchmarkMeter(b *testing.B) {
	event := []byte("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"},\"finish_reason\":null}],\"usage\":null}\n\n")
	m := route(b, "POST", chat).Meter("text/event-stream")
	b.SetBytes(int64(len(event)))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = m.Write(event)
	}
}

// What an answer that was cut is charged with is read behind a byte order mark too.
func TestSeenBehindAByteOrderMark(t *testing.T) {
	for _, before := range []string{"", "\ufeff"} {
		var s provider.Seen
		for _, b := range []byte(before + strings.Repeat("data: {\"choices\":[{\"delta\":{\"content\":\"four\"}}]}\n\n", 40)) {
			_, _ = s.Write([]byte{b}) // never fails
		}
		if s.About() != 40 || s.AtLeast() != 8 {
			t.Errorf("behind %q about %d tokens, at least %d", before, s.About(), s.AtLeast())
		}
	}
}
