package oaktest

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// EchoKey is an honest provider that says too much: the key is in a header, an error body, and base64 and hex beside it.
func EchoKey(status int) Fault {
	return func(p *Provider, w http.ResponseWriter, _ *http.Request, _ []byte) {
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("X-Request-Id", "req-"+p.Key)
		h.Set("X-Debug-Authorization", "Bearer "+p.Key)
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":{"message":"Incorrect API key provided: %s.","type":"invalid_request_error","code":"invalid_api_key",`+
			`"debug":["%s","%s"]}}`, p.Key, base64.StdEncoding.EncodeToString([]byte(p.Key)), hex.EncodeToString([]byte(p.Key)))
	}
}

// EchoRequest answers with the whole request, as a debugging proxy would: method, path, headers and body.
func EchoRequest() Fault {
	return func(_ *Provider, w http.ResponseWriter, r *http.Request, body []byte) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintf(w, "%s %s\n", r.Method, r.RequestURI)
		_ = r.Header.Write(w) // the client has hung up
		fmt.Fprintf(w, "\n%s", body)
	}
}

// EchoKeyStream sends the key piece by piece in events, cut after the given lengths; what is left comes last.
func EchoKeyStream(lengths ...int) Fault {
	return func(p *Provider, w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Set("Content-Type", "text/event-stream")
		out := http.NewResponseController(w)
		rest := "data: the key is " + p.Key + " indeed\n\n"
		for _, n := range lengths {
			n = min(n, len(rest))
			if _, err := w.Write([]byte(rest[:n])); err != nil || out.Flush() != nil {
				return
			}
			rest = rest[n:]
		}
		_, _ = w.Write([]byte(rest)) // the client has hung up
	}
}

// Hang never answers: it returns when the client hangs up or the test ends.
func Hang() Fault {
	return func(_ *Provider, _ http.ResponseWriter, r *http.Request, _ []byte) { <-r.Context().Done() }
}

// Drip streams one event for each text that comes out of gate, at once, and ends when gate is closed. So a test holds a
// stream open and knows what has been sent: a send on an unbuffered gate returns when the event before it is out.
func Drip(gate <-chan string) Fault {
	return func(_ *Provider, w http.ResponseWriter, r *http.Request, _ []byte) {
		w.Header().Set("Content-Type", "text/event-stream")
		out := http.NewResponseController(w)
		if out.Flush() != nil {
			return
		}
		for {
			select {
			case text, open := <-gate:
				if !open {
					return
				}
				if _, err := fmt.Fprintf(w, "data: %s\n\n", text); err != nil || out.Flush() != nil {
					return
				}
			case <-r.Context().Done():
				return
			}
		}
	}
}

// Cut sends a head that promises more and hangs up after n bytes of body.
func Cut(contentType string, n int) Fault {
	return func(_ *Provider, w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(bytes.Repeat([]byte("x"), n)) // it is cut off anyway
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// Answer sends exactly this. Several values of one header come as several fields.
func Answer(status int, header http.Header, body string) Fault {
	return func(_ *Provider, w http.ResponseWriter, _ *http.Request, _ []byte) {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // the client has hung up
	}
}

// Failure is an error in OpenAI's shape; retryAfter in seconds is left out when negative.
func Failure(status, retryAfter int) Fault {
	h := http.Header{"Content-Type": {"application/json"}}
	if retryAfter >= 0 {
		h.Set("Retry-After", strconv.Itoa(retryAfter))
	}
	return Answer(status, h, fmt.Sprintf(`{"error":{"message":"the fake provider fails with %d","type":"server_error","param":null,"code":null}}`, status))
}

// Redirect sends the client elsewhere.
func Redirect(status int, to string) Fault {
	return Answer(status, http.Header{"Location": {to}}, "")
}

// Raw writes bytes on the connection instead of an answer, and closes it: for heads that net/http would not write, such
// as "HTTP/1.1 099 Odd". It needs HTTP/1.1, so no TLS.
func Raw(text string) Fault {
	return func(_ *Provider, w http.ResponseWriter, _ *http.Request, _ []byte) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err) // the test has asked for a raw answer over HTTP/2
		}
		defer conn.Close()
		_, _ = conn.Write([]byte(text)) // the client has hung up
	}
}

// Encoded names content encodings, one header field each, for a body that may or may not be so.
func Encoded(body []byte, encodings ...string) Fault {
	return Answer(http.StatusOK, http.Header{"Content-Type": {"application/json"}, "Content-Encoding": encodings}, string(body))
}

// Gzip is text in gzip, asked for or not.
func Gzip(text string) Fault { return Encoded(Gzipped([]byte(text)), "gzip") }

// Gzipped compresses b.
func Gzipped(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(b) // a buffer takes everything
	_ = z.Close()
	return out.Bytes()
}

// Binary is n bytes in which every value comes up.
func Binary(contentType string, n int) Fault {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7)
	}
	return Answer(http.StatusOK, http.Header{"Content-Type": {contentType}}, string(b))
}

// NDJSON is n lines of JSON, each sent at once.
func NDJSON(n int) Fault {
	return func(_ *Provider, w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		out := http.NewResponseController(w)
		for i := range n {
			if _, err := fmt.Fprintf(w, "{\"line\":%d}\n", i); err != nil || out.Flush() != nil {
				return
			}
		}
	}
}

// EchoBody sends the body back with its own type: for multipart, whose bytes must arrive unchanged.
func EchoBody() Fault {
	return func(_ *Provider, w http.ResponseWriter, r *http.Request, body []byte) {
		w.Header().Set("Content-Type", strings.ReplaceAll(r.Header.Get("Content-Type"), "multipart/", "text/x-"))
		_, _ = w.Write(body) // the client has hung up
	}
}

// BadHeaders is a good answer with every header that must not reach a page.
func BadHeaders() Fault {
	h := http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"req_1"}, "X-Ratelimit-Remaining-Requests": {"9"}}
	for name, value := range map[string]string{
		"Set-Cookie": "session=1; Path=/", "Clear-Site-Data": `"*"`, "Strict-Transport-Security": "max-age=1", "Alt-Svc": `h3=":443"`,
		"Refresh": "0; url=https://evil.example/", "Link": "<https://evil.example/>; rel=preload", "Location": "https://evil.example/",
		"Content-Location": "https://evil.example/", "Content-Security-Policy": "default-src *", "Nel": "{}", "Report-To": "{}",
		"Service-Worker-Allowed": "/", "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true",
		"Server": "fake/1.0", "X-Internal": "10.0.0.1", "Www-Authenticate": `Basic realm="x"`,
	} {
		h.Set(name, value)
	}
	return Answer(http.StatusOK, h, `{"object":"list","data":[]}`)
}
