package provider_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/provider"
)

// storedParameters may pass to exact rows of stored data; credentials and other methods are never among them.
var storedParameters = []string{
	"limit", "after", "before", "order", "purpose", "include", "include[]", "run_id", "filter", "status", "model", "name", "user",
	"starting_after", "stream", "variant", "page", "scope_id", "source", "path_prefix", "depth", "view", "include_archived",
	"updateMask", "force", "last_event_id", "page_size", "order_by", "created_after", "created_by_me", "sample_type", "search",
	"suffix", "expiry", "agent_id", "alias", "version", "metadata", "pagination_token", "page_token", "sort_by", "offset",
	"id", "index", "date", "uploadType", "beta", "after_id", "before_id",
}

// Every row of stored data in the file is one method at one path, and can be sent; what lies around it cannot.
func TestStoredRowsAreExact(t *testing.T) {
	text, err := os.ReadFile("catalogue.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Providers []struct {
			ID       string
			Sections []struct {
				Prefixes map[string]string
				Stored   []json.RawMessage
				Query    []string `json:"stored_query"`
			}
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	for _, p := range file.Providers {
		for _, s := range p.Sections {
			for _, q := range s.Query {
				if !slices.Contains(storedParameters, q) {
					t.Errorf("%s: the parameter %s passes", p.ID, q)
				}
			}
			for _, raw := range s.Stored {
				var r struct{ At string }
				if raw[0] == '"' {
					err = json.Unmarshal(raw, &r.At)
				} else {
					err = json.Unmarshal(raw, &r)
				}
				if err != nil {
					t.Fatal(err)
				}
				rows[p.ID]++
				method, path, _ := strings.Cut(r.At, " ")
				for strings.Contains(path, "{") {
					before, rest, _ := strings.Cut(path, "{")
					_, after, _ := strings.Cut(rest, "}")
					path = before + "x1" + after
				}
				for ours := range s.Prefixes {
					got, err := provider.Default().Route(method, "/llm/"+p.ID+ours+path)
					if err != nil || got.Endpoint.Class != provider.Stored || got.Endpoint.Closed || got.URL("") == "" || got.Endpoint.Method != method {
						t.Errorf("%s %s%s: %+v, %v", p.ID, ours, r.At, got, err)
					}
				}
			}
		}
	}
	for id, least := range map[string]int{"openai": 110, "anthropic": 60, "google": 60, "mistral": 50, "groq": 9, "xai": 15, "openrouter": 15} {
		if rows[id] < least {
			t.Errorf("%s has %d rows of stored data", id, rows[id])
		}
	}
	for _, at := range []string{
		"PUT /llm/openai/files", "GET /llm/openai/files/file-1/content/more", "PATCH /llm/openai/responses/resp_1", "GET /llm/openai/fine_tuning",
		"PUT /llm/anthropic/v1/files/file_1", "POST /llm/google/v1beta/files/f1", "POST /llm/google/upload/v1beta/files/f1", "POST /llm/mistral/v1/files/f1/url",
	} {
		method, path, _ := strings.Cut(at, " ")
		got, err := provider.Default().Route(method, path)
		if err != nil || got.Endpoint.Class != provider.Stored || !got.Endpoint.Closed || got.URL("limit=1") != "" {
			t.Errorf("%s: %+v, %v", at, got, err)
		}
	}
}

func TestStoredQuery(t *testing.T) {
	r := route(t, "GET", "/llm/openai/v1/files")
	if got := r.URL("limit=5&include%5B%5D=a&include%5B%5D=b&key=sk-1&access_token=x&%24httpMethod=DELETE"); got != "https://api.openai.com/v1/files?include%5B%5D=a&include%5B%5D=b&limit=5" {
		t.Error(got)
	}
}

func TestCanonicalID(t *testing.T) {
	for in, want := range map[string]struct {
		id   string
		kind provider.IDKind
	}{
		"resp_abc":  {"resp_abc", provider.PlainID},
		"file-1":    {"file-1", provider.PlainID},
		"Resp_ABC":  {"Resp_ABC", provider.PlainID},
		"files/abc": {"files/abc", provider.PlainID},
		"https://generativelanguage.googleapis.com/v1beta/files/abc":          {"files/abc", provider.PlainID},
		"HTTPS://GenerativeLanguage.GoogleAPIs.com/v1/files/abc":              {"files/abc", provider.PlainID},
		"https://generativelanguage.googleapis.com/v1beta/files/abc:download": {"files/abc", provider.PlainID},
		"corpora/c/documents/d":                         {"documents/d", provider.PlainID},
		"3f2504e0-4f89-41d3-9a0c-0305e82c3301":          {"3f2504e04f8941d39a0c0305e82c3301", provider.PlainID},
		"3F2504E04F8941D39A0C0305E82C3301":              {"3f2504e04f8941d39a0c0305e82c3301", provider.PlainID},
		"urn:uuid:3f2504e0-4f89-41d3-9a0c-0305e82c3301": {"3f2504e04f8941d39a0c0305e82c3301", provider.PlainID},
		"https://www.youtube.com/watch?v=x":             {"", provider.ForeignURL},
		"gs://bucket/file":                              {"", provider.ForeignURL},
		"":                                              {"", provider.OddID}, " resp_1": {"", provider.OddID}, "resp_1\n": {"", provider.OddID}, "files/%61bc": {"", provider.OddID},
		"files/abc/": {"", provider.OddID}, "files//abc": {"", provider.OddID}, "x/../files/abc": {"", provider.OddID}, "/files/abc": {"", provider.OddID},
		"files/abc?alt=media": {"", provider.OddID}, "https://user@generativelanguage.googleapis.com/v1/files/a": {"", provider.OddID},
		"{3f2504e0-4f89-41d3-9a0c-0305e82c3301}": {"", provider.OddID}, "rеsp_1": {"", provider.OddID}, strings.Repeat("a", 600): {"", provider.OddID},
		"files/:download": {"", provider.OddID},
	} {
		if id, kind := provider.CanonicalID(in); id != want.id || kind != want.kind {
			t.Errorf("%.60q is %q, %v, want %q, %v", in, id, kind, want.id, want.kind)
		}
	}
}

func TestReferences(t *testing.T) {
	for _, c := range []struct {
		path, body string
		ids        string
		vague      bool
		barred     bool
	}{
		{responses, `{"previous_response_id":"resp_1"}`, "resp_1", false, false},
		{responses, `{"conversation":{"id":"conv_1"}}`, "conv_1", false, false},
		{responses, `{"conversation":{"id":5}}`, "", true, false},
		{responses, `{"conversation":{"name":"conv_1"}}`, "", true, false},
		{responses, `{"prompt":{"id":"pmpt_1"}}`, "pmpt_1", false, false},
		{responses, `{"prompt":{"id":["pmpt_1"]}}`, "", true, false},
		{responses, `{"input":[{"type":"item_reference","id":"msg_1"},{"id":"msg_2"},{"id":"ig_3","type":"image_generation_call"}]}`, "msg_1 msg_2 ig_3", false, false},
		{responses, `{"input":[{"type":"item_reference"}]}`, "", true, false},
		{responses, `{"tools":[{"type":"file_search","vector_store_ids":["vs_1","vs_2"]},{"type":"code_interpreter","container":"cntr_1"}]}`, "vs_1 vs_2 cntr_1", false, false},
		{responses, `{"tools":[{"type":"code_interpreter","container":{"type":"auto","file_ids":["file-1"]}}]}`, "file-1", false, false},
		{responses, `{"tools":[{"type":"file_search"}],"previous_response_id":"resp_1"}`, "resp_1", true, false},
		{responses, `{"tools":[{"type":"file_search"},{"type":"file_search","vector_store_ids":["vs_1"]}]}`, "vs_1", true, false},
		{responses, `{"previous_response_id":"resp_1 "}`, "", false, true},
		{responses, `{"previous_response_id":"r\u0065sp_1"}`, "resp_1", false, false},
		{chat, `{"preset":"mine"}`, "mine", false, false},
		{"/llm/openrouter/chat/completions", `{"model":"a/b@preset/mine"}`, "", true, false},
		{messages, `{"container":{"id":"container_1","skills":[{"type":"custom","skill_id":"skill_1"}]}}`, "container_1 skill_1", false, false},
		{messages, `{"vault_ids":["vlt_1"]}`, "vlt_1", true, true},
		{generate, `{"cachedContent":"cachedContents/1"}`, "cachedContents/1", false, false},
		{generate, `{"contents":[{"parts":[{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc"}}]}]}`, "files/abc", false, false},
		{generate, `{"contents":[{"parts":[{"fileData":{"fileUri":"https://youtu.be/x"}}]}]}`, "", true, false},
		{generate, `{"tools":[{"fileSearch":{"fileSearchStoreNames":["fileSearchStores/s"],"metadataFilter":"a=1"}}]}`, "fileSearchStores/s", false, false},
	} {
		f, err := route(t, "POST", c.path).Inspect("application/json", []byte(c.body))
		if err == nil || f.Stored == nil {
			t.Errorf("%s: %+v, %v", c.body, f, err)
			continue
		}
		if got := strings.Join(f.Stored.IDs, " "); got != c.ids || f.Stored.Vague != c.vague || f.Stored.Barred != c.barred {
			t.Errorf("%s: %q, vague %v, barred %v", c.body, got, f.Stored.Vague, f.Stored.Barred)
		}
	}
}

// The body of a request to stored data names ids under names that no list knows: all that can be one counts.
func TestBodiesOfStoredEndpoints(t *testing.T) {
	for _, c := range []struct{ path, body, seen string }{
		{"/llm/openai/batches", `{"input_file_id":"file-abc","endpoint":"/v1/chat/completions","completion_window":"24h","metadata":{"x":"file-no"}}`, "file-abc"},
		{"/llm/openai/vector_stores/vs_1/file_batches", `{"files":[{"file_id":"file-abc"},{"other":{"deep":["file-def"]}}]}`, "file-def"},
		{"/llm/mistral/v1/batch/jobs", `{"input_files":["3f2504e0-4f89-41d3-9a0c-0305e82c3301"],"model":"m"}`, "3f2504e04f8941d39a0c0305e82c3301"},
	} {
		f, err := route(t, "POST", c.path).Inspect("application/json", []byte(c.body))
		if err != nil || f.Seen == nil || !slices.Contains(*f.Seen, c.seen) || slices.Contains(*f.Seen, "file-no") {
			t.Errorf("%s: %+v, %v", c.body, f, err)
		}
	}
	contentType, body := form(t, "purpose", "batch", "expires_after[anchor]", "created_at", "reuse", "file-abc")
	f, err := route(t, "POST", "/llm/openai/files").Inspect(contentType, body)
	if err != nil || f.Seen == nil || !slices.Contains(*f.Seen, "file-abc") || f.More {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := route(t, "POST", "/llm/openai/batches").Inspect("application/json", []byte(`{"a":["`+strings.Repeat(`file-abc","`, 3000)+`"]}`)); err == nil {
		t.Error("thousands of ids passed")
	}
}

// Work that a model does needs a model that the grant names, or a grant for all.
func TestModelsOfStoredEndpoints(t *testing.T) {
	for at, more := range map[string]bool{
		"POST /llm/openai/batches": true, "POST /llm/openai/threads/t1/runs": true, "POST /llm/openai/vector_stores": false, "POST /llm/openai/threads": false,
		"POST /llm/mistral/v1/fine_tuning/jobs/j1/start": true, "POST /llm/openai/batches/b1/cancel": false,
	} {
		method, path, _ := strings.Cut(at, " ")
		r := route(t, method, path)
		body := "{}"
		if strings.HasSuffix(path, "/start") || strings.HasSuffix(path, "/cancel") {
			body = ""
		}
		if f, err := r.Inspect("application/json", []byte(body)); err != nil || f.More != more {
			t.Errorf("%s: %+v, %v", at, f, err)
		}
	}
}

func TestNames(t *testing.T) {
	for at, want := range map[string]string{
		"GET /llm/openai/responses/resp_1":                               "resp_1 responses/resp_1",
		"GET /llm/openai/threads/thread_1/messages/msg_1":                "thread_1 threads/thread_1 msg_1 messages/msg_1",
		"GET /llm/google/v1beta/files/abc":                               "abc files/abc",
		"GET /llm/google/v1beta/models/veo/operations/op1":               "op1 operations/op1",
		"POST /llm/google/v1beta/batches/b1:cancel":                      "b1 batches/b1",
		"GET /llm/openrouter/generation?id=gen-12345":                    "gen-12345",
		"GET /llm/openai/files?after=file-abc&limit=5&other=file-x":      "file-abc",
		"POST /llm/openai/chat/completions":                              "",
		"GET /llm/openai/models/gpt-5":                                   "",
		"GET /llm/mistral/v1/files/3F2504E0-4F89-41D3-9A0C-0305E82C3301": "3f2504e04f8941d39a0c0305e82c3301 files/3F2504E0-4F89-41D3-9A0C-0305E82C3301",
	} {
		method, path, _ := strings.Cut(at, " ")
		path, query, _ := strings.Cut(path, "?")
		if got := strings.Join(route(t, method, path).Names(query), " "); got != want {
			t.Errorf("%s names %q, want %q", at, got, want)
		}
	}
}

func TestIDsInAnswers(t *testing.T) {
	for _, c := range []struct{ at, body, contentType, answer, want string }{
		{"POST " + responses, `{"model":"m"}`, "application/json",
			`{"id":"resp_12345","object":"response","output":[{"id":"msg_12345","content":[{"text":"{\"id\":\"resp_forged\"}","annotations":[{"file_id":"file-cited"}]}]},{"type":"code_interpreter_call","id":"ci_12345","container_id":"cntr_12345"}],"previous_response_id":"resp_before","tools":[{"id":"nothing"}]}`,
			"resp_12345 msg_12345 ci_12345 cntr_12345"},
		{"POST " + responses, `{"model":"m","store":false}`, "application/json", `{"id":"resp_12345"}`, ""},
		{"POST " + responses, `{"model":"m","stream":true}`, "text/event-stream",
			"event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_12345\",\"output\":[]}}\n\n" +
				"data: {\"type\":\"response.output_item.added\",\"item\":{\"id\":\"msg_12345\"}}\n\ndata: {\"item_id\":\"msg_12345\",\"delta\":\"\\\"id\\\":\\\"resp_no\\\"\"}\n\n" +
				"data: {\"response\":{\"id\":\"resp_12345\",\"output\":[{\"id\":\"msg_12345\"}]}}\n\n", "resp_12345 msg_12345"},
		{"POST " + chat, `{"model":"m","store":true}`, "application/json", `{"id":"chatcmpl-1","choices":[]}`, "chatcmpl-1"},
		{"POST " + chat, `{"model":"m"}`, "application/json", `{"id":"chatcmpl-1","choices":[]}`, ""},
		{"POST /llm/openai/files", "", "application/json", `{"id":"file-12345","filename":"x"}`, "file-12345"},
		{"POST /llm/openai/threads/runs", `{"assistant_id":"asst_1"}`, "text/event-stream", "event: thread.created\ndata: {\"id\":\"thread_1\"}\n\nevent: thread.run.created\ndata: {\"id\":\"run_12345\",\"thread_id\":\"thread_1\"}\n\ndata: [DONE]\n\n", "thread_1 run_12345"},
		{"POST /llm/google/upload/v1beta/files", "", "application/json", `{"file":{"name":"files/abc","uri":"https://generativelanguage.googleapis.com/v1beta/files/abc"}}`, "files/abc"},
		{"POST /llm/google/v1beta/cachedContents", `{"model":"models/m"}`, "application/json; charset=UTF-8", `{"name":"cachedContents/abc","model":"models/m"}`, "cachedContents/abc"},
		{"POST " + messages, `{"model":"m"}`, "application/json", `{"id":"msg_12345","container":{"id":"container_1"},"content":[{"type":"code_execution_tool_result","content":{"content":[{"file_id":"file_12345"}]}}]}`, "container_1 file_12345"},
		{"POST /llm/mistral/v1/conversations", `{"model":"m"}`, "text/event-stream", "data: {\"type\":\"conversation.response.started\",\"conversation_id\":\"conv_12345\"}\n\n", "conv_12345"},
	} {
		method, path, _ := strings.Cut(c.at, " ")
		r := route(t, method, path)
		var f provider.Facts
		if c.body != "" {
			var err error
			if f, err = r.Inspect("application/json", []byte(c.body)); err != nil {
				t.Fatal(c.at, err)
			}
		}
		for _, size := range []int{1, 7, len(c.answer)} {
			seen := map[string]bool{}
			var got []string
			ids := r.IDs(c.contentType, f, func(id string) {
				if !seen[id] {
					seen[id] = true
					got = append(got, id)
				}
			})
			if ids == nil {
				if c.want != "" {
					t.Errorf("%s issues nothing", c.at)
				}
				continue
			}
			for piece := range slices.Chunk([]byte(c.answer), size) {
				if n, err := ids.Write(piece); n != len(piece) || err != nil {
					t.Fatal(n, err)
				}
			}
			slices.Sort(got)
			want := strings.Fields(c.want)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s, %d bytes at once: %q, want %q", c.at, size, got, want)
			}
		}
	}
	if route(t, "GET", "/llm/openai/files").IDs("application/json", provider.Facts{}, nil) != nil {
		t.Error("a list issues ids: whoever reads it first would own what others made")
	}
}

// The scanner holds on to little, whatever comes.
func TestIDsAreBounded(t *testing.T) {
	n := 0
	ids := route(t, "POST", responses).IDs("text/event-stream", provider.Facts{}, func(string) { n++ })
	for i := range 10_000 {
		id := strings.Repeat("x", i%900+1)
		_, _ = ids.Write([]byte("data: {\"id\":\"" + id + "\"}\n\n"))
	}
	if n == 0 || n > 4096 {
		t.Errorf("%d ids", n)
	}
}

func BenchmarkIDs(b *testing.B) {
	r := route(b, "POST", responses)
	event := []byte("event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"item_id\":\"msg_67c9fdcf37fc8190ba82116e33fb28c5\",\"output_index\":0,\"content_index\":0,\"delta\":\"words of an answer\"}\n\n")
	ids := r.IDs("text/event-stream", provider.Facts{}, func(string) {})
	b.SetBytes(int64(len(event)))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = ids.Write(event)
	}
}
