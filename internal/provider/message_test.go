package provider_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/provider"
)

const (
	realtime = "/llm/openai/realtime"
	live     = "/llm/google/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
)

func socket(t testing.TB, path string) *provider.Route {
	t.Helper()
	c, err := provider.Default().With(provider.Override{ID: "own", BaseURL: "https://own.example/v1"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Socket(path)
	if err != nil {
		t.Fatal(path, err)
	}
	return r
}

func TestSocketRoutes(t *testing.T) {
	for path, want := range map[string]string{
		realtime:                  "https://api.openai.com/v1/realtime",
		"/llm/openai/v1/realtime": "https://api.openai.com/v1/realtime",
		"/llm/openai//realtime":   "https://api.openai.com/v1/realtime",
		"/llm/own/realtime":       "https://own.example/v1/realtime",
		live:                      "https://generativelanguage.googleapis.com/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
		strings.Replace(live, "v1beta", "v1alpha", 1):             "https://generativelanguage.googleapis.com/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContent",
		strings.Replace(live, "v1beta", "v1", 1):                  "https://generativelanguage.googleapis.com/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent",
		strings.Replace(live, "/llm/google/", "/llm/google//", 1): "https://generativelanguage.googleapis.com/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
	} {
		if r := socket(t, path); r.URL("key=x&access_token=y") != want || r.Endpoint.Class != provider.Inference {
			t.Errorf("%s goes to %s", path, r.URL("key=x&access_token=y"))
		}
	}
	c := provider.Default()
	for path, want := range map[string]error{
		"/llm/openai/chat/completions":                            provider.ErrMethod,
		"/llm/openai/models":                                      provider.ErrMethod,
		"/llm/openai/realtime/":                                   provider.ErrUnknownEndpoint,
		"/llm/openai/realtime/x":                                  provider.ErrUnknownEndpoint,
		"/llm/anthropic/realtime":                                 provider.ErrUnknownEndpoint,
		"/llm/nobody/realtime":                                    provider.ErrUnknownProvider,
		live + "Constrained":                                      provider.ErrUnknownEndpoint, // for keys that auth_tokens makes
		strings.Replace(live, "v1beta", "v2", 1):                  provider.ErrUnknownEndpoint,
		strings.Replace(live, "GenerativeService", "Any", 1):      provider.ErrUnknownEndpoint,
		strings.Replace(live, "/ws/", "/", 1):                     provider.ErrUnknownEndpoint,
		strings.Replace(live, "/llm/google/", "/llm/mistral/", 1): provider.ErrUnknownEndpoint,
	} {
		if r, err := c.Socket(path); !errors.Is(err, want) {
			t.Errorf("%s: %v, %v, want %v", path, r, err, want)
		}
	}
	if r, err := c.Socket("/llm/openai/realtime/calls"); err != nil || r.Endpoint.Class != provider.Never || r.URL("") != "" {
		t.Errorf("%v, %v", r, err)
	}
	for _, method := range []string{"GET", "POST", "WS"} { // a request without an upgrade, whatever its method is called
		if r, err := c.Route(method, realtime); !errors.Is(err, provider.ErrMethod) {
			t.Errorf("%s: %v, %v", method, r, err)
		}
	}
	if _, methods, err := c.Methods(realtime); err != nil || fmt.Sprint(methods) != "[GET]" {
		t.Errorf("%v, %v", methods, err)
	}
}

func TestDecodeRefusesOddSockets(t *testing.T) {
	const file = `{"providers":[{"id":"openai","name":"O","base":"https://o.example","auth":["bearer"],"test":"/models","sections":[{"prefixes":{"":""},"inference":[ROW]}]}]}`
	for row, good := range map[string]bool{
		`{"at":"WS /a","shape":"openai-realtime","subprotocols":["x"]}`:             true,
		`{"at":"WS /a","shape":"gemini-live"}`:                                      true,
		`{"at":"WS /a"}`:                                                            false, // its messages could name any model
		`{"at":"WS /a","shape":"openai-chat"}`:                                      false,
		`{"at":"WS /a","shape":"openai-realtime","bodies":["json"]}`:                false,
		`{"at":"WS /a","shape":"openai-realtime","stream":true}`:                    false,
		`{"at":"POST /a","shape":"openai-realtime"}`:                                false,
		`{"at":"POST /a","shape":"openai-chat","subprotocols":["x"]}`:               false,
		`{"at":"WS /a*","shape":"gemini-live"}`:                                     false,
		`{"at":"WS /a","shape":"gemini-live"},{"at":"WS /a","shape":"gemini-live"}`: false,
	} {
		if _, err := provider.Decode([]byte(strings.Replace(file, "ROW", row, 1))); (err == nil) != good {
			t.Errorf("%s: %v", row, err)
		}
	}
}

func TestInspectQuery(t *testing.T) {
	for _, c := range []struct {
		path, query string
		want        provider.Facts
		url         string // the query that passes
		bad         bool
	}{
		{realtime, "model=gpt-realtime", provider.Facts{Model: "gpt-realtime", Stream: true}, "?model=gpt-realtime", false},
		{realtime, "key=k&model=gpt-realtime&call_id=rtc_1", provider.Facts{Model: "gpt-realtime", Stream: true}, "?model=gpt-realtime", false},
		{realtime, "", provider.Facts{More: true, Stream: true}, "", false},
		{realtime, "Model=a", provider.Facts{More: true, Stream: true}, "", false},
		{realtime, "model=a&model=b", provider.Facts{}, "", true},
		{realtime, "model=a&mod%65l=b", provider.Facts{}, "", true},
		{realtime, "model=", provider.Facts{}, "", true},
		{realtime, "model=a%0ab", provider.Facts{}, "", true},
		{realtime, "model=" + strings.Repeat("m", 300), provider.Facts{}, "", true},
		{live, "key=k&model=a", provider.Facts{Later: true, Stream: true}, "", false},
	} {
		r := socket(t, c.path)
		f, err := r.InspectQuery(c.query)
		if f != c.want || (err != nil) != c.bad || err != nil && !errors.Is(err, provider.ErrBadBody) {
			t.Errorf("%s?%s: %+v, %v", c.path, c.query, f, err)
		}
		if got := strings.TrimPrefix(r.URL(c.query), r.URL("")); err == nil && got != c.url {
			t.Errorf("%s?%s passes %q", c.path, c.query, got)
		}
	}
}

func TestSubprotocols(t *testing.T) {
	r := socket(t, realtime)
	got := r.Subprotocols([]string{"realtime", "openai-insecure-api-key.sk-x", "openai-organization.o", "openai-project.p", "openai-beta.realtime-v1", "x", "Realtime"})
	if fmt.Sprint(got) != "[realtime openai-beta.realtime-v1]" {
		t.Errorf("%v pass", got)
	}
	if got := socket(t, live).Subprotocols([]string{"realtime"}); got != nil {
		t.Errorf("%v pass", got)
	}
}

func TestInspectMessageNamesModels(t *testing.T) {
	for _, c := range []struct {
		path, message string
		models        string
		more          bool
	}{
		{realtime, `{"type":"input_audio_buffer.append","audio":"UklGR"}`, "[]", false},
		{realtime, `{"type":"session.update","session":{"model":"gpt-realtime","audio":{"input":{"transcription":{"model":"whisper-1"}}}}}`, "[gpt-realtime whisper-1]", false},
		{realtime, `{"type":"session.update","session":{"mod\u0065l":"a","Model":"b","MODEL":"c","model":"a"}}`, "[a b c]", false},
		{realtime, `{"type":"response.create","response":{"model":"x","conversation":"none","metadata":{"model":"page's own"},"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{"model":{"type":"string"}}}}]}}`, "[x]", false},
		{realtime, `{"type":"response.create","response":{"input":[{"type":"item_reference","id":"item_1"}]}}`, "[]", false},
		{realtime, `{"type":"session.update","session":{"model":null,"tools":[]}}`, "[]", false},
		{realtime, `{"type":"session.update","session":{"fallbacks":["a"]}}`, "[]", true},
		{realtime, `{"type":"conversation.item.create","item":{"id":"msg_1","type":"message","role":"user","content":[{"type":"input_text","text":"\"model\":\"z\""}]}}`, "[]", false},
		{live, `{"setup":{"model":"models/gemini-2.5-flash","generationConfig":{"responseModalities":["AUDIO"]}}}`, "[gemini-2.5-flash]", false},
		{live, `{"setup":{"model":"a"},"clientContent":{"turns":[{"role":"model","parts":[{"text":"x"}]}]}}`, "[a]", false},
		{live, `{"setup":{"model":"a","sessionResumption":{}}}`, "[a]", false},
		{live, `{"setup":{"model":"a","model":"b"}}`, "[a b]", false},
		{live, `{"toolResponse":{"functionResponses":[{"id":"1","response":{"model":"page's own","fileUri":"x"}}]}}`, "[]", false},
		{live, ` {"realtimeInput":{"audio":{"data":"AAAA","mimeType":"audio/pcm"}}} `, "[]", false},
	} {
		n, err := socket(t, c.path).InspectMessage([]byte(c.message))
		if err != nil || fmt.Sprint(n.Models) != c.models || n.More != c.more {
			t.Errorf("%s: %+v, %v", c.message, n, err)
		}
	}
}

func TestInspectMessageRefuses(t *testing.T) {
	many := make([]string, 33)
	for i := range many {
		many[i] = fmt.Sprintf(`{"model":"m%d"}`, i)
	}
	for _, c := range []struct {
		path, message string
		want          error
	}{
		{realtime, ``, provider.ErrBadBody},
		{realtime, `[]`, provider.ErrBadBody},
		{realtime, `{"type":"a"} {}`, provider.ErrBadBody},
		{realtime, "{\"type\":\"\xff\"}", provider.ErrBadBody},
		{realtime, `{"type":"session.update","type":"x"}`, provider.ErrBadBody},
		{realtime, `{"session":{},"Session":{}}`, provider.ErrBadBody},
		{realtime, `{"session":{"model":{"a":1}}}`, provider.ErrBadBody},
		{realtime, `{"session":{"model":""}}`, provider.ErrBadBody},
		{realtime, `{"session":{"x":[` + strings.Join(many, ",") + `]}}`, provider.ErrBadBody},
		{realtime, `{"type":"session.update","session":{"prompt":{"id":"pmpt_1"}}}`, provider.ErrStoredData},
		{realtime, `{"type":"response.create","response":{"prompt":{"id":"pmpt_1","version":"1"}}}`, provider.ErrStoredData},
		{realtime, `{"type":"conversation.item.create","item":{"content":[{"type":"input_image","file_id":"file_1"}]}}`, provider.ErrStoredData},
		{realtime, `{"type":"session.update","session":{"tools":[{"type":"file_search"}]}}`, provider.ErrStoredData},
		{realtime, `{"type":"session.update","session":{"model":"x@preset/mine"}}`, provider.ErrStoredData},
		{live, `{"setup":{"model":"a","cachedContent":"cachedContents/1"}}`, provider.ErrStoredData},
		{live, `{"setup":{"model":"a","sessionResumption":{"handle":"h"}}}`, provider.ErrStoredData},
		{live, `{"setup":{"model":"a","session_resumption":{"handle":"h"}}}`, provider.ErrStoredData},
		{live, `{"clientContent":{"turns":[{"parts":[{"fileData":{"fileUri":"files/1"}}]}]}}`, provider.ErrStoredData},
		{live, `{"clientContent":{"turns":[{"parts":[{"file_data":{"file_uri":"files/1"}}]}]}}`, provider.ErrStoredData},
		{live, `{"setup":{"model":"a","tools":[{"fileSearch":{"fileSearchStoreNames":["s"]}}]}}`, provider.ErrStoredData},
	} {
		n, err := socket(t, c.path).InspectMessage([]byte(c.message))
		if !errors.Is(err, c.want) || n.Models != nil || n.More {
			t.Errorf("%.80s: %+v, %v", c.message, n, err)
		}
	}
}

// Whatever passes is JSON for the standard library too, and every model that it finds is reported.
func FuzzInspectMessage(f *testing.F) {
	for _, seed := range []string{
		`{"type":"session.update","session":{"model":"a","audio":{"input":{"transcription":{"model":"b"}}}}}`, `{"setup":{"model":"models/a"}}`,
		`{"session":{"mod\u0065l":"x","Model":"y"}}`, `{"session":[{"model":null},{"model":"\ud83d\ude00"}]}`, `{"parameters":{"model":"x"},"a":{"m_odel":"z"}}`,
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, message []byte, gemini bool) {
		path := realtime
		if gemini {
			path = live
		}
		n, err := socket(t, path).InspectMessage(message)
		if err != nil {
			return
		}
		var read map[string]any
		if err := json.Unmarshal(message, &read); err != nil {
			t.Fatalf("passed, but: %v", err)
		}
		for _, m := range modelsIn(read) {
			if gemini {
				m = strings.TrimPrefix(m, "models/")
			}
			if !slices.Contains(n.Models, m) {
				t.Fatalf("%q was not reported, but %q", m, n.Models)
			}
		}
	})
}

// modelsIn are the models that a reader of JSON finds outside the data of the page's own.
func modelsIn(v any) (found []string) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			switch key {
			case "model":
				if s, ok := value.(string); ok {
					found = append(found, s)
				}
			case "parameters", "schema", "metadata", "args", "response", "labels", "parametersJsonSchema", "parameters_json_schema",
				"responseSchema", "response_schema", "responseJsonSchema", "response_json_schema", "_responseJsonSchema":
			default:
				found = append(found, modelsIn(value)...)
			}
		}
	case []any:
		for _, value := range v {
			found = append(found, modelsIn(value)...)
		}
	}
	return found
}

func TestMessageMeter(t *testing.T) {
	const done = `{"type":"response.done","event_id":"e","response":{"object":"realtime.response","output":[{"content":[{"transcript":"usage"}]}],` +
		`"usage":{"total_tokens":253,"input_tokens":132,"output_tokens":121,"input_token_details":{"text_tokens":119,"audio_tokens":13,"image_tokens":0,"cached_tokens":64,` +
		`"cached_tokens_details":{"text_tokens":64,"audio_tokens":0,"cached_tokens":7777}},"output_token_details":{"text_tokens":30,"audio_tokens":91}}}}`
	for name, c := range map[string]struct {
		path      string
		messages  []string
		in, out   int64
		cached    int64
		reasoning int64
	}{
		"nothing":     {realtime, []string{`{"type":"response.output_audio.delta","delta":"UklGR"}`}, -1, -1, -1, -1},
		"an answer":   {realtime, []string{done}, 132, 121, 64, -1},
		"two answers": {realtime, []string{done, `{"type":"session.updated"}`, done}, 264, 242, 128, -1},
		"a transcription": {realtime, []string{`{"type":"conversation.item.input_audio_transcription.completed","transcript":"x","usage":{"type":"tokens","total_tokens":22,"input_tokens":13,` +
			`"input_token_details":{"text_tokens":0,"audio_tokens":13},"output_tokens":9}}`, done}, 145, 130, 64, -1},
		"begun only":      {realtime, []string{`{"type":"response.created","response":{"usage":null}}`}, -1, -1, -1, -1},
		"elsewhere":       {realtime, []string{`{"item":{"usage":{"input_tokens":5}},"response":{"a":{"usage":{"input_tokens":6}}}}`}, -1, -1, -1, -1},
		"Live":            {live, []string{`{"serverContent":{"turnComplete":true},"usageMetadata":{"promptTokenCount":522,"responseTokenCount":42,"totalTokenCount":564,"thoughtsTokenCount":136,"promptTokensDetails":[{"modality":"TEXT","tokenCount":332}]}}`}, 522, 178, -1, 136},
		"Live, two turns": {live, []string{`{"usageMetadata":{"promptTokenCount":10,"responseTokenCount":1}}`, `{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"data":"AAAA"}}]}}}`, `{"usageMetadata":{"promptTokenCount":20,"responseTokenCount":2,"cachedContentTokenCount":8,"toolUsePromptTokenCount":3}}`}, 33, 3, 8, -1},
		"no JSON":         {live, []string{`"usageMetadata" {{{{{`, `}`, `{"usageMetadata":{"promptTokenCount":1}}`}, 1, -1, -1, -1},
		"huge":            {realtime, slices.Repeat([]string{`{"response":{"usage":{"input_tokens":1125899906842624}}}`}, 20000), 1 << 50, -1, -1, -1},
	} {
		t.Run(name, func(t *testing.T) {
			r := socket(t, c.path)
			whole, cut := r.MessageMeter(), r.MessageMeter()
			for _, m := range c.messages {
				whole.Read([]byte(m), true)
				for b := []byte(m); ; b = b[1:] {
					cut.Read(b[:min(1, len(b))], len(b) <= 1)
					if len(b) <= 1 {
						break
					}
				}
			}
			want := provider.NoUsage
			want.Input, want.Output, want.CachedInput, want.Reasoning = c.in, c.out, c.cached, c.reasoning
			if name == "an answer" {
				want.AudioInput, want.AudioOutput, want.ImageInput = 13, 91, 0
			}
			for how, got := range map[string]provider.Usage{"whole": whole.Usage(), "byte by byte": cut.Usage()} {
				if name == "two answers" || name == "a transcription" { // their parts are summed up like the whole
					got.AudioInput, got.AudioOutput, got.ImageInput = -1, -1, -1
				}
				if got != want {
					t.Errorf("%s: %+v", how, got)
				}
			}
		})
	}
}

func BenchmarkMessageMeterAudio(b *testing.B) {
	m := socket(b, realtime).MessageMeter()
	audio := []byte(`{"type":"response.output_audio.delta","delta":"` + string(bytes.Repeat([]byte("UklGR"), 2000)) + `"}`)
	b.SetBytes(int64(len(audio)))
	b.ReportAllocs()
	for b.Loop() {
		m.Read(audio, true)
	}
}

func BenchmarkInspectMessageAudio(b *testing.B) {
	r := socket(b, realtime)
	audio := []byte(`{"type":"input_audio_buffer.append","audio":"` + string(bytes.Repeat([]byte("UklGR"), 2000)) + `"}`)
	b.SetBytes(int64(len(audio)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.InspectMessage(audio); err != nil {
			b.Fatal(err)
		}
	}
}
