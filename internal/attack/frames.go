package attack

import "strings"

// Frame is a message whose end two readers could see in two places (request smuggling, RFC 9112, section 11.2). Behind it, or
// in it, lies a second request, whose body has the word hidden.
type Frame struct {
	Name string
	Text string // with PORT and SITE in it; the last request says "Connection: close"
	Out  int    // how many requests may reach the provider
	// Codes are the statuses that come back, one for each request that was seen.
	Codes string
}

const (
	frameHead = "POST " + path + " HTTP/1.1\n" + host + "\n" + originLine + "\nContent-Type: application/json\n"
	lastHead  = frameHead + "Connection: close\n"
	// FrameBody is the body that reaches the provider: 71 bytes.
	FrameBody  = `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}`
	hiddenBody = `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hidden"}]}`
	hidden     = lastHead + "Content-Length: 76\n\n" + hiddenBody
	chunks     = "47\n" + FrameBody + "\n0\n\n"
)

// framed is a request whose body is framed by these fields, followed by the hidden one.
func framed(fields, body string) string { return frameHead + fields + "\n\n" + body + hidden }

// Frames are all shapes that are tried. Where one is refused, what follows on the connection is not read.
var Frames = []Frame{
	{"frame/chunks", lastHead + "Transfer-Encoding: chunked\n\n10\n" + FrameBody[:16] + "\n37\n" + FrameBody[16:] + "\n0\n\n", 1, "200"},
	{"frame/chunks-and-length", lastHead + "Content-Length: 3\nTransfer-Encoding: chunked\n\n" + chunks, 1, "200"},
	{"frame/two-in-a-row", frameHead + "Content-Length: 71\n\n" + FrameBody + lastHead + "Content-Length: 71\n\n" + FrameBody, 2, "200 200"},
	{"frame/second-is-no-page's", frameHead + "Content-Length: 71\n\n" + FrameBody + strings.Replace(hidden, originLine, "Origin: https://evil.example/", 1), 1, "200 403"},
	{"frame/first-is-no-page's", strings.Replace(frameHead, originLine, "Origin: https://evil.example/", 1) + "Content-Length: 71\n\n" + FrameBody + hidden, 0, "403"},
	{"frame/unread-body", strings.Replace(frameHead, path, "/llm/openai/nothing", 1) + "Content-Length: 71\n\n" + FrameBody + lastHead + "Content-Length: 71\n\n" + FrameBody, 1, "404 200"},

	{"frame/chunked-misspelt", framed("Transfer-Encoding: xchunked", FrameBody), 0, "501"},
	{"frame/chunked-not-last", framed("Transfer-Encoding: chunked, identity", chunks), 0, "501"},
	{"frame/chunked-twice", framed("Transfer-Encoding: chunked\nTransfer-Encoding: chunked", chunks), 0, "501"},
	{"frame/chunked-and-other", framed("Transfer-Encoding: gzip\nTransfer-Encoding: chunked", chunks), 0, "501"},
	{"frame/space-before-colon", framed("Transfer-Encoding : chunked", chunks), 0, "400"},
	{"frame/folded", frameHead + "X-A: b\n Transfer-Encoding: chunked\nContent-Length: 71\n\n" + FrameBody + lastHead + "Content-Length: 71\n\n" + FrameBody, 2, "200 200"}, // RFC 9112, section 5.2: the fold is a blank of X-A
	{"frame/vertical-tab", framed("Transfer-Encoding:\vchunked", chunks), 0, "400"},
	{"frame/nul", framed("X-A: \x00\nContent-Length: 71", FrameBody), 0, "400"},
	{"frame/two-lengths", framed("Content-Length: 71\nContent-Length: 72", FrameBody), 0, "400"},
	{"frame/length-list", framed("Content-Length: 71, 57", FrameBody), 0, "400"},
	{"frame/length-signed", framed("Content-Length: +71", FrameBody), 0, "400"},
	{"frame/length-negative", framed("Content-Length: -1", FrameBody), 0, "400"},
	{"frame/length-hex", framed("Content-Length: 0x47", FrameBody), 0, "400"},
	{"frame/length-huge", framed("Content-Length: 18446744073709551687", FrameBody), 0, "400"},
	{"frame/chunk-size-huge", framed("Transfer-Encoding: chunked", "10000000000000047\n"+FrameBody+"\n0\n\n"), 0, "400"},
	{"frame/chunk-size-signed", framed("Transfer-Encoding: chunked", "+47\n"+FrameBody+"\n0\n\n"), 0, "400"},
	{"frame/chunk-too-long", framed("Transfer-Encoding: chunked", "47\n"+FrameBody+"xx\n0\n\n"), 0, "400"},
	{"frame/old-protocol", strings.Replace(frameHead, "HTTP/1.1", "HTTP/1.0", 1) + "Transfer-Encoding: chunked\n\n" + chunks + hidden, 0, "400"},
	{"frame/no-protocol", "POST " + path + "\n" + hidden, 0, "400"},
	{"frame/upgrade-to-h2c", frameHead + "Connection: Upgrade, HTTP2-Settings, close\nUpgrade: h2c\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\nContent-Length: 71\n\n" + FrameBody, 0, "400"},
	{"frame/h2-preface", "PRI * HTTP/2.0\n\nSM\n\n" + hidden, 0, "505"},
	{"frame/trailer-origin", strings.Replace(lastHead, originLine, "Trailer: Origin", 1) + "Transfer-Encoding: chunked\n\n47\n" + FrameBody + "\n0\n" + originLine + "\n\n", 0, "403"},
}
