package provider_test

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/provider"
	"github.com/oaklock/oaklock/internal/secret"
)

const keyText = "the-real-key-0123456789"

func realKey(t testing.TB) secret.Secret {
	t.Helper()
	key, err := secret.New([]byte(keyText))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(key.Wipe)
	return key
}

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func TestHeaderPassesListedNamesOnly(t *testing.T) {
	page := header(
		"Content-Type", "application/json", "Content-Type", "text/plain", "Accept", "text/event-stream", "User-Agent", "Browser/1",
		"anthropic-version", "2026-10-21", "anthropic-beta", "a", "anthropic-beta", "b", "OpenAI-Beta", "assistants=v2", "x-goog-api-client", "genai",
		"Authorization", "Bearer oaklock", "X-Api-Key", "oaklock", "X-Goog-Api-Key", "oaklock", "Api-Key", "oaklock", "Proxy-Authorization", "Basic x",
		"Cookie", "a=b", "Origin", "https://page.example", "Referer", "https://page.example/x", "Sec-Fetch-Mode", "cors", "Sec-WebSocket-Protocol", "x",
		"X-Forwarded-For", "1.2.3.4", "Forwarded", "for=1.2.3.4", "Via", "1.1 x", "X-HTTP-Method-Override", "DELETE", "X-Original-URL", "/organization",
		"OpenAI-Organization", "org", "OpenAI-Project", "proj", "X-Goog-User-Project", "p", "anthropic-dangerous-direct-browser-access", "true",
		"HTTP-Referer", "https://page.example", "X-Title", "Page", "X-Stainless-Lang", "js", "Idempotency-Key", "i", "Accept-Encoding", "gzip, br",
		"Accept-Language", "en", "Connection", "keep-alive, Authorization", "Transfer-Encoding", "chunked", "Content-Encoding", "gzip", "Expect", "100-continue",
	)
	h := route(t, "POST", messages).Header(page)
	want := map[string]string{
		"Content-Type": "application/json", "Accept": "text/event-stream", "User-Agent": "Browser/1", "Anthropic-Version": "2026-10-21",
		"Anthropic-Beta": "a|b", "Openai-Beta": "assistants=v2", "X-Goog-Api-Client": "genai", "Accept-Encoding": "identity",
	}
	got := map[string]string{}
	for name, values := range h {
		got[name] = strings.Join(values, "|")
	}
	if !maps.Equal(got, want) {
		t.Errorf("passed: %v\nwant:   %v", got, want)
	}
	h["Anthropic-Beta"][0] = "changed"
	if page["Anthropic-Beta"][0] != "a" {
		t.Error("the page's headers can be changed through the copy")
	}
}

func TestHeaderDefaults(t *testing.T) {
	tests := []struct{ path, version string }{
		{messages, "2023-06-01"},
		{"/llm/deepseek/anthropic/v1/messages", "2023-06-01"},
		{"/llm/demo/anthropic/v1/messages", "2023-06-01"},
		{chat, ""},
		{"/llm/openrouter/messages", ""},
	}
	for _, tt := range tests {
		r := route(t, "POST", tt.path)
		h := r.Header(http.Header{})
		if got := h.Get("Anthropic-Version"); got != tt.version {
			t.Errorf("%s: anthropic-version %q, want %q", tt.path, got, tt.version)
		}
		if h.Get("User-Agent") != "Oaklock" || h.Get("Accept-Encoding") != "identity" {
			t.Errorf("%s: %v", tt.path, h)
		}
		h["Anthropic-Version"] = append(h["Anthropic-Version"][:0], "changed")
		if got := r.Header(http.Header{}).Get("Anthropic-Version"); got != tt.version {
			t.Errorf("%s: the default can be changed: %q", tt.path, got)
		}
	}
}

func TestAuthorize(t *testing.T) {
	const bearer, plain = "Bearer " + keyText, keyText
	none, x, auth := header(), header("x-api-key", "oaklock"), header("Authorization", "Bearer oaklock")
	both := header("x-api-key", "oaklock", "Authorization", "Bearer oaklock")
	tests := []struct {
		path        string
		page        http.Header
		slot, value string
	}{
		{chat, auth, "Authorization", bearer},
		{chat, none, "Authorization", bearer},
		{chat, x, "Authorization", bearer},
		{messages, x, "X-Api-Key", plain},
		{messages, none, "X-Api-Key", plain},
		{messages, auth, "Authorization", bearer},
		{messages, both, "X-Api-Key", plain},
		{generate, header("x-goog-api-key", "oaklock"), "X-Goog-Api-Key", plain},
		{generate, auth, "X-Goog-Api-Key", plain},
		{"/llm/google/v1beta/openai/chat/completions", auth, "Authorization", bearer},
		{"/llm/mistral/v1/chat/completions", auth, "Authorization", bearer},
		{"/llm/groq/chat/completions", none, "Authorization", bearer},
		{"/llm/xai/messages", x, "Authorization", bearer},
		{"/llm/openrouter/messages", x, "Authorization", bearer},
		{"/llm/deepseek/chat/completions", auth, "Authorization", bearer},
		{"/llm/deepseek/anthropic/v1/messages", auth, "X-Api-Key", plain},
		{"/llm/demo/openai/v1/chat/completions", auth, "Authorization", bearer},
		{"/llm/demo/anthropic/v1/messages", x, "X-Api-Key", plain},
		{"/llm/demo/google/v1beta/models/M:generateContent", none, "X-Goog-Api-Key", plain},
		{"/llm/demo/mistral/v1/chat/completions", auth, "Authorization", bearer},
		{"/llm/own/chat/completions", auth, "X-Own", plain},
		{"/llm/azure/chat/completions", auth, "Api-Key", plain},
	}
	c, err := provider.Default().With(provider.Override{ID: "own", BaseURL: "https://o.example", Auth: "X-Own"}, provider.Override{ID: "azure", BaseURL: "https://a.example", Auth: "api-key"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		r, err := c.Route("POST", tt.path)
		if err != nil {
			t.Fatal(err)
		}
		// As if all of the page's headers had come through by mistake: what remains must be the one slot.
		h := both.Clone()
		for _, name := range []string{"X-Goog-Api-Key", "Api-Key", "Proxy-Authorization", "Cookie"} {
			h.Set(name, "oaklock")
		}
		h.Set("Accept", "x")
		r.Authorize(h, tt.page, realKey(t))
		if want := (http.Header{tt.slot: {tt.value}, "Accept": {"x"}}); !maps.EqualFunc(h, want, slices.Equal) {
			t.Errorf("%s with %v: %v, want %v", tt.path, tt.page, h, want)
		}
	}
}

func TestAuthorizeWithoutKey(t *testing.T) {
	wiped := realKey(t)
	wiped.Wipe()
	for name, key := range map[string]secret.Secret{"none": {}, "wiped": wiped} {
		h := header("Authorization", "Bearer oaklock")
		route(t, "POST", chat).Authorize(h, h.Clone(), key)
		if len(h) != 0 {
			t.Errorf("%s: %v", name, h)
		}
		p, _ := provider.Default().Provider("openai")
		if _, err := p.TestRequest(key); !errors.Is(err, provider.ErrNoKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTestRequest(t *testing.T) {
	tests := map[string]struct{ url, slot string }{
		"openai":     {"https://api.openai.com/v1/models", "Authorization"},
		"anthropic":  {"https://api.anthropic.com/v1/models?limit=1", "X-Api-Key"},
		"google":     {"https://generativelanguage.googleapis.com/v1beta/models?pageSize=1", "X-Goog-Api-Key"},
		"mistral":    {"https://api.mistral.ai/v1/models", "Authorization"},
		"groq":       {"https://api.groq.com/openai/v1/models", "Authorization"},
		"deepseek":   {"https://api.deepseek.com/models", "Authorization"},
		"xai":        {"https://api.x.ai/v1/models", "Authorization"},
		"openrouter": {"https://openrouter.ai/api/v1/key", "Authorization"},
		"demo":       {"http://127.0.0.1:6257/openai/v1/models", "Authorization"},
		"own":        {"https://own.example/v1/models", "X-Own"},
	}
	c, err := provider.Default().With(provider.Override{ID: "own", BaseURL: "https://own.example/v1", Auth: "x-own"})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Providers() {
		want, ok := tests[p.ID]
		if !ok {
			t.Errorf("%s: not in this table", p.ID)
			continue
		}
		req, err := p.TestRequest(realKey(t))
		if err != nil {
			t.Errorf("%s: %v", p.ID, err)
			continue
		}
		if req.Method != http.MethodGet || req.URL.String() != want.url || req.Body != nil {
			t.Errorf("%s: %s %s, want %s", p.ID, req.Method, req.URL, want.url)
		}
		if !strings.Contains(req.Header.Get(want.slot), keyText) || req.Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("%s: %v", p.ID, req.Header)
		}
		if version := req.Header.Get("Anthropic-Version"); (version != "") != (p.ID == "anthropic") {
			t.Errorf("%s: anthropic-version %q", p.ID, version)
		}
	}
}
