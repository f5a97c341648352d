package provider_test

import (
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/provider"
)

func TestDefault(t *testing.T) {
	c := provider.Default()
	if c != provider.Default() {
		t.Error("the embedded catalogue is read twice")
	}
	var ids []string
	for _, p := range c.Providers() {
		ids = append(ids, p.ID)
		if p.Name == "" || p.BaseURL == "" || p.BaseURL != p.DefaultBase || p.Custom {
			t.Errorf("%+v", p)
		}
		if p.ID != "demo" && !strings.HasPrefix(p.KeysPage, "https://") {
			t.Errorf("%s: keys page %q", p.ID, p.KeysPage)
		}
		if err := provider.CheckBaseURL(p.BaseURL); err != nil {
			t.Errorf("%s: %v", p.ID, err)
		}
		if q, ok := c.Provider(p.ID); !ok || q != p || !c.Has(p.ID) {
			t.Errorf("%s is not found", p.ID)
		}
	}
	if got := strings.Join(ids, " "); got != "openai anthropic google mistral groq deepseek xai openrouter demo" {
		t.Errorf("providers: %s", got)
	}
	if _, ok := c.Provider("nobody"); ok || c.Has("nobody") {
		t.Error("a provider that is not there was found")
	}
	c.Providers()[0] = nil
	if c.Providers()[0] == nil {
		t.Error("a caller can change the catalogue")
	}
}

// A mistake in the file must not pass as a narrower or a wider list.
func TestDecodeRefuses(t *testing.T) {
	const good = `{"providers":[{"id":"openai","name":"O","base":"https://o.example","auth":["bearer"],"test":"/models","sections":[SECTION]}]}`
	if _, err := provider.Decode([]byte(strings.Replace(good, "SECTION", `{"prefixes":{"":""},"inference":[{"at":"GET /models"}]}`, 1))); err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{
		"a row without a method":  `{"prefixes":{"":""},"inference":[{"at":"/models"}]}`,
		"an unknown method":       `{"prefixes":{"":""},"inference":[{"at":"FETCH /models"}]}`,
		"any method":              `{"prefixes":{"":""},"inference":[{"at":"ANY /models"}]}`,
		"a wide row":              `{"prefixes":{"":""},"optional":[{"at":"GET /models*"}]}`,
		"an unknown field":        `{"prefixes":{"":""},"inferences":[]}`,
		"an unknown shape":        `{"prefixes":{"":""},"inference":[{"at":"POST /a","shape":"own"}]}`,
		"an unknown body":         `{"prefixes":{"":""},"inference":[{"at":"POST /a","bodies":["xml"]}]}`,
		"the same row twice":      `{"prefixes":{"":""},"inference":[{"at":"POST /a"},{"at":"POST /a"}]}`,
		"two classes for one row": `{"prefixes":{"":""},"inference":[{"at":"GET /a/{x}"}],"stored":["GET /a/{y}"]}`,
		"two ways to one row":     `{"prefixes":{"":"","/v1":""},"inference":[{"at":"POST /a"},{"at":"POST /v1/a"}]}`,
		"a path without a slash":  `{"prefixes":{"":""},"inference":[{"at":"POST a"}]}`,
		"an empty segment":        `{"prefixes":{"":""},"inference":[{"at":"POST /a//b"}]}`,
		"an odd character":        `{"prefixes":{"":""},"inference":[{"at":"POST /a%2fb"}]}`,
		"a dot segment":           `{"prefixes":{"":""},"inference":[{"at":"POST /a/../b"}]}`,
		"an open variable":        `{"prefixes":{"":""},"inference":[{"at":"POST /{a"}]}`,
		"a nameless variable":     `{"prefixes":{"":""},"inference":[{"at":"POST /{}"}]}`,
		"a variable in a segment": `{"prefixes":{"":""},"inference":[{"at":"POST /a{b}"}]}`,
		"two in a segment":        `{"prefixes":{"":""},"inference":[{"at":"POST /{a}{b}"}]}`,
		"too many variables":      `{"prefixes":{"":""},"inference":[{"at":"POST /{a}/{b}/{c}/{d}/{e}"}]}`,
		"a star in the middle":    `{"prefixes":{"":""},"stored":["ANY /a*/b"]}`,
		"an odd slot":             `{"prefixes":{"":""},"auth":["Host"],"inference":[{"at":"GET /a"}]}`,
	}
	for name, section := range sections {
		if _, err := provider.Decode([]byte(strings.Replace(good, "SECTION", section, 1))); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	whole := map[string]string{
		"empty":           ``,
		"no providers":    `{"providers":[]}`,
		"something after": strings.Replace(good, "SECTION", "", 1) + "x",
		"http":            strings.Replace(strings.Replace(good, "SECTION", "", 1), "https", "http", 1),
		"a slash":         strings.Replace(strings.Replace(good, "SECTION", "", 1), "o.example", "o.example/", 1),
		"no slot":         strings.Replace(strings.Replace(good, "SECTION", "", 1), `"bearer"`, "", 1),
		"no test":         strings.Replace(strings.Replace(good, "SECTION", "", 1), `"/models"`, `""`, 1),
		"a bad id":        strings.Replace(strings.Replace(good, "SECTION", "", 1), `"openai"`, `"Open AI"`, 1),
		"two of one id":   `{"providers":[` + strings.Repeat(`{"id":"openai","name":"O","base":"https://o.example","auth":["bearer"],"test":"/m"},`, 2) + `{"id":"x1","name":"O","base":"https://o.example","auth":["bearer"],"test":"/m"}]}`,
	}
	for name, file := range whole {
		if _, err := provider.Decode([]byte(file)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestWithKnownProvider(t *testing.T) {
	tests := []struct{ id, base, want, path, url, endpoint string }{
		{"openai", "http://127.0.0.1:9100/openai/v1", "http://127.0.0.1:9100/openai/v1", "/llm/openai/v1/chat/completions", "http://127.0.0.1:9100/openai/v1/chat/completions", "http://127.0.0.1:9100"},
		{"openai", "http://127.0.0.1:9100/openai/v1/", "http://127.0.0.1:9100/openai/v1", "/llm/openai//chat/completions", "http://127.0.0.1:9100/openai/v1/chat/completions", "http://127.0.0.1:9100"},
		{"openai", "HTTPS://Proxy.Example:8443", "https://proxy.example:8443", "/llm/openai/chat/completions", "https://proxy.example:8443/chat/completions", "https://proxy.example:8443"},
		{"openai", "", "https://api.openai.com/v1", "/llm/openai/chat/completions", "https://api.openai.com/v1/chat/completions", "https://api.openai.com:443"},
		{"anthropic", "http://localhost:9100/anthropic", "http://localhost:9100/anthropic", "/llm/anthropic/messages", "http://localhost:9100/anthropic/v1/messages", "http://localhost:9100"},
		{"mistral", "http://[::1]:80/", "http://[::1]:80", "/llm/mistral/v1/chat/completions", "http://[::1]:80/v1/chat/completions", "http://[::1]:80"},
		{"mistral", "http://[::1]/m", "http://[::1]/m", "/llm/mistral/v1/chat/completions", "http://[::1]/m/v1/chat/completions", "http://[::1]:80"},
	}
	for _, tt := range tests {
		c, err := provider.Default().With(provider.Override{ID: tt.id, BaseURL: tt.base})
		if err != nil {
			t.Errorf("%s: %v", tt.base, err)
			continue
		}
		p, _ := c.Provider(tt.id)
		if p.BaseURL != tt.want || p.Custom || p.DefaultBase == "" || p.KeyEndpoint() != tt.endpoint {
			t.Errorf("%s gives %+v with keys for %s", tt.base, p, p.KeyEndpoint())
		}
		r, err := c.Route("POST", tt.path)
		if err != nil {
			t.Errorf("%s: %v", tt.base, err)
			continue
		}
		if r.URL("") != tt.url {
			t.Errorf("%s: goes to %s, want %s", tt.base, r.URL(""), tt.url)
		}
		if len(c.Providers()) != len(provider.Default().Providers()) || c.Providers()[0].ID != "openai" {
			t.Errorf("%s: the list is another", tt.base)
		}
	}
	there, err := provider.Default().With(provider.Override{ID: "openai", BaseURL: "https://a.example"})
	if err != nil {
		t.Fatal(err)
	}
	back, err := there.With(provider.Override{ID: "openai"})
	if err != nil {
		t.Fatal(err)
	}
	if p, _ := back.Provider("openai"); p.BaseURL != "https://api.openai.com/v1" {
		t.Errorf("an empty base URL gives back %s", p.BaseURL)
	}
	if p, _ := provider.Default().Provider("openai"); p.BaseURL != "https://api.openai.com/v1" {
		t.Errorf("the default was changed: %s", p.BaseURL)
	}
}

func TestWithCustomProvider(t *testing.T) {
	c, err := provider.Default().With(
		provider.Override{ID: "zebra", BaseURL: "http://127.0.0.1:1234/v1", Auth: "X-Own-Key"},
		provider.Override{ID: "my-server2", Name: "My server", BaseURL: "https://llm.example/v1/"},
		provider.Override{ID: "mistral", BaseURL: "http://127.0.0.1:9100"},
	)
	if err != nil {
		t.Fatal(err)
	}
	list := c.Providers()
	if n := len(list); list[n-2].ID != "my-server2" || list[n-1].ID != "zebra" {
		t.Errorf("custom providers are not last and in order: %s, %s", list[n-2].ID, list[n-1].ID)
	}
	p, ok := c.Provider("my-server2")
	if !ok || !p.Custom || p.Name != "My server" || p.BaseURL != "https://llm.example/v1" || p.DefaultBase != "" {
		t.Errorf("%+v", p)
	}
	if p, _ := c.Provider("zebra"); p.Name != "zebra" {
		t.Errorf("name %q", p.Name)
	}
	for path, want := range map[string]string{
		"/llm/my-server2/v1/chat/completions":   "https://llm.example/v1/chat/completions",
		"/llm/my-server2//chat/completions":     "https://llm.example/v1/chat/completions",
		"/llm/my-server2/embeddings":            "https://llm.example/v1/embeddings",
		"/llm/my-server2/audio/transcriptions":  "https://llm.example/v1/audio/transcriptions",
		"/llm/my-server2/videos":                "",
		"/llm/my-server2/files":                 "",
		"/llm/my-server2/v1/chat/completions/x": "",
		"/llm/my-server2/organization/keys":     "",
	} {
		r, err := c.Route("POST", path)
		if (want == "") != (err != nil) || err == nil && r.URL("") != want {
			t.Errorf("%s: %v, %v, want %q", path, r, err, want)
		}
	}

	again, err := c.With(provider.Override{ID: "zebra", Name: "Zebra", BaseURL: "https://z.example"})
	if err != nil {
		t.Fatal(err)
	}
	if p, _ := again.Provider("zebra"); p.BaseURL != "https://z.example" || len(again.Providers()) != len(list) {
		t.Errorf("a custom provider cannot be changed: %+v", p)
	}
	if p, _ := again.Provider("mistral"); p.BaseURL != "http://127.0.0.1:9100" {
		t.Errorf("an earlier change was lost: %s", p.BaseURL)
	}
	if p, _ := c.Provider("zebra"); p.BaseURL != "http://127.0.0.1:1234/v1" {
		t.Errorf("the receiver was changed: %s", p.BaseURL)
	}
}

func TestWithRefuses(t *testing.T) {
	const base = "https://a.example"
	tests := []struct {
		name string
		o    []provider.Override
	}{
		{"an empty id", []provider.Override{{BaseURL: base}}},
		{"a short id", []provider.Override{{ID: "a", BaseURL: base}}},
		{"a long id", []provider.Override{{ID: "a" + strings.Repeat("b", 32), BaseURL: base}}},
		{"capitals", []provider.Override{{ID: "Mine", BaseURL: base}}},
		{"a digit first", []provider.Override{{ID: "1mine", BaseURL: base}}},
		{"a slash", []provider.Override{{ID: "a/b", BaseURL: base}}},
		{"a dot", []provider.Override{{ID: "a.b", BaseURL: base}}},
		{"no base", []provider.Override{{ID: "mine"}}},
		{"a bad base", []provider.Override{{ID: "mine", BaseURL: "http://a.example"}}},
		{"a bad base for a known one", []provider.Override{{ID: "openai", BaseURL: "ftp://a.example"}}},
		{"another slot for a known one", []provider.Override{{ID: "openai", BaseURL: base, Auth: "x-api-key"}}},
		{"another name for a known one", []provider.Override{{ID: "openai", BaseURL: base, Name: "Mine"}}},
		{"a slot with a meaning", []provider.Override{{ID: "mine", BaseURL: base, Auth: "Content-Length"}}},
		{"a slot with a blank", []provider.Override{{ID: "mine", BaseURL: base, Auth: "x key"}}},
		{"a slot with a line end", []provider.Override{{ID: "mine", BaseURL: base, Auth: "x\r\nkey"}}},
		{"a name with a line end", []provider.Override{{ID: "mine", BaseURL: base, Name: "a\nb"}}},
		{"one twice", []provider.Override{{ID: "mine", BaseURL: base}, {ID: "mine", BaseURL: base}}},
		{"a good one and a bad one", []provider.Override{{ID: "mine", BaseURL: base}, {ID: "openai", BaseURL: "x"}}},
	}
	for _, tt := range tests {
		if c, err := provider.Default().With(tt.o...); err == nil || c != nil {
			t.Errorf("%s: taken", tt.name)
		}
	}
}

func TestCheckBaseURL(t *testing.T) {
	for _, s := range []string{
		"https://api.openai.com/v1", "https://api.openai.com/v1/", "https://a.example:8443", "https://10.0.0.1/x", "https://[2001:db8::1]:443/v1",
		"http://localhost:11434/v1", "http://127.0.0.1:1", "http://127.9.9.9:65535/", "http://[::1]:9100/openai/v1", "http://LOCALHOST", "https://xn--bcher-kva.example",
	} {
		if err := provider.CheckBaseURL(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for s, says := range map[string]string{
		"":                                "web address",
		"api.openai.com":                  "web address",
		"api.openai.com:443/v1":           "web address",
		"https://":                        "web address",
		"https:///v1":                     "web address",
		"https:api.example":               "web address",
		"//api.example":                   "https://",
		"ftp://a.example":                 "https://",
		"file:///etc/passwd":              "web address",
		"javascript:alert(1)":             "web address",
		"wss://a.example":                 "https://",
		"http://a.example":                "only to this computer",
		"http://10.0.0.1":                 "only to this computer",
		"http://127.0.0.1.a.example":      "only to this computer",
		"http://localhost.a.example":      "only to this computer",
		"http://a.localhost":              "only to this computer",
		"http://0.0.0.0":                  "only to this computer",
		"http://127.1":                    "only to this computer",
		"https://user@a.example":          "user name",
		"https://user:pw@a.example":       "user name",
		"https://@a.example":              "user name",
		"https://a.example?key=x":         "question mark",
		"https://a.example/?":             "question mark",
		"https://a.example/#x":            "number sign",
		"https://a.example/#":             "number sign",
		"https://a.example:0":             "port",
		"https://a.example:":              "port",
		"https://a.example:99999":         "port",
		"https://a.example:080":           "port",
		"https://a.example/a//b":          "path",
		"https://a.example//":             "path",
		"https://a.example/../b":          "path",
		"https://a.example/%2e":           "path",
		"https://a.example/a;b":           "path",
		"https://a.example./v1":           "host name",
		"https://.a.example":              "host name",
		"https://a..example":              "host name",
		"https://a,b.example":             "host name",
		"https://[fe80::1%25eth0]":        "IPv6",
		"https://a.example/v1 ":           "blanks",
		" https://a.example":              "blanks",
		"https://a.exa\nmple":             "blanks",
		"https://bücher.example":          "xn--",
		"https://a.example/\x00":          "blanks",
		strings.Repeat("https://a", 1000): "plain text",
	} {
		err := provider.CheckBaseURL(s)
		if err == nil {
			t.Errorf("%q: taken", s)
			continue
		}
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want something of %q", s, err, says)
		}
	}
}

func TestCheckKey(t *testing.T) {
	hex := strings.Repeat("0123456789abcdef", 2)
	tests := []struct {
		provider, key string
		form          provider.KeyForm
		other         string
	}{
		{"openai", "sk-proj-abc", provider.KeyFits, ""},
		{"openai", "sk-svcacct-abc", provider.KeyFits, ""},
		{"openai", "sk-" + hex, provider.KeyFits, ""},
		{"openai", "sk-admin-abc", provider.KeyAdmin, ""},
		{"openai", "sk-ant-api03-abc", provider.KeyOther, "anthropic"},
		{"openai", "sk-or-v1-abc", provider.KeyOther, "openrouter"},
		{"openai", "gsk_abc", provider.KeyOther, "groq"},
		{"openai", "AIzaSyabc", provider.KeyOther, "google"},
		{"openai", "test-key-123", provider.KeyFits, ""},
		{"anthropic", "sk-ant-api03-abc", provider.KeyFits, ""},
		{"anthropic", "sk-ant-admin01-abc", provider.KeyAdmin, ""},
		{"anthropic", "sk-ant-api01-abc", provider.KeyAdmin, ""},
		{"anthropic", "sk-proj-abc", provider.KeyOther, "openai"},
		{"anthropic", "sk-abc", provider.KeyOther, "openai"},
		{"anthropic", "test-key-123", provider.KeyFits, ""},
		{"google", "AIzaSyabc", provider.KeyFits, ""},
		{"google", "AQ.Ab8abc", provider.KeyFits, ""},
		{"google", "sk-abc", provider.KeyOther, "openai"},
		{"google", "test-key-123", provider.KeyFits, ""},
		{"mistral", hex, provider.KeyFits, ""},
		{"mistral", "gsk_abc", provider.KeyOther, "groq"},
		{"mistral", "AQ.Ab8abc", provider.KeyOther, "google"},
		{"deepseek", "sk-" + hex, provider.KeyFits, ""},
		{"deepseek", "sk-proj-abc", provider.KeyOther, "openai"},
		{"xai", "xai-abc", provider.KeyFits, ""},
		{"xai", "xai-token-abc", provider.KeyAdmin, ""},
		{"groq", "gsk_abc", provider.KeyFits, ""},
		{"groq", "xai-abc", provider.KeyOther, "xai"},
		{"openrouter", "sk-or-v1-abc", provider.KeyFits, ""},
		{"openrouter", "sk-abc", provider.KeyOther, "openai"},
		{"demo", "sk-proj-abc", provider.KeyFits, ""},
		{"demo", "anything", provider.KeyFits, ""},
		{"demo", "sk-admin-abc", provider.KeyAdmin, "openai"},
		{"own", "sk-ant-api03-abc", provider.KeyFits, ""},
		{"own", "sk-ant-admin01-abc", provider.KeyAdmin, "anthropic"},
		{"google", "xai-token-abc", provider.KeyAdmin, "xai"},
		{"nobody", "sk-abc", provider.KeyFits, ""},
		{"openai", "", provider.KeyMalformed, ""},
		{"openai", "sk-a b", provider.KeyMalformed, ""},
		{"openai", "sk-ab\n", provider.KeyMalformed, ""},
		{"openai", "sk-ab\x00", provider.KeyMalformed, ""},
		{"openai", "sk-é", provider.KeyMalformed, ""},
		{"own", "https://own.example/api-keys", provider.KeyAddress, ""},
		{"openai", "sk-proj-****abcd", provider.KeyMasked, ""},
		{"own", "sk-...abcd", provider.KeyMasked, ""},
		{"google", "AIza…abcd", provider.KeyMasked, ""},
		{"openai", "sk-••••abcd", provider.KeyMasked, ""},
		{"openai", strings.Repeat("a", 2560), provider.KeyFits, ""},
		{"openai", strings.Repeat("a", 2561), provider.KeyMalformed, ""},
	}
	c, err := provider.Default().With(provider.Override{ID: "own", BaseURL: "https://own.example"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		if form, other := c.CheckKey(tt.provider, []byte(tt.key)); form != tt.form || other != tt.other {
			t.Errorf("%.40q for %s: %d %q, want %d %q", tt.key, tt.provider, form, other, tt.form, tt.other)
		}
	}
}
