package attack

import "strings"

// Body is that of [Good]: 86 bytes. It says how long the answer may be, so that nothing has to be added on the way.
const Body = `{"model":"gpt-4o-mini","max_tokens":64,"messages":[{"role":"user","content":"hello"}]}`

// Good is a request that is served. PORT stands for the listener's port and SITE for the allowed site; each line ends in
// "\n" here and in "\r\n" on the way.
const Good = "POST /llm/openai/chat/completions HTTP/1.1\nHost: 127.0.0.1:PORT\nOrigin: SITE\n" +
	"Content-Type: application/json\nContent-Length: 86\n\n" + Body

// harmless is what the user's own agent gets: a question about a site's own state, which changes nothing and asks nobody.
const harmless = "GET /oaklock/v1/status HTTP/1.1\nHost: 127.0.0.1:PORT\nOrigin: SITE\n\n"

// Head is a request with one thing wrong.
type Head struct {
	Name   string
	Old    string // of Good; empty: New is the whole request
	New    string
	Status int // of the answer
}

// Text is the request, with PORT and SITE still in it.
func (h Head) Text() string { return h.in(Good) }

func (h Head) in(good string) string {
	if h.Old == "" {
		return h.New
	}
	return strings.Replace(good, h.Old, h.New, 1)
}

// gate says that the head alone is wrong, wherever it is sent. An extension's is not: it is refused by what was decided about
// it, and that refusal is remembered.
func (h Head) gate() bool {
	return h.Old != "" && strings.Contains(harmless, h.Old) && h.Name != "origin/extension"
}

const (
	host       = "Host: 127.0.0.1:PORT"
	originLine = "Origin: SITE"
	path       = "/llm/openai/chat/completions"
)

// Heads are requests that are refused by what is in their head, in the order in which it is checked.
var Heads = []Head{
	{"shape/absolute-form", "POST /llm", "POST http://127.0.0.1:PORT/llm", 400},
	{"shape/connect", "", "CONNECT 127.0.0.1:PORT HTTP/1.1\n" + host + "\n" + originLine + "\n\n", 400},
	{"shape/trace", "POST", "TRACE", 400},
	{"shape/options-star", "", "OPTIONS * HTTP/1.1\n" + host + "\n" + originLine + "\n\n", 400},

	{"host/two", host, host + "\n" + host, 400},
	{"host/none", host + "\n", "", 400},
	{"host/none-http-1.0", "", "POST " + path + " HTTP/1.0\n" + originLine + "\nContent-Type: application/json\nContent-Length: 86\n\n" + Body, 421},
	{"host/rebinding", host, "Host: evil.example:PORT", 421},
	{"host/rebinding-no-port", host, "Host: evil.example", 421},
	{"host/zero", host, "Host: 0.0.0.0:PORT", 421},
	{"host/short", host, "Host: 127.1:PORT", 421},
	{"host/number", host, "Host: 2130706433:PORT", 421},
	{"host/mapped", host, "Host: [::ffff:127.0.0.1]:PORT", 421},
	{"host/long-ipv6", host, "Host: [0:0:0:0:0:0:0:1]:PORT", 421},
	{"host/other-port", host, "Host: 127.0.0.1:1", 421},
	{"host/longer-port", host, host + "5", 421},
	{"host/no-port", host, "Host: 127.0.0.1", 421},
	{"host/trailing-dot", host, "Host: localhost.:PORT", 421},
	{"host/upper-case", host, "Host: LOCALHOST:PORT", 421},
	{"host/below-localhost", host, "Host: app.localhost:PORT", 421},
	{"host/suffix", host, "Host: 127.0.0.1:PORT.evil.example", 421},
	{"host/user", host, "Host: evil.example@127.0.0.1:PORT", 400},

	{"fetch/prefetch", originLine, "Sec-Purpose: prefetch\n" + originLine, 403},
	{"fetch/prefetch-proxied", originLine, "Sec-Purpose: prefetch;anonymous-client-ip\n" + originLine, 403},
	{"fetch/navigation", originLine, "Sec-Fetch-Mode: navigate\n" + originLine, 403},
	{"fetch/no-cors", originLine, "Sec-Fetch-Mode: no-cors\n" + originLine, 403},
	{"fetch/same-origin", originLine, "Sec-Fetch-Mode: same-origin\n" + originLine, 403},
	{"fetch/document", originLine, "Sec-Fetch-Dest: document\n" + originLine, 403},
	{"fetch/frame", originLine, "Sec-Fetch-Dest: iframe\n" + originLine, 403},
	{"fetch/image", originLine, "Sec-Fetch-Dest: image\n" + originLine, 403},
	{"fetch/two-modes", originLine, "Sec-Fetch-Mode: cors\nSec-Fetch-Mode: navigate\n" + originLine, 403},

	{"origin/two", originLine, originLine + "\n" + originLine, 400},
	{"origin/two-different", originLine, originLine + "\nOrigin: https://evil.example", 400},
	{"origin/list", originLine, originLine + " https://evil.example", 403},
	{"origin/none", originLine + "\n", "", 403},
	{"origin/none-with-key", originLine, "Authorization: Bearer oaklock", 403},
	{"origin/referer", originLine, "Referer: SITE/", 403},
	{"origin/forwarded", originLine, "X-Forwarded-Origin: SITE\nX-Forwarded-Host: 127.0.0.1:PORT", 403},
	{"origin/null", originLine, "Origin: null", 403},
	{"origin/empty", originLine, "Origin: ", 403},
	{"origin/upper-case", "Origin: SITE", "Origin: https://APP.oaklock-attack.test", 403},
	{"origin/http", originLine, "Origin: http://app.oaklock-attack.test", 403},
	{"origin/trailing-dot", originLine, "Origin: SITE.", 403},
	{"origin/path", originLine, "Origin: SITE/", 403},
	{"origin/default-port", originLine, "Origin: SITE:443", 403},
	{"origin/user", originLine, "Origin: https://evil.example@app.oaklock-attack.test", 403},
	{"origin/unicode", originLine, "Origin: https://\u0430pp.oaklock-attack.test", 403}, // a Cyrillic a
	{"origin/own", originLine, "Origin: http://127.0.0.1:PORT", 403},
	{"origin/own-by-name", originLine, "Origin: http://localhost:PORT", 403},
	{"origin/window", originLine, "Origin: http://wails.localhost", 403},
	{"origin/window-scheme", originLine, "Origin: wails://wails", 403},
	{"origin/file", originLine, "Origin: file://", 403},
	{"origin/app", originLine, "Origin: app:notes", 403},
	{"origin/extension", originLine, "Origin: chrome-extension://abcdefghijklmnopabcdefghijklmnop", 403},

	{"path/double-slash", "/completions", "//completions", 404},
	{"path/three-slashes", "/chat/", "///chat/", 404},
	{"path/percent", "/chat/", "/c%68at/", 404},
	{"path/percent-slash", "/chat/completions", "/chat%2fcompletions", 404},
	{"path/dot-segment", "/chat/", "/x/../chat/", 404},
	{"path/out-of-the-provider", "/llm/openai/", "/llm/anthropic/../openai/", 404},
	{"path/trailing-slash", "/completions", "/completions/", 404},
	{"path/semicolon", "/completions", "/completions;x=1", 404},
	{"path/backslash", "/chat/", `/chat\`, 404},
	{"path/upper-case", "/chat/", "/CHAT/", 404},
	{"path/unknown-endpoint", "/chat/completions", "/chat", 404},
	{"path/unknown-provider", "/openai/", "/nobody/", 404},
	{"path/root", path, "/", 404},
	{"path/management", path, "/v1/state", 404},
	{"path/metrics", path, "/debug/pprof/heap", 404},
	{"path/method", "POST", "PUT", 404},

	{"class/keys", "/chat/completions", "/organization/admin_api_keys", 403},
	{"class/client-secret", "/chat/completions", "/realtime/client_secrets", 403},
	{"class/stored", "/chat/completions", "/files", 403},
	{"class/stored-by-method", "", "GET " + path + " HTTP/1.1\n" + host + "\n" + originLine + "\n\n", 403},

	{"body/text-plain", "application/json", "text/plain", 415},
	{"body/form", "application/json", "application/x-www-form-urlencoded", 415},
	{"body/no-type", "Content-Type: application/json\n", "", 415},
	{"body/declared-too-large", "Content-Length: 86", "Content-Length: 99999999", 413},
	{"body/broken-chunks", "", strings.Replace(Good, "Content-Length: 86", "Transfer-Encoding: chunked", 1) + "\n\n", 400},
}

// words say what was tried, by the first part of a head's name.
var words = map[string]string{
	"shape":  "a request in a shape that pages do not use",
	"host":   "another Host, as after DNS rebinding",
	"fetch":  "what a browser marks as a navigation, an image, a frame or a prefetch",
	"origin": "an Origin that is none, not one, or not a browser's",
	"path":   "a path that means an endpoint only after it was cleaned",
	"class":  "an endpoint that manages keys or reads what is stored",
	"body":   "a body that a form can send, or that is not what it says",
}

// Strangers are sites that look like [Site], or like none, and are others.
var Strangers = []struct{ Name, Origin string }{
	{"stranger/unknown", stranger},
	{"stranger/subdomain", "https://x.app.oaklock-attack.test"},
	{"stranger/parent", "https://oaklock-attack.test"},
	{"stranger/suffix", "https://app.oaklock-attack.test.evil.example"},
	{"stranger/prefix", "https://evilapp.oaklock-attack.test"},
	{"stranger/port", "https://app.oaklock-attack.test:8443"},
	{"stranger/punycode", "https://xn--pp-6kc.oaklock-attack.test"}, // a Cyrillic a
	{"stranger/one-letter", "https://app.oak1ock-attack.test"},
	{"stranger/address", "https://127.0.0.1"},
	{"stranger/localhost", "http://localhost:3000"},
}
