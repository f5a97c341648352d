package attack

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Canary is a provider that nobody pays: it takes [Canary.Key], counts what arrives, and gives the key back in every answer, as
// a careless provider would. All of its answers have a mark, so that one is recognised wherever it turns up.
type Canary struct {
	// Key is made up, and worth nothing anywhere.
	Key string

	mark     string
	listener net.Listener
	server   *http.Server
	done     chan struct{}

	mu     sync.Mutex
	bodies []string // guarded by mu
	stolen int      // guarded by mu: requests to where a redirect pointed
}

// keySigns end the key: encoders differ about them. What JSON escapes always is not among them, so that the key may stand in an
// answer as it is.
const keySigns = "+a/b=<c>&'`!(*)~"

// NewCanary starts the provider on loopback; Close ends it.
func NewCanary(ctx context.Context) (*Canary, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the suite's own provider: %w", err)
	}
	c := &Canary{Key: "sk-proj-oaklock-canary-" + rand.Text() + keySigns, mark: "canary-" + rand.Text(), listener: l, done: make(chan struct{})}
	c.server = &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	go func() { defer close(c.done); _ = c.server.Serve(l) }() // ends with Close
	return c, nil
}

// URL is the provider's base URL.
func (c *Canary) URL() string { return "http://" + c.listener.Addr().String() }

// Close ends the provider.
func (c *Canary) Close() error {
	err := c.server.Close()
	<-c.done
	return err
}

// Count is how many requests arrived.
func (c *Canary) Count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.bodies)
}

// since are the bodies that arrived after the first n.
func (c *Canary) since(n int) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.bodies[min(n, len(c.bodies)):]...)
}

// marked says that the text has an answer of the provider's.
func (c *Canary) marked(text string) bool { return strings.Contains(text, c.mark) }

// leaks says that the text has the key, in a form that the provider gave it back in. What a page tells of an answer is JSON, with
// each backslash twice.
func (c *Canary) leaks(text string) bool {
	once := strings.ReplaceAll(text, `\\`, `\`)
	for _, form := range c.forms() {
		if strings.Contains(text, form) || strings.Contains(once, form) {
			return true
		}
	}
	return false
}

// forms are the key as careless providers write it: as it is, in base64 and hex, as the JSON encoders of several languages have it,
// and as a part of a URL. Each may stand in a JSON string.
func (c *Canary) forms() []string {
	forms := []string{c.Key, base64.StdEncoding.EncodeToString([]byte(c.Key)), hex.EncodeToString([]byte(c.Key))}
	body := strings.TrimSuffix(c.Key, keySigns)
	for _, signs := range []string{
		`\u002Ba/b=\u003Cc\u003E\u0026\u0027\u0060!(*)~`, // System.Text.Json
		`+a/b\u003d\u003cc\u003e\u0026\u0027` + "`!(*)~", // Gson
		`+a/b=\u003cc\u003e\u0026'` + "`!(*)~",           // encoding/json
		`+a\/b=<c>&'` + "`!(*)~",                         // PHP
		`+a\/b=\u003Cc\u003E\u0026\u0027` + "`!(*)~",     // PHP with JSON_HEX_TAG and the like
		"%2Ba%2Fb%3D%3Cc%3E%26%27%60%21%28%2A%29~",       // QueryEscape
		"%2Ba%2Fb%3D%3Cc%3E%26'%60!(*)~",                 // encodeURIComponent
		"%2ba%2fb%3d%3cc%3e%26%27%60!(*)%7e",             // HttpUtility
	} {
		forms = append(forms, body+signs)
	}
	return forms
}

// The models that make the provider do wrong.
const (
	modelStream   = "canary-stream"
	modelRedirect = "canary-redirect"
	modelPacked   = "canary-packed"
)

func (c *Canary) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return // cut off by its sender
	}
	if r.URL.Path == "/stolen" {
		c.mu.Lock()
		c.stolen++
		c.mu.Unlock()
		return
	}
	c.mu.Lock()
	c.bodies = append(c.bodies, string(body))
	c.mu.Unlock()
	h := w.Header()
	switch {
	case strings.Contains(string(body), modelRedirect):
		h.Set("Location", c.URL()+"/stolen")
		w.WriteHeader(http.StatusTemporaryRedirect)
		return
	case strings.Contains(string(body), modelPacked):
		h["Content-Encoding"] = []string{"gzip", "br"} // whoever undoes one layer passes on the other
		_, _ = io.WriteString(w, c.mark+c.Key)
		return
	case strings.Contains(string(body), modelStream):
		h.Set("Content-Type", "text/event-stream")
		_ = c.drip(w) // whoever reads may have gone
		return
	}
	h.Set("Content-Type", "application/json")
	h.Set("X-Request-Id", c.Key)
	h.Set("X-Debug", c.Key)
	h.Set("Set-Cookie", "key="+c.Key)
	fmt.Fprintf(w, `{"id":%q,"object":"chat.completion","choices":[{"message":{"role":"assistant","content":"%s"}}],"object":"list","data":[]}`,
		c.mark, strings.Join(c.forms(), " "))
}

// drip sends the key byte by byte.
func (c *Canary) drip(w http.ResponseWriter) error {
	out := http.NewResponseController(w)
	if _, err := io.WriteString(w, "data: "+c.mark+"\n\ndata: "); err != nil {
		return err
	}
	for _, b := range []byte(c.Key) {
		if _, err := w.Write([]byte{b}); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, "\n\n")
	return errors.Join(err, out.Flush())
}
