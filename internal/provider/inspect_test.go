package provider_test

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/provider"
)

func route(t testing.TB, method, path string) *provider.Route {
	t.Helper()
	r, err := provider.Default().Route(method, path)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

const (
	chat      = "/llm/openai/chat/completions"
	responses = "/llm/openai/responses"
	messages  = "/llm/anthropic/v1/messages"
	generate  = "/llm/google/v1beta/models/gemini-2.5-flash:generateContent"
	stream    = "/llm/google/v1beta/models/gemini-2.5-flash:streamGenerateContent"
)

func TestInspectFacts(t *testing.T) {
	tests := []struct {
		path, body string
		want       provider.Facts
	}{
		{chat, `{"model":"gpt-5","messages":[]}`, provider.Facts{Model: "gpt-5"}},
		{chat, " {\n\t\"stream\" : true , \"model\" : \"gpt-5\" }\r\n", provider.Facts{Model: "gpt-5", Stream: true}},
		{chat, `{"model":"gpt-5","stream":false}`, provider.Facts{Model: "gpt-5"}},
		{chat, `{"model":"gpt-5","stream":null}`, provider.Facts{Model: "gpt-5"}},
		{chat, `{"model":"gpt-5","store":true,"user":"u"}`, provider.Facts{Model: "gpt-5", Store: provider.StoreYes}},
		{chat, `{"\u006dodel":"\u0067pt-5","messages":[{"content":"{\"model\":\"other\"}"}]}`, provider.Facts{Model: "gpt-5"}},
		{chat, `{"messages":[{"model":"other","stream":true}]}`, provider.Facts{More: true}},
		{chat, `{"messages":[{"content":"é \ud83d\ude00 😀"}],"y":-1.5e+3,"x":[0,true,null]}`, provider.Facts{More: true}},
		{chat, `{}`, provider.Facts{More: true}},
		{"/llm/openrouter/chat/completions", `{"model":"a/b:free","models":["a/b:free"]}`, provider.Facts{Model: "a/b:free", More: true}},
		{"/llm/openrouter/chat/completions", `{"model":"a/b","models":{"0":"c/d"}}`, provider.Facts{Model: "a/b", More: true}},
		{"/llm/openrouter/chat/completions", `{"model":"a/b","plugins":[{"id":"auto-router","allowed_models":["*"]}]}`, provider.Facts{Model: "a/b", More: true}},
		{messages, `{"model":"m","fallbacks":[{"model":"n"}]}`, provider.Facts{Model: "m", More: true}},
		{responses, `{"model":"m","input":"x","tools":[{"type":"image_generation","model":"n"}]}`, provider.Facts{Model: "m", More: true}},
		{chat, `{"model":"m","fallbacks":["n"]}`, provider.Facts{Model: "m", More: true}},
		{chat, `{"model":"m","extra_body":{"model":"n"}}`, provider.Facts{Model: "m", More: true}},
		{chat, `{"model":"m","fallbacks":[],"plugins":null}`, provider.Facts{Model: "m"}},
		{"/llm/mistral/v1/chat/completions", `{"model":"mistral-small-latest","stream":true}`, provider.Facts{Model: "mistral-small-latest", Stream: true}},
		{messages, `{"model":"claude-sonnet-4-5","max_tokens":1,"stream":true}`, provider.Facts{Model: "claude-sonnet-4-5", Stream: true}},
		{generate, `{"contents":[]}`, provider.Facts{Model: "gemini-2.5-flash"}},
		{generate, `{"model":"models/gemini-2.5-flash"}`, provider.Facts{Model: "gemini-2.5-flash"}},
		{generate, `{"model":"gemini-2.5-flash"}`, provider.Facts{Model: "gemini-2.5-flash"}},
		{stream, `{"contents":[]}`, provider.Facts{Model: "gemini-2.5-flash", Stream: true}},
		{"/llm/google/v1beta/models/e:batchEmbedContents", `{"requests":[{"model":"models/e","content":{}},{"model":"models/e"}]}`, provider.Facts{Model: "e"}},
	}
	for _, tt := range tests {
		got, err := route(t, "POST", tt.path).Inspect("application/json", []byte(tt.body))
		if err != nil || provider.Policy(got) != tt.want {
			t.Errorf("%s %s: %+v, %v, want %+v", tt.path, tt.body, got, err, tt.want)
		}
	}
}

func TestInspectWithoutBody(t *testing.T) {
	r := route(t, "GET", "/llm/openai/models/gpt-5")
	if got, err := r.Inspect("", nil); err != nil || got != (provider.Facts{}) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := r.Inspect("application/json", []byte("{}")); !errors.Is(err, provider.ErrBadBody) {
		t.Errorf("a GET with a body: %v", err)
	}
}

func TestInspectRefusesBadBodies(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300)
	deepOpaque := `{"metadata":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + "}"
	var many strings.Builder
	for i := range 300 {
		fmt.Fprintf(&many, `"k%d":1,`, i)
	}
	tests := []struct{ path, body string }{
		{chat, ``}, {chat, ` `}, {chat, `null`}, {chat, `[]`}, {chat, `"x"`}, {chat, `{`}, {chat, `{"a"`}, {chat, `{"a":`},
		{chat, `{"a":1`}, {chat, `{"a":1,`}, {chat, `{"a":1,}`}, {chat, `{,}`}, {chat, `{a:1}`}, {chat, `{'a':1}`},
		{chat, `{"a" 1}`}, {chat, `{"a":1 "b":2}`}, {chat, `{"a":[1 2]}`}, {chat, `{"a":[1,]}`}, {chat, `{"a":[}`}, {chat, `{"a":1]`},
		{chat, `{"a":01}`}, {chat, `{"a":+1}`}, {chat, `{"a":1.}`}, {chat, `{"a":.5}`}, {chat, `{"a":1e}`}, {chat, `{"a":-}`}, {chat, `{"a":NaN}`},
		{chat, `{"a":tru}`}, {chat, `{"a":nul`}, {chat, `{"a":True}`}, {chat, `{"a":"\x"}`}, {chat, `{"a":"\u12g4"}`}, {chat, `{"a":"\u12`}, {chat, `{"a":"\`},
		{chat, "{\"a\":\"line\nend\"}"}, {chat, "{\"a\":\"\xff\"}"}, {chat, "\xef\xbb\xbf{}"}, {chat, `{"a":"`}, {chat, `{} {}`}, {chat, `{}x`},
		{chat, `{/*c*/}`}, {chat, "{\"a\":1}\x00"}, {chat, `{"metadata":{"a":}}`}, {chat, `{"metadata":[1,]}`},
		{chat, deep}, {chat, deepOpaque}, {chat, `{` + many.String() + `"z":1}`},
		{chat, `{"model":"a","model":"b"}`},
		{chat, `{"model":"a","model":"a"}`},
		{chat, `{"model":"a","mod\u0065l":"b"}`},
		{chat, `{"model":"a","Model":"b"}`},
		{chat, `{"MODEL":"b"}`},
		{chat, `{"ſtream":true}`},
		{chat, `{"messages":[],"messages":[]}`},
		{chat, `{"model":5}`}, {chat, `{"model":null}`}, {chat, `{"model":["a"]}`}, {chat, `{"model":{"a":1}}`}, {chat, `{"model":""}`},
		{chat, `{"model":"a\nb"}`}, {chat, `{"model":"` + strings.Repeat("m", 257) + `"}`},
		{chat, `{"stream":"true"}`}, {chat, `{"stream":1}`}, {chat, `{"stream":{}}`},
		{"/llm/openrouter/chat/completions", `{"model":"cheap","models":["cheap","dear"]}`},
		{"/llm/openrouter/chat/completions", `{"models":["dear"]}`},
		{"/llm/openrouter/chat/completions", `{"models":["dear"],"model":"cheap"}`},
		{generate, `{"model":"models/gemini-2.5-pro"}`},
		{"/llm/google/v1beta/models/e:batchEmbedContents", `{"requests":[{"model":"models/e"},{"model":"models/f"}]}`},
		{"/llm/google/v1beta/models/e:countTokens", `{"generateContentRequest":{"model":"models/f"}}`},
		{responses, `{"input":[{"type":"message","type":"message"}]}`},
		{responses, `{"input":[{"type":"item_reference","id":"msg_mine","id":"msg_other"}]}`},
		{responses, `{"input":[` + strings.Repeat(`{"type":"item_reference","id":"msg_1"},`, 600) + `{}]}`},
	}
	for _, tt := range tests {
		got, err := route(t, "POST", tt.path).Inspect("application/json", []byte(tt.body))
		if !errors.Is(err, provider.ErrBadBody) || got != (provider.Facts{}) {
			t.Errorf("%s %.80q: %+v, %v", tt.path, tt.body, got, err)
		}
	}
}

func TestInspectRefusesStoredData(t *testing.T) {
	tests := []struct{ path, body string }{
		{responses, `{"model":"m","previous_response_id":"resp_1"}`},
		{responses, `{"previous\u005fresponse_id":"resp_1"}`},
		{responses, `{"Previous_Response_ID":"resp_1"}`},
		{responses, `{"conversation":"conv_1"}`},
		{responses, `{"conversation":{"id":"conv_1"}}`},
		{responses, `{"prompt":{"id":"pmpt_1","variables":{}}}`},
		{responses, `{"input":[{"role":"user","content":[{"type":"input_file","file_id":"file-1"}]}]}`},
		{responses, `{"input":[{"role":"user","content":[{"type":"input_image","detail":"auto","file_id":"file-1"}]}]}`},
		{responses, `{"input":[{"type":"function_call_output","call_id":"c","output":[{"type":"input_file","file_id":"file-1"}]}]}`},
		{responses, `{"input":[{"type":"item_reference","id":"msg_1"}]}`},
		{responses, `{"input":[{"id":"msg_1"}]}`},
		{responses, `{"input":[{"id":"msg_1","type":null}]}`},
		{responses, `{"input":[{"type":"image_generation_call","id":"ig_1"}]}`},
		{responses, `{"tools":[{"type":"file_search","vector_store_ids":["vs_1"]}]}`},
		{responses, `{"tools":[{"type":"file_search"}]}`},
		{responses, `{"tools":[{"vector_store_ids":["vs_1"]}]}`},
		{responses, `{"tools":[{"type":"code_interpreter","container":"cntr_1"}]}`},
		{responses, `{"tools":[{"type":"code_interpreter","container":{"type":"auto","file_ids":["file-1"]}}]}`},
		{responses, `{"tools":[{"type":"shell","environment":{"type":"container_reference","container_id":"cntr_1"}}]}`},
		{responses, `{"tools":[{"type":"shell","environment":{"type":"container_auto","skills":[{"type":"skill_reference","skill_id":"s"}]}}]}`},
		{responses, `{"tools":[{"type":"image_generation","input_image_mask":{"file_id":"file-1"}}]}`},
		{"/llm/openai/responses/compact", `{"previous_response_id":"resp_1"}`},
		{"/llm/openai/responses/input_tokens", `{"conversation":"conv_1"}`},
		{"/llm/groq/responses", `{"previous_response_id":"resp_1"}`},
		{"/llm/xai/responses", `{"tools":[{"type":"collections_search","collection_ids":["c"]}]}`},
		{chat, `{"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}]}`},
		{chat, `{"messages":[{"content":[{"file":{"file_id":null,"file_id":"file-1"}}]}]}`},
		{chat, `{"agent_id":"ag_1"}`},
		{chat, `{"preset":"mine"}`},
		{"/llm/openai/images/edits", `{"images":[{"file_id":"file-1"}]}`},
		{"/llm/openrouter/chat/completions", `{"preset":"mine"}`},
		{"/llm/openrouter/chat/completions", `{"model":"@preset/mine"}`},
		{"/llm/openrouter/chat/completions", `{"model":"a/b@preset/mine"}`},
		{"/llm/mistral/v1/chat/completions", `{"messages":[{"content":[{"type":"file","file_id":"f"}]}]}`},
		{"/llm/mistral/v1/chat/completions", `{"agent_id":"ag_1"}`},
		{"/llm/mistral/v1/chat/completions", `{"tools":[{"type":"document_library","library_ids":["l"]}]}`},
		{"/llm/mistral/v1/ocr", `{"document":{"type":"file","file_id":"f"}}`},
		{messages, `{"messages":[{"content":[{"type":"document","source":{"type":"file","file_id":"file_1"}}]}]}`},
		{messages, `{"messages":[{"content":[{"type":"tool_result","content":[{"type":"image","source":{"type":"file","file_id":"file_1"}}]}]}]}`},
		{messages, `{"messages":[{"content":[{"type":"container_upload","file_id":"file_1"}]}]}`},
		{messages, `{"container":"container_1"}`},
		{messages, `{"container":{"id":"container_1"}}`},
		{messages, `{"container":{"skills":[{"type":"custom","skill_id":"skill_1"}]}}`},
		{generate, `{"cachedContent":"cachedContents/1"}`},
		{generate, `{"cached_content":"cachedContents/1"}`},
		{generate, `{"contents":[{"parts":[{"fileData":{"mimeType":"x","fileUri":"https://x/files/1"}}]}]}`},
		{generate, `{"contents":[{"parts":[{"file_data":{"file_uri":"https://x/files/1"}}]}]}`},
		{generate, `{"contents":[{"parts":[{"functionResponse":{"name":"f","response":{},"parts":[{"fileData":{"fileUri":"u"}}]}}]}]}`},
		{generate, `{"tools":[{"fileSearch":{"fileSearchStoreNames":["fileSearchStores/1"]}}]}`},
		{"/llm/google/v1beta/models/m:countTokens", `{"generateContentRequest":{"model":"models/m","cachedContent":"cachedContents/1"}}`},
	}
	for _, tt := range tests {
		got, err := route(t, "POST", tt.path).Inspect("application/json", []byte(tt.body))
		if !errors.Is(err, provider.ErrStoredData) || got.Stored == nil || len(got.Stored.IDs) == 0 && !got.Stored.Vague && !got.Stored.Barred {
			t.Errorf("%s %s: %+v, %v", tt.path, tt.body, got, err)
		}
	}
}

// What only looks like a reference: nothing is referred to, or it is the page's own data.
func TestInspectPassesInnocentBodies(t *testing.T) {
	tests := []struct{ path, body string }{
		{responses, `{"previous_response_id":null,"conversation":null,"prompt":null,"input":"hi"}`},
		{responses, `{"previous_response_id":"","conversation":{},"vector_store_ids":[]}`},
		{responses, `{"input":[{"role":"user","content":"hi"},{"type":"message","id":"msg_1","role":"assistant","content":[]},{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"x"}]}`},
		{responses, `{"input":[{"id":"msg_1","role":"user","content":"hi"}]}`},
		{responses, `{"input":[{"type":"image_generation_call","id":"ig_1","result":"aGk="}]}`},
		{responses, `{"tools":[{"type":"code_interpreter","container":{"type":"auto"}}]}`},
		{responses, `{"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{"file_id":{"type":"string"},"type":{"type":"file_search"}}}}]}`},
		{responses, `{"text":{"format":{"type":"json_schema","schema":{"properties":{"container":{"type":"string"}}}}},"metadata":{"file_id":"x"}}`},
		{responses, `{"input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{\"file_id\":\"x\"}"}]}`},
		{chat, `{"messages":[{"role":"user","content":"my file_id is \"file-1\", previous_response_id: 5"}]}`},
		{chat, `{"messages":[{"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:x"}}]}]}`},
		{chat, `{"tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{"fileUri":{}}}}}]}`},
		{"/llm/openai/completions", `{"model":"m","prompt":"hi"}`},
		{"/llm/openai/completions", `{"model":"m","prompt":[[1,2],[3]]}`},
		{messages, `{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"file_id":"x","container":"y"}}]}],"tools":[{"name":"f","input_schema":{"properties":{"file_id":{}}}}],"metadata":{"user_id":"u"}}`},
		{messages, `{"messages":[{"content":[{"type":"text","text":"t","citations":[{"type":"char_location","file_id":null}]}]}],"container":null}`},
		{generate, `{"contents":[{"parts":[{"functionCall":{"name":"f","args":{"fileUri":"x"}}},{"functionResponse":{"name":"f","response":{"file_id":"x"}}}]}]}`},
		{generate, `{"tools":[{"functionDeclarations":[{"name":"f","parameters":{"properties":{"fileUri":{"type":"STRING"}}}}]}],"generationConfig":{"responseSchema":{"properties":{"file_id":{}}}}}`},
		{generate, `{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"aGk="}}]}],"cachedContent":""}`},
	}
	for _, tt := range tests {
		if _, err := route(t, "POST", tt.path).Inspect("application/json", []byte(tt.body)); err != nil {
			t.Errorf("%s %s: %v", tt.path, tt.body, err)
		}
	}
}

func TestInspectMediaType(t *testing.T) {
	const transcriptions, edits = "/llm/openai/audio/transcriptions", "/llm/openai/images/edits"
	tests := []struct {
		path, contentType string
		ok                bool
	}{
		{chat, "application/json", true},
		{chat, "application/json; charset=utf-8", true},
		{chat, "Application/JSON;charset=UTF-8", true},
		{chat, "application/json; charset=utf-16", false},
		{chat, "application/json, text/plain", false},
		{chat, "application/jsonx", false},
		{chat, "text/plain", false},
		{chat, "text/plain; application/json", false},
		{chat, "application/x-www-form-urlencoded", false},
		{chat, "multipart/form-data; boundary=b", false},
		{chat, "", false},
		{transcriptions, "multipart/form-data; boundary=b", true},
		{transcriptions, "multipart/form-data", false},
		{transcriptions, "multipart/mixed; boundary=b", false},
		{transcriptions, "application/json", false},
		{edits, "application/json", true},
		{edits, "multipart/form-data; boundary=b", true},
	}
	for _, tt := range tests {
		r := route(t, "POST", tt.path)
		if err := r.CheckMediaType(tt.contentType); tt.ok != (err == nil) || !tt.ok && !errors.Is(err, provider.ErrMediaType) {
			t.Errorf("%s %q: %v", tt.path, tt.contentType, err)
		}
		if _, err := r.Inspect(tt.contentType, []byte("x")); tt.ok == errors.Is(err, provider.ErrMediaType) {
			t.Errorf("%s %q: inspect: %v", tt.path, tt.contentType, err)
		}
	}
	if err := route(t, "GET", "/llm/openai/models").CheckMediaType(""); err != nil {
		t.Errorf("an endpoint without a body: %v", err)
	}
}

func form(t testing.TB, fields ...string) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	f, err := w.CreateFormFile("file", "model.wav")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("\x00\xff\r\n--not the boundary\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nother\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

func TestInspectForm(t *testing.T) {
	tests := []struct {
		fields []string
		want   provider.Facts
		err    error
	}{
		{[]string{"model", "whisper-1"}, provider.Facts{Model: "whisper-1"}, nil},
		{[]string{"language", "en", "model", "gpt-4o-transcribe", "stream", "true"}, provider.Facts{Model: "gpt-4o-transcribe", Stream: true}, nil},
		{[]string{"stream", "false"}, provider.Facts{More: true}, nil},
		{[]string{"timestamp_granularities[]", "word", "timestamp_granularities[]", "segment"}, provider.Facts{More: true}, nil},
		{[]string{"file_id", ""}, provider.Facts{More: true}, nil},
		{[]string{"model", "a", "model", "b"}, provider.Facts{}, provider.ErrBadBody},
		{[]string{"model", "a", "Model", "b"}, provider.Facts{}, provider.ErrBadBody},
		{[]string{"model", "a", "model[]", "b"}, provider.Facts{}, provider.ErrBadBody},
		{[]string{"stream", "false", "stream", "true"}, provider.Facts{}, provider.ErrBadBody},
		{[]string{"model", ""}, provider.Facts{}, provider.ErrBadBody},
		{[]string{"model", strings.Repeat("a", 5000)}, provider.Facts{}, provider.ErrBadBody},
		{[]string{"file_id", "file-1"}, provider.Facts{More: true}, provider.ErrStoredData},
		{[]string{"file_ids[]", "file-1"}, provider.Facts{More: true}, provider.ErrStoredData},
	}
	for _, tt := range tests {
		contentType, body := form(t, tt.fields...)
		before := bytes.Clone(body)
		got, err := route(t, "POST", "/llm/openai/audio/transcriptions").Inspect(contentType, body)
		if (got.Stored != nil) != errors.Is(tt.err, provider.ErrStoredData) {
			t.Errorf("%.80v: stored data %+v", tt.fields, got.Stored)
		}
		if got.Stored = nil; provider.Policy(got) != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%.80v: %+v, %v, want %+v, %v", tt.fields, got, err, tt.want, tt.err)
		}
		if !bytes.Equal(body, before) {
			t.Errorf("%.80v: the body was changed", tt.fields)
		}
	}
}

// Forms that two readers could take differently.
func TestInspectRefusesOddForms(t *testing.T) {
	tests := map[string]string{
		"empty":                   "",
		"cut in a part":           "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm",
		"without the last line":   "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b\r\n",
		"line ends without CR":    "--b\nContent-Disposition: form-data; name=\"model\"\n\nm\n--b--\n",
		"text before the first":   "hello\r\n--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b--\r\n",
		"another boundary":        "--c\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--c--\r\n",
		"two dispositions":        "--b\r\nContent-Disposition: form-data; name=\"x\"\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b--\r\n",
		"two names":               "--b\r\nContent-Disposition: form-data; name=\"x\"; name=\"model\"\r\n\r\nm\r\n--b--\r\n",
		"no disposition":          "--b\r\nContent-Type: text/plain\r\n\r\nm\r\n--b--\r\n",
		"no name":                 "--b\r\nContent-Disposition: form-data\r\n\r\nm\r\n--b--\r\n",
		"an attachment":           "--b\r\nContent-Disposition: attachment; name=\"model\"\r\n\r\nm\r\n--b--\r\n",
		"an encoded part":         "--b\r\nContent-Disposition: form-data; name=\"model\"\r\nContent-Transfer-Encoding: base64\r\n\r\nbQ==\r\n--b--\r\n",
		"the model as a file":     "--b\r\nContent-Disposition: form-data; name=\"model\"; filename=\"m\"\r\n\r\nm\r\n--b--\r\n",
		"the model with controls": "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\nx\r\n--b--\r\n",
	}
	for name, body := range tests {
		got, err := route(t, "POST", "/llm/openai/audio/transcriptions").Inspect("multipart/form-data; boundary=b", []byte(body))
		if !errors.Is(err, provider.ErrBadBody) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// The sentence of an error may be written to a log, where nothing of a page's text belongs.
func TestInspectErrorsHoldNoText(t *testing.T) {
	for _, body := range []string{
		`{"hushhush":1,"hushhush":2}`, `{"model":"hushhush\n"}`, `{"hushhush"}`, `{"previous_response_id":"hushhush"}`, `{"container":{"id":"hushhush"}}`,
	} {
		_, err := route(t, "POST", responses).Inspect("application/json", []byte(body))
		if err == nil || strings.Contains(err.Error(), "hushhush") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func BenchmarkInspect(b *testing.B) {
	body := []byte(`{"model":"gpt-5","stream":true,"messages":[{"role":"user","content":"` + strings.Repeat("hello there ", 75) + `"}]}`)
	r := route(b, "POST", chat)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Inspect("application/json", body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkInspect10MB(b *testing.B) {
	part := `{"role":"user","content":[{"type":"text","text":"` + strings.Repeat("hello \\\"there\\\" ", 40) + `"}]},`
	body := []byte(`{"model":"gpt-5","messages":[` + strings.Repeat(part, 10<<20/len(part)) + `{}]}`)
	r := route(b, "POST", chat)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Inspect("application/json", body); err != nil {
			b.Fatal(err)
		}
	}
}
