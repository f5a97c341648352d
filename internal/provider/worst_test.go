package provider_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/provider"
)

// inspected is a request of a page, with what policy found in it.
type inspected struct {
	route       *provider.Route
	contentType string
	body        []byte
	facts       provider.Facts
}

func inspect(t testing.TB, path, body string) inspected {
	t.Helper()
	r := inspected{route: route(t, "POST", path), contentType: "application/json", body: []byte(body)}
	f, err := r.route.Inspect(r.contentType, r.body)
	if err != nil && !errors.Is(err, provider.ErrStoredData) {
		t.Fatalf("%s %.200s: %v", path, body, err)
	}
	r.facts = f
	return r
}

// worst is the worst case at a price, with the setting's usual ceiling.
func (r inspected) worst(pr provider.Price) provider.Worst {
	ceiling := r.route.Ceiling(r.facts, pr, 8192, 0)
	return r.route.Worst(r.facts, r.contentType, r.body, pr, true, ceiling)
}

const hidden = 1024 // tokens that providers add

func TestWorstTokens(t *testing.T) {
	small := provider.Price{Input: dollar, Output: dollar, MaxInput: 100_000, MaxOutput: 4096, Search: 1}
	bare := provider.Price{Input: dollar, Output: dollar}
	picture := "data:image/png;base64," + strings.Repeat("QUJD", 100)
	size := func(body string) int64 { return int64(len(body)) + hidden }
	for _, tt := range []struct {
		name, path, body string
		price            provider.Price
		input, output    int64 // input 0: the size of the body and what providers add
		priced           bool
	}{
		{"no ceiling", chat, `{"model":"m","messages":[]}`, bare, 0, 8192, true},
		{"the model's ceiling", chat, `{"model":"m","messages":[]}`, small, 0, 4096, true},
		{"a named one", chat, `{"model":"m","max_completion_tokens":7}`, small, 0, 7, true},
		{"named above the model's", chat, `{"model":"m","max_tokens":70000}`, small, 0, 70_000, true},
		{"named twice, the larger", chat, `{"model":"m","max_tokens":7,"max_completion_tokens":9}`, small, 0, 9, true},
		{"named none", chat, `{"model":"m","max_tokens":null,"max_completion_tokens":-1}`, small, 0, 4096, true},
		{"in another way of writing", chat, `{"model":"m","max_tokens":1.0e2}`, small, 0, 100, true},
		{"a very large one", chat, `{"model":"m","max_tokens":999999999999}`, small, 0, 999_999_999_999, true},
		{"several answers", chat, `{"model":"m","max_tokens":10,"n":3}`, small, 0, 30, true},
		{"no answers", chat, `{"model":"m","max_tokens":10,"n":null}`, small, 0, 10, true},
		{"best of many", "/llm/openai/completions", `{"model":"m","max_tokens":10,"n":3,"best_of":5,"prompt":"x"}`, small, 0, 50, true},
		{"several prompts", "/llm/openai/completions", `{"model":"m","max_tokens":10,"n":2,"prompt":["a","b","c"]}`, small, 0, 60, true},
		{"several prompts in tokens", "/llm/openai/completions", `{"model":"m","max_tokens":10,"prompt":[[1,2],[3]]}`, small, 0, 20, true},
		{"one prompt in tokens", "/llm/openai/completions", `{"model":"m","max_tokens":10,"prompt":[1,2,3]}`, small, 0, 10, true},
		{"the provider's usual ceiling", "/llm/openai/completions", `{"model":"m","prompt":"x"}`, small, 0, 16, true},
		{"responses", responses, `{"model":"m","input":"x","max_output_tokens":5}`, small, 0, 5, true},
		{"a field that is not this endpoint's", responses, `{"model":"m","input":"x","max_tokens":5}`, small, 0, 5, true},
		{"compacting takes no ceiling", responses + "/compact", `{"model":"m","input":"x"}`, small, 0, 4096, true},
		{"nor does a prediction", chat, `{"model":"m","prediction":{"type":"content","content":"x"}}`, small, 0, 4096, true},
		{"Anthropic", messages, `{"model":"m","max_tokens":64,"messages":[]}`, small, 0, 64, true},
		{"Anthropic, only to fill the cache", messages, `{"model":"m","max_tokens":0,"messages":[]}`, small, 0, 0, true},
		{"Gemini", generate, `{"contents":[],"generationConfig":{"maxOutputTokens":50,"candidateCount":3}}`, small, 0, 150, true},
		{"Gemini, the other spelling", generate, `{"contents":[],"generation_config":{"max_output_tokens":"50"}}`, small, 0, 50, true},
		{"DeepSeek passes over the newer name", "/llm/deepseek/chat/completions", `{"model":"m","max_completion_tokens":20}`, small, 0, 20, true},
		{"tools", chat, `{"model":"m","max_tokens":1,"tools":[{"type":"function","function":{"name":"f"}}]}`, small, -hidden, 1, true},

		{"a picture", chat, `{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"image_url","image_url":{"url":"` + picture + `"}}]}]}`, small, 50_000 + int64(len(`{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"image_url","image_url":{"url":""}}]}]}`)) + hidden, 1, true},
		{"a picture in low detail", chat, `{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"image_url","image_url":{"detail":"low","url":"` + picture + `"}}]}]}`, small, 3_000 + int64(len(`{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"image_url","image_url":{"detail":"low","url":""}}]}]}`)) + hidden, 1, true},
		{"a picture in responses", responses, `{"model":"m","max_output_tokens":1,"input":[{"content":[{"type":"input_image","image_url":"` + picture + `"}]}]}`, provider.Price{ImageTokens: 700}, 700 + int64(len(`{"model":"m","max_output_tokens":1,"input":[{"content":[{"type":"input_image","image_url":""}]}]}`)) + hidden, 1, true},
		{"Anthropic's picture", messages, `{"model":"m","max_tokens":1,"messages":[{"content":[{"source":{"data":"` + picture + `","media_type":"image/png","type":"base64"},"type":"image"}]}]}`, small, 6_000 + int64(len(`{"model":"m","max_tokens":1,"messages":[{"content":[{"source":{"data":"","media_type":"image/png","type":"base64"},"type":"image"}]}]}`)) + hidden, 1, true},
		{"Gemini's picture", generate, `{"generationConfig":{"maxOutputTokens":1},"contents":[{"parts":[{"inlineData":{"data":"` + picture + `","mimeType":"image/png"}}]}]}`, small, 4_096 + int64(len(`{"generationConfig":{"maxOutputTokens":1},"contents":[{"parts":[{"inlineData":{"data":"","mimeType":"image/png"}}]}]}`)) + hidden, 1, true},

		{"a document", messages, `{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"}}]}]}`, small, 100_000, 1, true},
		{"a document behind an address", messages, `{"model":"m","max_tokens":1,"messages":[{"content":[{"source":{"type":"url","url":"https://x"},"type":"document"}]}]}`, small, 100_000, 1, true},
		{"a document of a model whose window is not known", chat, `{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"file","file":{"file_data":"data:application/pdf;base64,JVBE"}}]}]}`, bare, 10_000_000, 1, true},
		{"a data URL that is no picture", chat, `{"model":"m","max_tokens":1,"messages":[{"content":[{"image_url":{"url":"data:application/pdf;base64,JVBE"}}]}]}`, small, 100_000, 1, true},
		{"sound at Gemini", generate, `{"generationConfig":{"maxOutputTokens":1},"contents":[{"parts":[{"inline_data":{"mime_type":"audio/flac","data":"AAAA"}}]}]}`, small, 100_000, 1, true},
		{"a document at OpenRouter", "/llm/openrouter/chat/completions", `{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"file","file":{"file_data":"x"}}]}]}`, small, 100_000, 1, false},

		{"searches that are bounded", messages, `{"model":"m","max_tokens":1,"tools":[{"type":"web_search_20250305","name":"web_search","max_uses":2}]}`, small, 300_000, 1, true},
		{"searches without a price", messages, `{"model":"m","max_tokens":1,"tools":[{"type":"web_search_20250305","name":"web_search","max_uses":2}]}`, bare, 30_000_000, 1, false},
		{"searches without a bound", messages, `{"model":"m","max_tokens":1,"tools":[{"type":"web_search_20250305","name":"web_search"}]}`, small, 1 << 61, 1, false},
		{"searches in responses", responses, `{"model":"m","max_output_tokens":1,"tools":[{"type":"web_search"}],"max_tool_calls":4,"input":"x"}`, small, 500_000, 1, true},
		{"code that the provider runs", responses, `{"model":"m","max_output_tokens":1,"tools":[{"type":"code_interpreter","container":{"type":"auto"}}],"max_tool_calls":1,"input":"x"}`, small, 200_000, 1, false},
		{"a tool that is not known", messages, `{"model":"m","max_tokens":1,"tools":[{"type":"wonder_20270101","name":"w","max_uses":1}]}`, small, 200_000, 1, false},
		{"a connector", messages, `{"model":"m","max_tokens":1,"mcp_servers":[{"type":"url","url":"https://x","name":"x"}]}`, small, 1 << 61, 1, false},
		{"Gemini's search", generate, `{"generationConfig":{"maxOutputTokens":1},"contents":[],"tools":[{"googleSearch":{}}]}`, small, 1 << 61, 1, false},
		{"Gemini's functions", generate, `{"generationConfig":{"maxOutputTokens":1},"contents":[],"tools":[{"functionDeclarations":[{"name":"f"}],"googleSearch":null}]}`, small, -hidden, 1, true},
		{"a model that searches by itself", chat, `{"model":"m","max_tokens":1,"web_search_options":{}}`, small, 1 << 61, 1, false},
		{"tools that the page runs", messages, `{"model":"m","max_tokens":1,"tools":[{"name":"f","input_schema":{"type":"object"}},{"type":"bash_20250124","name":"bash"},{"type":"custom","name":"g"}]}`, small, -hidden, 1, true},

		{"faster, for more", chat, `{"model":"m","max_tokens":1,"service_tier":"priority"}`, small, 0, 1, false},
		{"slower, for less", chat, `{"model":"m","max_tokens":1,"service_tier":"flex"}`, small, 0, 1, true},
		{"as usual", messages, `{"model":"m","max_tokens":1,"service_tier":"auto","speed":"standard"}`, small, 0, 1, true},
		{"Anthropic's fast mode", messages, `{"model":"m","max_tokens":1,"speed":"fast"}`, small, 0, 1, false},
		{"in one country", messages, `{"model":"m","max_tokens":1,"inference_geo":"us"}`, small, 0, 1, false},
		{"models to fall back on", chat, `{"model":"m","max_tokens":1,"fallbacks":["n"]}`, small, 0, 1, false},

		{"embeddings", "/llm/openai/embeddings", `{"model":"m","input":["a","b"]}`, small, 0, 0, true},
		{"a count", messages + "/count_tokens", `{"model":"m","messages":[]}`, small, -1, 0, true},
		{"judging is free", "/llm/openai/moderations", `{"input":"x"}`, small, -1, 0, true},
		{"something without a price", "/llm/openrouter/rerank", `{"model":"m","query":"x"}`, small, int64(len(`{"model":"m","query":"x"}`)), 0, false},
		{"what was answered before", responses, `{"model":"m","input":"x","max_output_tokens":5,"previous_response_id":"resp_1"}`, small, 100_000, 5, true},
		{"a batch", messages + "/batches", `{"requests":[]}`, small, int64(len(`{"requests":[]}`)), 0, false},
		{"a thread", "/llm/openai/threads", `{}`, small, -1, 0, true},
		{"a container", "/llm/openai/containers", `{"name":"x"}`, small, int64(len(`{"name":"x"}`)), 0, false},
	} {
		r := inspect(t, tt.path, tt.body)
		want := provider.Worst{Input: tt.input, Output: tt.output, Priced: tt.priced}
		switch tt.input {
		case 0:
			want.Input = size(tt.body)
		case -hidden:
			want.Input = size(tt.body) + hidden
		case -1:
			want.Input = 0
		case 1 << 61:
			want.Input = (1<<63 - 1) / 4
		}
		got := r.worst(tt.price)
		got.Cost = 0
		if got != want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, want)
		}
	}
	if w := inspectGet(t).worst(small); w != (provider.Worst{Priced: true}) {
		t.Errorf("a list of models: %+v", w)
	}
}

func inspectGet(t testing.TB) inspected {
	return inspected{route: route(t, "GET", "/llm/openai/models")}
}

func TestWorstCost(t *testing.T) {
	sonnet := provider.Price{Input: 3 * dollar, CachedInput: dollar * 3 / 10, CacheWrite: dollar * 375 / 100, CacheWriteHour: 6 * dollar, Output: 15 * dollar}
	audio := provider.Price{Input: dollar, AudioInput: 10 * dollar, Output: dollar, AudioOutput: 20 * dollar}
	long := provider.Price{Input: dollar, Output: dollar, Long: provider.Long{Above: 2000, Input: 2 * dollar, Output: 3 * dollar}}
	cost := func(body string, input, output int64) int64 {
		return ((int64(len(body))+hidden)*input*100 + output*100 + 99) / 100
	}
	plain := `{"model":"m","max_tokens":10,"messages":[]}`
	marked := `{"model":"m","max_tokens":10,"system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]}`
	hour := `{"model":"m","max_tokens":10,"system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":"1h"}}]}`
	heard := `{"model":"m","max_tokens":10,"messages":[{"content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]}]}`
	spoken := `{"model":"m","max_tokens":10,"modalities":["text","audio"],"audio":{"voice":"a","format":"wav"}}`
	lengthy := `{"model":"m","max_tokens":10,"messages":[{"content":"` + strings.Repeat("x", 2000) + `"}]}`
	for _, tt := range []struct {
		name, path, body string
		price            provider.Price
		want             int64
	}{
		{"nothing goes into the cache unmarked", messages, plain, sonnet, cost(plain, 3, 150)},
		{"what is marked does", messages, marked, sonnet, ((int64(len(marked))+hidden)*375 + 15_000 + 99) / 100},
		{"for an hour", messages, hour, sonnet, cost(hour, 6, 150)},
		{"others write by themselves", chat, plain, sonnet, cost(plain, 6, 150)},
		{"text alone", chat, plain, audio, cost(plain, 1, 10)},
		{"something to listen to", chat, heard, audio, cost(heard, 10, 10)},
		{"something to hear", chat, spoken, audio, cost(spoken, 1, 200)},
		{"a long input", chat, lengthy, long, cost(lengthy, 2, 30)},
		{"speech", "/llm/openai/audio/speech", `{"model":"tts-1","input":"h\u00e9llo 😀"}`, provider.Price{Character: 15 * dollar}, 7 * 15},
		{"a picture", "/llm/xai/images/generations", `{"model":"m","prompt":"x"}`, provider.Price{Image: 70_000}, 70_000},
		{"several pictures", "/llm/xai/images/generations", `{"model":"m","prompt":"x","n":3}`, provider.Price{Image: 70_000}, 210_000},
		{"Google makes four", "/llm/google/v1beta/models/imagen:predict", `{"instances":[{"prompt":"x"}]}`, provider.Price{Image: 40_000}, 160_000},
		{"or as many as it is told", "/llm/google/v1beta/models/imagen:predict", `{"instances":[{"prompt":"x"}],"parameters":{"sampleCount":2}}`, provider.Price{Image: 40_000}, 80_000},
		{"pictures in tokens", "/llm/openai/images/generations", `{"model":"gpt-image-1","prompt":"x"}`, provider.Price{Output: 40 * dollar}, 6_240 * 40},
		{"of a lesser quality", "/llm/openai/images/generations", `{"model":"gpt-image-1","prompt":"x","quality":"low","n":2,"partial_images":3}`, provider.Price{Output: 40 * dollar}, 2 * (408 + 300) * 40},
	} {
		if got := inspect(t, tt.path, tt.body).worst(tt.price); got.Cost != tt.want || !got.Priced {
			t.Errorf("%s: %+v, want %d", tt.name, got, tt.want)
		}
	}
	// What has no price costs nothing that could be reckoned with.
	r := inspect(t, chat, plain)
	if w := r.route.Worst(r.facts, r.contentType, r.body, provider.Price{Input: dollar}, false, 0); w.Priced || w.Cost != 0 {
		t.Errorf("%+v", w)
	}
}

func TestWorstOfForms(t *testing.T) {
	r := inspected{route: route(t, "POST", "/llm/openai/audio/transcriptions")}
	r.contentType, r.body = form(t, "model", "whisper-1", "file", strings.Repeat("x", 50_000))
	var err error
	if r.facts, err = r.route.Inspect(r.contentType, r.body); err != nil {
		t.Fatal(err)
	}
	seconds := int64(len(r.body))/500 + 10
	if w := r.worst(provider.Price{Second: 100 * dollar}); w.Cost != seconds*100 || w.Input != 0 || !w.Priced {
		t.Errorf("%+v, want %d seconds", w, seconds)
	}
	r.route = route(t, "POST", "/llm/openai/images/edits")
	r.contentType, r.body = form(t, "model", "gpt-image-1", "prompt", "hello", "n", "2", "quality", "medium")
	if r.facts, err = r.route.Inspect(r.contentType, r.body); err != nil {
		t.Fatal(err)
	}
	if w := r.worst(provider.Price{Input: dollar, Output: 40 * dollar}); w.Output != 2*1_584 || w.Input != 5+hidden {
		t.Errorf("%+v", w)
	}
	for _, bad := range [][]string{{"n", "-1"}, {"n", "x"}, {"quality", "low", "quality", "high"}} {
		r.contentType, r.body = form(t, append([]string{"model", "m"}, bad...)...)
		if _, err := r.route.Inspect(r.contentType, r.body); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

// For every recorded answer and every price of its provider, what was reserved for its request is at least what it cost. The
// request is as small as one that can bring this usage: with a byte for each token of its input.
func TestWorstIsNeverLessThanTheCost(t *testing.T) {
	all := prices(t).List()
	for _, a := range answers(t) {
		u := read(a.route, a.contentType, []byte(a.body))
		for _, l := range all {
			if l.Provider != a.route.Provider.ID || strings.Contains(l.Model, "realtime") { // those are not to be had by requests
				continue
			}
			body := requestFor(a, u)
			f, err := a.route.Inspect(body.contentType, body.body)
			if err != nil {
				t.Fatalf("%s: %v", a.name, err)
			}
			ceiling := a.route.Ceiling(f, l.Price, 8192, 0)
			w := a.route.Worst(f, body.contentType, body.body, l.Price, true, ceiling)
			_, asked := a.route.Prepare(f, body.body, ceiling)
			cost := l.Price.Cost(asked.Complete(u))
			if w.Input < u.Input && l.Price.Input > 0 || w.Output < u.Output && l.Price.Output > 0 || w.Priced && w.Cost < cost {
				t.Errorf("%s with %s: %+v for %s, which costs %d", a.name, l.Model, w, written(u), cost)
			}
			if !w.Priced {
				t.Errorf("%s with %s has no price", a.name, l.Model)
			}
		}
	}
}

func requestFor(a answer, u provider.Usage) inspected {
	text := strings.Repeat("x", int(max(u.Input, 1)))
	r := inspected{contentType: "application/json"}
	body := fmt.Sprintf(`{"model":"m","max_tokens":%d,"messages":[{"role":"user","content":"%s"}]}`, max(u.Output, 1), text)
	switch _, endpoint, _ := strings.Cut(a.name, "."); {
	case strings.HasPrefix(endpoint, "openai.transcriptions"), strings.HasPrefix(endpoint, "groq.transcriptions"):
		r.contentType = "multipart/form-data; boundary=b"
		body = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n" + text + "\r\n--b--\r\n"
	case strings.Contains(endpoint, ".responses."):
		body = fmt.Sprintf(`{"model":"m","max_output_tokens":%d,"input":"%s"}`, u.Output, text)
	case strings.Contains(endpoint, ".images."):
		body = fmt.Sprintf(`{"model":"gpt-image-1","prompt":"%s","n":%d}`, text, max(u.Images, 1))
	case strings.Contains(endpoint, ".predict."):
		body = `{"instances":[]}`
	case strings.Contains(endpoint, "google.") && !strings.Contains(endpoint, "embed"):
		part := `{"text":"` + text + `"}`
		if u.AudioInput > 0 {
			part = `{"inlineData":{"mimeType":"audio/wav","data":"` + text + `"}}`
		}
		body = fmt.Sprintf(`{"contents":[{"parts":[%s]}],"generationConfig":{"maxOutputTokens":%d}}`, part, u.Output)
	case strings.Contains(endpoint, "google.embed"):
		body = `{"content":{"parts":[{"text":"x"}]}}`
	case strings.HasPrefix(a.name, "tools.anthropic"), strings.HasPrefix(a.name, "cached.anthropic"):
		body = fmt.Sprintf(`{"model":"m","max_tokens":%d,"tools":[{"type":"web_search_20250305","name":"web_search","max_uses":2}],"system":[{"cache_control":{"ttl":"1h"}}]}`, u.Output)
	case strings.HasPrefix(a.name, "stream.anthropic"):
		body = strings.Replace(body, `"messages"`, `"cache_control":{"type":"ephemeral"},"messages"`, 1)
	case strings.HasPrefix(a.name, "audio.openai"):
		body = strings.Replace(body, `"messages"`, `"audio":{"voice":"a"},"x":{"input_audio":{"data":"x"}},"messages"`, 1)
	}
	r.body = []byte(body)
	return r
}

func BenchmarkWorst(b *testing.B) {
	r := inspect(b, chat, `{"model":"gpt-5","stream":true,"messages":[{"role":"user","content":"`+strings.Repeat("hello there ", 75)+`"}]}`)
	pr, _ := prices(b).Find("openai", "gpt-5")
	b.ReportAllocs()
	for b.Loop() {
		r.worst(pr)
	}
}
