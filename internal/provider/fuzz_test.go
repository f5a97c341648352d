package provider_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/provider"
)

// template turns an endpoint's path into the expression of the paths that it may expand to.
func template(e *provider.Endpoint) *regexp.Regexp {
	path, tail := strings.CutSuffix(e.Path, "*")
	variable := regexp.MustCompile(`\\\{[a-z]+\\\}`)
	expr := variable.ReplaceAllString(regexp.QuoteMeta(path), `[A-Za-z0-9._:-]+`)
	if tail {
		expr += `(/[A-Za-z0-9._:-]+)*`
	}
	return regexp.MustCompile("^" + expr + "$")
}

func FuzzRoute(f *testing.F) {
	for _, seed := range []string{
		"/llm/openai/v1/realtime", "/llm/google/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
		"/llm/openai/v1/chat/completions", "/llm/openai//chat/completions", "/llm/openai///chat/completions", "/llm/openai/chat/completions/",
		"/llm/google/v1beta/models/gemini-2.5-flash:streamGenerateContent", "/llm/google/v1beta/models/a:b:generateContent",
		"/llm/google/v1beta/models/x:y/operations/z", "/llm/google/v1beta/tunedModels/t/permissions/p", "/llm/google/upload/v1beta/files",
		"/llm/openrouter/api/v1/models/a/b:free/endpoints", "/llm/openrouter/keys", "/llm/groq/openai/v1/models/a/b",
		"/llm/anthropic/v1/messages/batches/../x", "/llm/openai/files/%2e%2e/organization", "/llm/openai/files/..", "/llm/openai/files/a/./b",
		"/llm/demo/google/v1beta/models/M:generateContent", "/llm/own/v1/chat/completions", "/llm/demo/openai/v1/models", "/llm/", "/llm/openai",
	} {
		for _, method := range []string{"GET", "POST", "DELETE", "WS", ""} {
			f.Add(method, seed, "alt=sse&key=x")
		}
	}
	c, err := provider.Default().With(provider.Override{ID: "own", BaseURL: "https://own.example/deep/v1"})
	if err != nil {
		f.Fatal(err)
	}
	allowed := regexp.MustCompile(`^/llm/[a-z0-9-]+(//?[A-Za-z0-9_.:-]+)(/[A-Za-z0-9_.:-]+)*$`)
	f.Fuzz(func(t *testing.T, method, path, query string) {
		r, err := c.Route(method, path)
		_, methods, methodsErr := c.Methods(path)
		if err != nil {
			if !errors.Is(err, provider.ErrUnknownEndpoint) && !errors.Is(err, provider.ErrUnknownProvider) && !errors.Is(err, provider.ErrMethod) {
				t.Fatalf("error %v", err)
			}
			if errors.Is(err, provider.ErrMethod) != (methodsErr == nil) {
				t.Fatalf("%v, but the preflight says %v, %v", err, methods, methodsErr)
			}
			return
		}
		if methodsErr != nil || len(methods) == 0 {
			t.Fatalf("routed, but the preflight says %v, %v", methods, methodsErr)
		}
		if !allowed.MatchString(path) || strings.Contains(path, "..") || strings.Contains(path, "%") {
			t.Fatalf("%q was routed", path)
		}
		e := r.Endpoint
		if e.Method != method && e.Method != "ANY" || !slices.Contains(methods, e.Method) && e.Method != "ANY" {
			t.Fatalf("%q took %q; preflight %v", e, method, methods)
		}
		address := r.URL(query)
		if e.Closed || e.Class == provider.Never {
			if address != "" {
				t.Fatalf("%v has the address %q", e, address)
			}
			return
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		base, err := url.Parse(r.Provider.BaseURL)
		if err != nil {
			t.Fatal(err)
		}
		if u.Scheme != base.Scheme || u.Host != base.Host || u.User != nil || u.Fragment != "" {
			t.Fatalf("%q is not at %q", address, r.Provider.BaseURL)
		}
		below, ok := strings.CutPrefix(u.EscapedPath(), base.Path)
		if !ok || !template(e).MatchString(below) {
			t.Fatalf("%q does not come from %v", address, e)
		}
		if p := u.EscapedPath(); strings.Contains(p, "..") || strings.Contains(p, "//") || strings.Contains(p, "%") || strings.Contains(p, "/./") {
			t.Fatalf("%q could be read in two ways", address)
		}
		for name, values := range u.Query() {
			known := []string{"alt", "$alt", "pageSize", "pageToken", "beta", "limit", "after_id", "before_id"}
			if e.Class == provider.Stored {
				known = append(known, storedParameters...)
			}
			if !slices.Contains(known, name) || len(values) != 1 && !strings.HasSuffix(name, "[]") {
				t.Fatalf("the parameter %q passed: %q", name, address)
			}
		}
	})
}

// Whatever passes is JSON for the standard library too, and means there what it means here.
func FuzzInspect(f *testing.F) {
	for _, seed := range []string{
		`{"model":"gpt-5","stream":true,"messages":[{"role":"user","content":"hi"}]}`,
		`{"model":"a","mod\u0065l":"b"}`, `{"Model":"a"}`, `{"model":"a","stream":null}`, `{"stream":truex}`, `{"model":"\ud800"}`,
		`{"input":[{"type":"item_reference","id":"x"}],"previous_response_id":"r"}`, `{"previous_response_id":null}`,
		`{"a":[1,-0.5e+7,true,false,null,"\"\\\/\b\f\n\r\té",{},[]]}`, `{"a":01}`, `{"a":"` + "\x00" + `"}`,
		`{"tools":[{"container":{"id":"x"}}],"metadata":{"file_id":[{"":""}]}}`, `{"models":["a","b"],"model":"a"}`,
		`{"prompt":{"id":""},"conversation":{}}`, `{"ſtream":true}`, "{\"a\":\"\xff\"}", ` { } `, `{"a":1}}`,
	} {
		f.Add([]byte(seed))
	}
	references := []string{"previous_response_id", "conversation", "agent_id", "preset", "file_id", "vector_store_ids", "cachedContent"}
	r := route(f, "POST", responses)
	f.Fuzz(func(t *testing.T, body []byte) {
		facts, err := r.Inspect("application/json", body)
		if err != nil {
			if bad, stored := errors.Is(err, provider.ErrBadBody), errors.Is(err, provider.ErrStoredData); bad == stored || bad && facts != (provider.Facts{}) || stored && facts.Stored == nil {
				t.Fatalf("%+v, %v", facts, err)
			}
			return
		}
		var read struct {
			Model  string
			Stream *bool
		}
		if err := json.Unmarshal(body, &read); err != nil {
			t.Fatalf("passed, but: %v", err)
		}
		if read.Model != facts.Model || (read.Stream != nil && *read.Stream) != facts.Stream {
			t.Fatalf("%+v was read as %+v", read, facts)
		}
		var top map[string]any
		if err := json.Unmarshal(body, &top); err != nil {
			t.Fatalf("passed, but: %v", err)
		}
		for _, name := range references {
			switch v := top[name].(type) {
			case nil:
			case string:
				if v != "" {
					t.Fatalf("%s passed", name)
				}
			case []any:
				if len(v) > 0 {
					t.Fatalf("%s passed", name)
				}
			case map[string]any:
				if len(v) > 0 {
					t.Fatalf("%s passed", name)
				}
			default:
				t.Fatalf("%s passed", name)
			}
		}
	})
}

// However an answer is cut, the same is read in it.
func FuzzMeter(f *testing.F) {
	for _, a := range answers(f) {
		f.Add([]byte(a.body), uint16(7), uint8(0))
		f.Add([]byte(a.body), uint16(1), uint8(3))
	}
	for _, seed := range []string{
		"data: {\"usage\":{\"prompt_tokens\":1,\n\ndata: \"completion_tokens\":2}}\n\n", "data:{\"usage\":\r\ndata:{\"prompt_tokens\":12}}\r\n\r\n",
		"data: {\"usage\":null{\"prompt_tokens\":5}}\n\n", "data: {\"usage\":null,{\"prompt_tokens\":5}}\n\n", "data: {\"usage\":null\n\n",
		"data: {\"choices\":[],\"usage\":null}\n\ndata: {\"usage\":\ndata: {\"prompt_tokens\":7}}\n\ndata: {\"usage\":null}\n\ndata: {\"us",
		"\r\n\r\n:\r\rdata: {\"usage\":{\"prompt_tokens\":9}}", `{"usage":{"prompt_tokens":` + strings.Repeat("9", 40) + `}}`,
		`}}}]]{"usage":{"\u0070rompt_tokens":3,"prompt_tokens":4}}`, `[[{"usageMetadata":{"promptTokenCount":1}}]]`, `{"usage":{"prompt_tokens":-5,"completion_tokens":1e3}}`,
	} {
		f.Add([]byte(seed), uint16(1), uint8(1))
	}
	routes := []*provider.Route{route(f, "POST", chat), route(f, "POST", responses), route(f, "POST", messages), route(f, "POST", generate)}
	types := []string{"text/event-stream", "application/json", ""}
	f.Fuzz(func(t *testing.T, body []byte, at uint16, pick uint8) {
		r, contentType := routes[int(pick)%len(routes)], types[int(pick)/len(routes)%len(types)]
		whole := read(r, contentType, body)
		if n := len(body); n > 0 {
			cut := int(at) % n
			if got := read(r, contentType, body[:cut], body[cut:]); got != whole {
				t.Fatalf("cut at %d: %+v, whole: %+v", cut, got, whole)
			}
		}
		bytewise := make([][]byte, len(body))
		for i := range body {
			bytewise[i] = body[i : i+1]
		}
		if got := read(r, contentType, bytewise...); got != whole {
			t.Fatalf("byte by byte: %+v, whole: %+v", got, whole)
		}
		for _, n := range []int64{whole.Input, whole.Output, whole.CachedInput, whole.CacheWrite, whole.Reasoning} {
			if n < -1 {
				t.Fatalf("%+v", whole)
			}
		}
	})
}

// headersThatPass are those of a page that may reach a provider, as design/security.md has them (R10), and what every request of
// ours has, written again by hand.
var headersThatPass = strings.Fields("Accept Accept-Encoding Anthropic-Beta Anthropic-Version Content-Type Openai-Beta User-Agent X-Goog-Api-Client")

// FuzzHeader lets a page send any two headers: what reaches the provider has a name that may, and the key in one slot alone.
func FuzzHeader(f *testing.F) {
	for _, seed := range [][2]string{
		{"Authorization", "Bearer oaklock"}, {"X-Api-Key", "oaklock"}, {"Cookie", "a=b"}, {"X-HTTP-Method-Override", "DELETE"},
		{"Connection", "Authorization"}, {"connection", "X-Api-Key, Content-Type"}, {"Content-Type", "application/json"}, {"content-type", ""},
		{"Accept-Encoding", "br"}, {"Transfer-Encoding", "chunked"}, {"X-Goog-Api-Key", "x"}, {"Proxy-Authorization", "Basic x"},
		{"Anthropic-Beta", "a"}, {"OpenAI-Organization", "o"}, {"Idempotency-Key", "1"}, {"X-Forwarded-For", "1.2.3.4"}, {"Te", "trailers"},
		{"Origin", "https://a.example"}, {"X\x00", "y"}, {"Expect", "100-continue"},
	} {
		f.Add(seed[0], seed[1], "X-Api-Key", "oaklock")
		f.Add("Authorization", "Bearer oaklock", seed[0], seed[1])
	}
	key := realKey(f)
	routes := []*provider.Route{route(f, "POST", chat), route(f, "POST", messages)}
	for _, path := range []string{"/llm/google/v1beta/models/gemini-2.5-flash:generateContent", "/llm/mistral/chat/completions", "/llm/openrouter/chat/completions"} {
		routes = append(routes, route(f, "POST", path))
	}
	f.Fuzz(func(t *testing.T, name, value, name2, value2 string) {
		page := http.Header{}
		page.Add(name, value)
		page.Add(name2, value2)
		for _, r := range routes {
			h := r.Header(page)
			for n := range h {
				if !slices.Contains(headersThatPass, n) {
					t.Fatalf("%q passes to %s", n, r.Provider.ID)
				}
			}
			if got := h["Accept-Encoding"]; len(got) != 1 || got[0] != "identity" {
				t.Fatalf("%s is asked for %q, which would blind the redactor", r.Provider.ID, got)
			}
			r.Authorize(h, page, key)
			slots := 0
			for n, values := range h {
				if slices.Contains(headersThatPass, n) {
					continue
				}
				slots++
				if len(values) != 1 || values[0] != keyText && values[0] != "Bearer "+keyText {
					t.Fatalf("%q goes to %s as %d values that are not the key", n, r.Provider.ID, len(values))
				}
			}
			if slots != 1 {
				t.Fatalf("%s gets %d credentials", r.Provider.ID, slots)
			}
		}
	})
}
