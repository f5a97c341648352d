package demo_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/demo"
)

// ask sends one request through a real server and returns the answer with its whole body.
func ask(t *testing.T, o demo.ProviderOptions, method, path string, header map[string]string, body string) (*http.Response, string) {
	t.Helper()
	server := httptest.NewServer(demo.NewProvider(o))
	t.Cleanup(server.Close)
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(all)
}

const question = `why the sky is blue`

// dialects are one call in each shape, with the slots where its clients put the key.
var dialects = []struct {
	name, path, stream string
	slots              []string
	header             map[string]string
	body               string // has %s where a stream is asked for, if the body is where one asks
	wrongKey           string // found in the answer to a wrong key
}{
	{
		name: "openai", path: "/openai/v1/chat/completions", slots: []string{"Authorization"},
		body:     `{"model":"gpt-4o-mini","messages":[{"role":"user","content":"` + question + `"}]%s}`,
		wrongKey: `"code":"invalid_api_key"`,
	},
	{
		name: "anthropic", path: "/anthropic/v1/messages", slots: []string{"X-Api-Key", "Authorization"},
		header:   map[string]string{"Anthropic-Version": "2023-06-01"},
		body:     `{"model":"claude","max_tokens":500,"messages":[{"role":"user","content":[{"type":"text","text":"` + question + `"}]}]%s}`,
		wrongKey: `"type":"authentication_error"`,
	},
	{
		name: "google", path: "/google/v1beta/models/gemini-2.5-flash:generateContent", slots: []string{"X-Goog-Api-Key"},
		stream:   "/google/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
		body:     `{"contents":[{"role":"user","parts":[{"text":"` + question + `"}]}]}`,
		wrongKey: `"status":"UNAUTHENTICATED"`,
	},
	{
		name: "mistral", path: "/mistral/v1/chat/completions", slots: []string{"Authorization"},
		body:     `{"model":"mistral-small-latest","messages":[{"role":"user","content":"` + question + `"}]%s}`,
		wrongKey: `"type":"unauthorized"`,
	},
}

func with(base map[string]string, slot, key string) map[string]string {
	out := map[string]string{"Content-Type": "application/json"}
	for k, v := range base {
		out[k] = v
	}
	if slot == "Authorization" {
		key = "Bearer " + key
	}
	out[slot] = key
	return out
}

func TestTheKeyIsAskedForInItsSlot(t *testing.T) {
	for _, d := range dialects {
		body := strings.Replace(d.body, "%s", "", 1)
		for _, slot := range []string{"Authorization", "X-Api-Key", "X-Goog-Api-Key", "Api-Key"} {
			right := slices.Contains(d.slots, slot)
			for key, want := range map[string]bool{demo.Key: right, demo.Key + "x": false, "": false} {
				t.Run(d.name+" "+slot+" "+key, func(t *testing.T) {
					answer, got := ask(t, demo.ProviderOptions{}, http.MethodPost, d.path, with(d.header, slot, key), body)
					if want && answer.StatusCode != http.StatusOK {
						t.Fatalf("refused with %d: %s", answer.StatusCode, got)
					}
					if !want && (answer.StatusCode != http.StatusUnauthorized || !strings.Contains(got, d.wrongKey)) {
						t.Fatalf("got %d %s, want 401 with %s", answer.StatusCode, got, d.wrongKey)
					}
				})
			}
		}
	}
}

// read finds text, finish reason, and tokens in an answer of any shape.
type read struct {
	text, finish string
	in, out      float64
}

// walk goes through JSON and collects the fields that the four shapes use.
func (a *read) walk(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			text, isText := x.(string)
			number, isNumber := x.(float64)
			switch {
			case isText && (k == "text" || k == "content"):
				a.text += text
			case isText && (k == "finish_reason" || k == "stop_reason" || k == "finishReason"):
				a.finish = text
			case isNumber && (k == "prompt_tokens" || k == "input_tokens" || k == "promptTokenCount"):
				a.in = number
			case isNumber && (k == "completion_tokens" || k == "output_tokens" || k == "candidatesTokenCount"):
				a.out = number
			default:
				a.walk(x)
			}
		}
	case []any:
		for _, x := range v {
			a.walk(x)
		}
	}
}

func parse(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return v
}

func TestAStreamSaysWhatTheWholeAnswerSays(t *testing.T) {
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			header := with(d.header, d.slots[0], demo.Key)
			_, body := ask(t, demo.ProviderOptions{}, http.MethodPost, d.path, header, strings.Replace(d.body, "%s", "", 1))
			var whole read
			whole.walk(parse(t, body))

			path := d.path
			if d.stream != "" {
				path = d.stream
			}
			answer, body := ask(t, demo.ProviderOptions{}, http.MethodPost, path, header,
				strings.Replace(d.body, "%s", `,"stream":true,"stream_options":{"include_usage":true}`, 1))
			if got := answer.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
				t.Fatalf("Content-Type is %q", got)
			}
			var streamed read
			lines := bufio.NewScanner(strings.NewReader(body))
			for lines.Scan() {
				if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && data != "[DONE]" {
					streamed.walk(parse(t, data))
				}
			}
			if whole != streamed {
				t.Errorf("whole:    %+v\nstreamed: %+v", whole, streamed)
			}
			if !strings.Contains(whole.text, "blue is scattered") || whole.finish == "" || whole.in == 0 || whole.out == 0 {
				t.Errorf("something is missing in %+v", whole)
			}
		})
	}
}

func TestGeminiStreamsAnArrayToo(t *testing.T) {
	d := dialects[2]
	path, _, _ := strings.Cut(d.stream, "?")
	answer, body := ask(t, demo.ProviderOptions{}, http.MethodPost, path, with(nil, d.slots[0], demo.Key), d.body)
	if got := answer.Header.Get("Content-Type"); !strings.HasPrefix(got, "application/json") {
		t.Fatalf("Content-Type is %q", got)
	}
	list, ok := parse(t, body).([]any)
	if !ok || len(list) < 20 {
		t.Fatalf("not an array of many parts: %.200s", body)
	}
}

func TestAnAnswerEndsAtItsLimit(t *testing.T) {
	for name, c := range map[string]struct{ path, slot, body, want string }{
		"openai":    {"/openai/v1/chat/completions", "Authorization", `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}`, "length"},
		"anthropic": {"/anthropic/v1/messages", "X-Api-Key", `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}`, "max_tokens"},
		"google": {"/google/v1beta/models/m:generateContent", "X-Goog-Api-Key",
			`{"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"maxOutputTokens":5}}`, "MAX_TOKENS"},
	} {
		t.Run(name, func(t *testing.T) {
			header := with(map[string]string{"Anthropic-Version": "2023-06-01"}, c.slot, demo.Key)
			_, body := ask(t, demo.ProviderOptions{}, http.MethodPost, c.path, header, c.body)
			var a read
			a.walk(parse(t, body))
			if a.finish != c.want || a.out != 5 {
				t.Errorf("finish %q after %v tokens, want %q after 5", a.finish, a.out, c.want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	bearer := with(nil, "Authorization", demo.Key)
	for name, c := range map[string]struct {
		method, path string
		header       map[string]string
		body         string
		status       int
	}{
		"not JSON":            {"POST", "/openai/v1/chat/completions", bearer, "{", 400},
		"no model":            {"POST", "/openai/v1/chat/completions", bearer, `{"messages":[{"role":"user","content":"x"}]}`, 400},
		"no version":          {"POST", "/anthropic/v1/messages", bearer, `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}]}`, 400},
		"no contents":         {"POST", "/google/v1/models/m:generateContent", with(nil, "X-Goog-Api-Key", demo.Key), `{}`, 400},
		"unknown verb":        {"POST", "/google/v1/models/m:tune", with(nil, "X-Goog-Api-Key", demo.Key), `{}`, 404},
		"unknown endpoint":    {"POST", "/openai/v1/files", bearer, ``, 404},
		"no such provider":    {"POST", "/cohere/v2/chat", bearer, ``, 404},
		"a body over the cap": {"POST", "/openai/v1/chat/completions", bearer, strings.Repeat(" ", 17<<20), 400},
	} {
		t.Run(name, func(t *testing.T) {
			answer, body := ask(t, demo.ProviderOptions{}, c.method, c.path, c.header, c.body)
			if answer.StatusCode != c.status {
				t.Errorf("got %d %s, want %d", answer.StatusCode, body, c.status)
			}
		})
	}
}

func TestEmbeddingsDependOnTheTextAlone(t *testing.T) {
	header := with(nil, "Authorization", demo.Key)
	vector := func(text string) string {
		_, body := ask(t, demo.ProviderOptions{}, http.MethodPost, "/openai/v1/embeddings", header,
			`{"model":"text-embedding-3-small","dimensions":8,"input":["`+text+`"]}`)
		var got struct {
			Data []struct{ Embedding []float64 }
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil || len(got.Data) != 1 || len(got.Data[0].Embedding) != 8 {
			t.Fatalf("%v in %s", err, body)
		}
		square := 0.0
		for _, x := range got.Data[0].Embedding {
			square += x * x
		}
		if square < 0.999 || square > 1.001 {
			t.Errorf("length² is %v, want 1", square)
		}
		raw, _ := json.Marshal(got.Data[0].Embedding)
		return string(raw)
	}
	oak, again, elm := vector("oak"), vector("oak"), vector("elm")
	if oak != again || oak == elm {
		t.Error("the vector is not a function of the text")
	}
}
