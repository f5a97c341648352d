package provider_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/provider"
)

// prepared is the body as it is sent, with the setting's ceiling and a grant's limit.
func (r inspected) prepared(pr provider.Price, limit int64) (string, provider.Asked) {
	body, asked := r.route.Prepare(r.facts, bytes.Clone(r.body), r.route.Ceiling(r.facts, pr, 8192, limit))
	return string(body), asked
}

func TestPrepare(t *testing.T) {
	const usage = `"stream_options":{"include_usage":true}`
	for _, tt := range []struct {
		name, path, body, want string
		output                 int64
		named                  bool
	}{
		{"a ceiling", chat, `{"model":"m"}`, `{"max_completion_tokens":8192,"model":"m"}`, 8192, false},
		{"spaces are kept", chat, " {\n \"model\" : \"m\" } \n", " {\"max_completion_tokens\":8192,\n \"model\" : \"m\" } \n", 8192, false},
		{"an empty body", chat, `{}`, `{"max_completion_tokens":8192}`, 8192, false},
		{"named", chat, `{"model":"m","max_tokens":5}`, `{"model":"m","max_tokens":5}`, 5, true},
		{"named null", chat, `{"model":"m","max_tokens":null}`, `{"model":"m","max_tokens":8192}`, 8192, false},
		{"named -1", chat, `{"max_completion_tokens":-1,"model":"m"}`, `{"max_completion_tokens":8192,"model":"m"}`, 8192, false},
		{"named twice, neither", chat, `{"max_tokens":0,"max_completion_tokens":null}`, `{"max_tokens":8192,"max_completion_tokens":8192}`, 8192, false},
		{"named once, once not", chat, `{"max_tokens":null,"max_completion_tokens":3}`, `{"max_tokens":null,"max_completion_tokens":3}`, 3, true},
		{"completions have a ceiling of their own", "/llm/openai/completions", `{"model":"m","prompt":"x"}`, `{"model":"m","prompt":"x"}`, 0, false},
		{"responses", responses, `{"model":"m","input":"x"}`, `{"max_output_tokens":8192,"model":"m","input":"x"}`, 8192, false},
		{"compact takes none", responses + "/compact", `{"model":"m","input":"x"}`, `{"model":"m","input":"x"}`, 0, false},
		{"a prediction takes none", chat, `{"model":"m","prediction":{"content":"x"}}`, `{"model":"m","prediction":{"content":"x"}}`, 0, false},
		{"Anthropic", messages, `{"model":"m"}`, `{"max_tokens":8192,"model":"m"}`, 8192, false},
		{"Anthropic, none on purpose", messages, `{"model":"m","max_tokens":0}`, `{"model":"m","max_tokens":0}`, 0, true},
		{"Gemini", generate, `{"contents":[]}`, `{"generationConfig":{"maxOutputTokens":8192},"contents":[]}`, 8192, false},
		{"Gemini with settings", generate, `{"generationConfig":{"topK":1},"contents":[]}`, `{"generationConfig":{"maxOutputTokens":8192,"topK":1},"contents":[]}`, 8192, false},
		{"Gemini with none", generate, `{"contents":[],"generation_config":{ }}`, `{"contents":[],"generation_config":{"maxOutputTokens":8192 }}`, 8192, false},
		{"Gemini with null", generate, `{"contents":[],"generation_config":null}`, `{"contents":[],"generation_config":{"maxOutputTokens":8192}}`, 8192, false},
		{"Gemini, null inside", generate, `{"generation_config":{"max_output_tokens":null}}`, `{"generation_config":{"max_output_tokens":8192}}`, 8192, false},
		{"Gemini, named as text", generate, `{"generationConfig":{"maxOutputTokens":"9"}}`, `{"generationConfig":{"maxOutputTokens":"9"}}`, 9, true},
		{"Mistral", "/llm/mistral/chat/completions", `{"model":"m","stream":true}`, `{"max_tokens":8192,"model":"m","stream":true}`, 8192, false},
		{"Groq", "/llm/groq/chat/completions", `{"model":"m"}`, `{"max_completion_tokens":8192,"model":"m"}`, 8192, false},
		{"OpenRouter", "/llm/openrouter/chat/completions", `{"model":"m","stream":true}`, `{"max_tokens":8192,"model":"m","stream":true}`, 8192, false},
		{"Gemini's OpenAI form", "/llm/google/openai/chat/completions", `{"model":"m"}`, `{"max_tokens":8192,"model":"m"}`, 8192, false},
		{"what DeepSeek passes over", "/llm/deepseek/chat/completions", `{"model":"m","max_completion_tokens":20}`, `{"max_tokens":20,"model":"m","max_completion_tokens":20}`, 20, false},
		{"embeddings", "/llm/openai/embeddings", `{"model":"m","input":"x"}`, `{"model":"m","input":"x"}`, 0, false},
		{"what is stored", messages + "/batches", `{"requests":[]}`, `{"requests":[]}`, 0, false},
		{"counting", messages + "/count_tokens", `{"model":"m"}`, `{"model":"m"}`, 0, false},

		{"a stream", chat, `{"max_tokens":5,"stream":true}`, `{` + usage + `,"max_tokens":5,"stream":true}`, 5, true},
		{"a stream without a ceiling", chat, `{"stream":true}`, `{` + usage + `,"max_completion_tokens":8192,"stream":true}`, 8192, false},
		{"no stream", chat, `{"max_tokens":5,"stream":false}`, `{"max_tokens":5,"stream":false}`, 5, true},
		{"asked for already", chat, `{"max_tokens":5,"stream":true,"stream_options":{"include_usage":true}}`, `{"max_tokens":5,"stream":true,"stream_options":{"include_usage":true}}`, 5, true},
		{"asked not to", chat, `{"max_tokens":5,"stream":true,"stream_options":{"include_usage":false,"x":1}}`, `{"max_tokens":5,"stream":true,"stream_options":{"include_usage":true,"x":1}}`, 5, true},
		{"options of another kind", chat, `{"max_tokens":5,"stream":true,"stream_options":{"include_obfuscation":false}}`, `{"max_tokens":5,"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}}`, 5, true},
		{"empty options", chat, `{"max_tokens":5,"stream":true,"stream_options":{}}`, `{"max_tokens":5,"stream":true,"stream_options":{"include_usage":true}}`, 5, true},
		{"null options", chat, `{"max_tokens":5,"stream":true,"stream_options":null}`, `{"max_tokens":5,"stream":true,"stream_options":{"include_usage":true}}`, 5, true},
		{"a stream of Anthropic's", messages, `{"max_tokens":5,"stream":true}`, `{"max_tokens":5,"stream":true}`, 5, true},
		{"a stream of Groq's", "/llm/groq/chat/completions", `{"max_tokens":5,"stream":true}`, `{` + usage + `,"max_tokens":5,"stream":true}`, 5, true},
		{"xAI always says it", "/llm/xai/chat/completions", `{"max_tokens":5,"stream":true}`, `{"max_tokens":5,"stream":true}`, 5, true},
	} {
		r := inspect(t, tt.path, tt.body)
		got, asked := r.prepared(provider.Price{}, 0)
		if got != tt.want || asked.Output != tt.output || asked.Named != tt.named {
			t.Errorf("%s: %s, %+v\nwant %s", tt.name, got, asked, tt.want)
		}
		// Where there is room, the same comes of it without another body in memory.
		roomy := append(make([]byte, 0, len(tt.body)+provider.EditRoom), tt.body...)
		in, _ := r.route.Prepare(r.facts, roomy, r.route.Ceiling(r.facts, provider.Price{}, 8192, 0))
		if string(in) != tt.want || &in[0] != &roomy[0] {
			t.Errorf("%s in place: %s", tt.name, in)
		}
	}
}

func TestCeiling(t *testing.T) {
	model := provider.Price{MaxOutput: 4096}
	for _, tt := range []struct {
		name, path, body string
		price            provider.Price
		setting, limit   int64
		want             int64
	}{
		{"the setting", chat, `{}`, provider.Price{}, 8192, 0, 8192},
		{"the model's", chat, `{}`, model, 8192, 0, 4096},
		{"the setting, below the model's", chat, `{}`, model, 100, 0, 100},
		{"the grant's", chat, `{}`, model, 8192, 50, 50},
		{"the grant's, shared", chat, `{"n":3}`, model, 8192, 50, 16},
		{"less than nothing", chat, `{"n":100}`, model, 8192, 50, 1},
		{"named", chat, `{"max_tokens":100000}`, model, 8192, 50, 0},
		{"the provider's usual one is lower", "/llm/openai/completions", `{"prompt":"x"}`, model, 8192, 50, 0},
		{"but not low enough", "/llm/openai/completions", `{"prompt":"x","n":4}`, model, 8192, 50, 12},
		{"no text", "/llm/openai/embeddings", `{}`, model, 8192, 50, 0},
	} {
		r := inspect(t, tt.path, tt.body)
		ceiling := r.route.Ceiling(r.facts, tt.price, tt.setting, tt.limit)
		if ceiling != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, ceiling, tt.want)
		}
		// What is written is what is reckoned with.
		w := r.route.Worst(r.facts, r.contentType, r.body, tt.price, true, ceiling)
		body, _ := r.route.Prepare(r.facts, bytes.Clone(r.body), ceiling)
		again := inspect(t, tt.path, string(body))
		if after := again.route.Worst(again.facts, again.contentType, again.body, tt.price, true, 0); after.Output != w.Output {
			t.Errorf("%s: %d tokens are reckoned, the body allows %d", tt.name, w.Output, after.Output)
		}
	}
}

// A server that the user added may know the older name only; then a ceiling in the newer one would bound nothing.
func TestPrepareForOtherServers(t *testing.T) {
	c, err := provider.Default().With(
		provider.Override{ID: "own", BaseURL: "https://own.example/v1"},
		provider.Override{ID: "azure", BaseURL: "https://me.openai.azure.com/openai/v1", Auth: "api-key"},
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ id, body, want string }{
		{"own", `{"model":"llama"}`, `{"max_tokens":8192,"model":"llama"}`},
		{"own", `{"model":"llama","max_completion_tokens":9}`, `{"max_tokens":9,"model":"llama","max_completion_tokens":9}`},
		{"own", `{"model":"llama","max_tokens":9,"stream":true}`, `{"model":"llama","max_tokens":9,"stream":true}`},
		{"own", `{"model":"o3"}`, `{"max_completion_tokens":8192,"model":"o3"}`},
		{"own", `{"model":"gpt-4o","max_completion_tokens":9}`, `{"model":"gpt-4o","max_completion_tokens":9}`},
		{"azure", `{"model":"mine","max_completion_tokens":9}`, `{"model":"mine","max_completion_tokens":9}`},
		{"azure", `{"model":"mine"}`, `{"max_tokens":8192,"model":"mine"}`},
	} {
		r, err := c.Route("POST", "/llm/"+tt.id+"/chat/completions")
		if err != nil {
			t.Fatal(err)
		}
		f, err := r.Inspect("application/json", []byte(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := r.Prepare(f, []byte(tt.body), r.Ceiling(f, provider.Price{}, 8192, 0))
		if string(got) != tt.want {
			t.Errorf("%s: %s, want %s", tt.id, got, tt.want)
		}
	}
}

func TestPrepareLeavesForms(t *testing.T) {
	contentType, body := form(t, "model", "whisper-1", "stream", "true", "file", "\x00\xff")
	r := route(t, "POST", "/llm/openai/audio/transcriptions")
	f, err := r.Inspect(contentType, body)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := r.Prepare(f, bytes.Clone(body), r.Ceiling(f, provider.Price{}, 8192, 5)); !bytes.Equal(got, body) {
		t.Errorf("%q", got)
	}
}

func TestInspectRefusesNumbersThatMakeNoSense(t *testing.T) {
	for _, tt := range []struct{ path, body string }{
		{chat, `{"max_tokens":true}`}, {chat, `{"max_tokens":{}}`}, {chat, `{"max_tokens":"many"}`}, {chat, `{"max_tokens":1.5}`},
		{chat, `{"max_tokens":"5"}`}, {chat, `{"max_completion_tokens":"5"}`}, {responses, `{"max_output_tokens":"5"}`}, {chat, `{"n":"2"}`},
		{responses, `{"max_tool_calls":"5"}`}, {"/llm/anthropic/v1/messages", `{"tools":[{"max_uses":"5"}]}`},
		{chat, `{"max_tokens":1000000000000}`}, {chat, `{"max_tokens":1e12}`}, {responses, `{"max_output_tokens":9007199254740993}`},
		{chat, `{"max_completion_tokens":99999999999999999999}`}, {generate, `{"generationConfig":{"maxOutputTokens":"9000000000000000000"}}`},
		{chat, `{"n":-1}`}, {chat, `{"n":1048577}`}, {chat, `{"n":"x"}`}, {chat, `{"Max_Tokens":5}`}, {chat, `{"N":5}`},
		{chat, `{"max_to\u212aens":5}`}, {chat, `{"Stream_Options":{}}`},
		{chat, `{"stream":true,"stream_options":{"include_usage":1}}`}, {chat, `{"stream_options":{"include_usage":true,"include_usage":false}}`},
		{generate, `{"generationConfig":{},"generation_config":{}}`}, {generate, `{"generationConfig":{"maxOutputTokens":1,"max_output_tokens":2}}`},
		{generate, `{"generationConfig":{"maxOutputTokens":[]}}`},
	} {
		if _, err := route(t, "POST", tt.path).Inspect("application/json", []byte(tt.body)); err == nil {
			t.Errorf("%s is taken", tt.body)
		}
	}
	_, err := route(t, "POST", chat).Inspect("application/json", []byte(`{"max_tokens":99999999999999999999}`))
	if !errors.Is(err, provider.ErrNumber) {
		t.Errorf("a number that is too large is refused as %v", err)
	}
}

func TestComplete(t *testing.T) {
	for _, tt := range []struct {
		name, path, body string
		reported, want   func(*provider.Usage)
	}{
		{"text", chat, `{}`, func(u *provider.Usage) { u.Input, u.Output = 5, 6 }, func(u *provider.Usage) { u.Input, u.Output, u.Searches = 5, 6, 0 }},
		{"speech", "/llm/openai/audio/speech", `{"input":"h\u00e9"}`, func(*provider.Usage) {}, func(u *provider.Usage) { u.Characters = 2 }},
		{"speech, escaped", "/llm/openai/audio/speech", `{"input":"\ud83d\ude00\uD83D\uDE00 \ud83dx\n\"é😀\ude00\ude00"}`, func(*provider.Usage) {}, func(u *provider.Usage) { u.Characters = 11 }},
		{"pictures that were not counted", "/llm/xai/images/generations", `{"n":3}`, func(*provider.Usage) {}, func(u *provider.Usage) { u.Images = 3 }},
		{"pictures that were", "/llm/xai/images/generations", `{"n":3}`, func(u *provider.Usage) { u.Images = 1 }, func(u *provider.Usage) { u.Images = 1 }},
		{"searches", responses, `{"tools":[{"type":"web_search"}],"max_tool_calls":4}`, func(*provider.Usage) {}, func(u *provider.Usage) { u.Searches = 4 }},
	} {
		r := inspect(t, tt.path, tt.body)
		_, asked := r.prepared(provider.Price{}, 0)
		reported, want := usage(tt.reported), usage(tt.want)
		if got := asked.Complete(reported); got != want {
			t.Errorf("%s: %s, want %s", tt.name, written(got), written(want))
		}
	}
}

// Whatever is sent in place of a body is that body, with a few members more.
func FuzzPrepare(f *testing.F) {
	paths := []string{chat, responses, messages, generate, "/llm/openai/completions", "/llm/mistral/chat/completions", "/llm/openai/embeddings"}
	for _, seed := range []string{
		`{}`, `{"stream":true}`, `{"model":"m","stream":true,"stream_options":{"include_usage":false}}`, `{"max_tokens":null,"stream":true,"stream_options":null}`,
		`{"generationConfig":{"topK":1,"maxOutputTokens":-1}}`, `{"generation_config":[]}`, ` { "n" : 2 , "max_completion_tokens":0}`, `{"stream_options":{ }}`,
		`{"messages":[{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}}]}]}`, `{"prompt":["a",["b"]]}`,
	} {
		for pick := range paths {
			f.Add([]byte(seed), uint8(pick), int64(9))
		}
	}
	ours := []string{"max_tokens", "max_completion_tokens", "max_output_tokens", "stream_options", "generationConfig", "generation_config"}
	f.Fuzz(func(t *testing.T, body []byte, pick uint8, limit int64) {
		r := route(t, "POST", paths[int(pick)%len(paths)])
		facts, err := r.Inspect("application/json", body)
		if err != nil && !errors.Is(err, provider.ErrStoredData) {
			return
		}
		limit = max(limit, 0)
		price := provider.Price{Input: dollar, Output: dollar, MaxInput: 1000, MaxOutput: 100}
		ceiling := r.Ceiling(facts, price, 8192, limit)
		w := r.Worst(facts, "application/json", body, price, true, ceiling)
		if w.Input < 0 || w.Output < 0 || w.Cost < 0 {
			t.Fatalf("%+v", w)
		}
		sent, asked := r.Prepare(facts, bytes.Clone(body), ceiling)
		if ceiling > 0 && asked.Output != ceiling || !asked.Named && limit > 0 && ceiling > max(limit, 1) {
			t.Fatalf("%d of %d: %+v", ceiling, limit, asked)
		}
		if len(sent) > len(body)+provider.EditRoom/2 {
			t.Fatalf("%d bytes became %d", len(body), len(sent))
		}
		again, err := r.Inspect("application/json", sent)
		if err != nil && !errors.Is(err, provider.ErrStoredData) {
			t.Fatalf("%s became %s: %v", body, sent, err)
		}
		// Nothing is left to write, but where the value that stood there is one that the provider refuses.
		if n := r.Ceiling(again, price, 8192, limit); n != 0 && !strings.Contains(string(body), "onfig") {
			t.Fatalf("%s still takes a ceiling of %d", sent, n)
		}
		var before, after map[string]json.RawMessage
		if json.Unmarshal(body, &before) != nil || json.Unmarshal(sent, &after) != nil {
			t.Fatalf("%s became %s", body, sent)
		}
		for _, m := range []map[string]json.RawMessage{before, after} {
			maps.DeleteFunc(m, func(key string, _ json.RawMessage) bool { return slices.Contains(ours, key) })
		}
		if !reflect.DeepEqual(before, after) {
			t.Fatalf("%s became %s", body, sent)
		}
	})
}

func BenchmarkPrepare(b *testing.B) {
	r := inspect(b, chat, `{"model":"gpt-5","stream":true,"messages":[{"role":"user","content":"`+strings.Repeat("hello there ", 75)+`"}]}`)
	pr, _ := prices(b).Find("openai", "gpt-5")
	room := make([]byte, 0, len(r.body)+provider.EditRoom)
	b.ReportAllocs()
	for b.Loop() {
		body := append(room, r.body...)
		ceiling := r.route.Ceiling(r.facts, pr, 8192, 0)
		r.route.Worst(r.facts, r.contentType, body, pr, true, ceiling)
		r.route.Prepare(r.facts, body, ceiling)
	}
}
