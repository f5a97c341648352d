package demo

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxBody is more than a page sends in a demo; a larger request is refused before it fills the memory.
const maxBody = 16 << 20

// ProviderOptions are how a [Provider] answers. The zero value is the demo provider without any delay.
type ProviderOptions struct {
	// Key is the key that requests must carry; empty means [Key].
	Key string
	// Think is how long it waits before the first byte of an answer.
	Think time.Duration
	// Pace is how long it waits before each streamed piece.
	Pace time.Duration
	// PagePort is the port of the page that it belongs to, for a second demo to tell; 0 where there is none.
	PagePort int
}

// Provider is a model provider with no model: it answers from a table. Below /openai/v1, /anthropic, /google and
// /mistral it follows the published description of that provider, with its errors, usage figures and streams.
//
// It is an [http.Handler]; make one with [NewProvider].
type Provider struct {
	options ProviderOptions
	mux     *http.ServeMux
}

// NewProvider connects a provider; it opens nothing.
func NewProvider(o ProviderOptions) *Provider {
	if o.Key == "" {
		o.Key = Key
	}
	p := &Provider{options: o, mux: http.NewServeMux()} //nolint:forbidigo // this is not a door of ours but plays a provider
	p.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, service{Service: providerName, PagePort: o.PagePort})
	})
	p.routeOpenAI()
	p.routeAnthropic()
	p.routeGemini()
	p.routeMistral()
	return p
}

// providerName is how a second demo recognises the first.
const providerName = "oaklock demo provider"

func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	p.mux.ServeHTTP(w, r)
}

// shape is what the four dialects differ in where a request is refused.
type shape struct {
	// keys are what the request carries in the slots where this provider's clients put a key.
	keys func(*http.Request) []string
	fail func(w http.ResponseWriter, status int, message string)
}

// guard lets only requests with the key pass.
func (p *Provider) guard(s shape, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, key := range s.keys(r) {
			if subtle.ConstantTimeCompare([]byte(key), []byte(p.options.Key)) == 1 {
				next(w, r)
				return
			}
		}
		s.fail(w, http.StatusUnauthorized, "The API key is missing or wrong. The demo takes the key that \"oaklock demo\" prints.")
	}
}

// unknown answers what the provider does not have, in the shape in which its clients expect errors.
func (p *Provider) unknown(prefix string, s shape) {
	p.mux.HandleFunc(prefix, func(w http.ResponseWriter, _ *http.Request) {
		s.fail(w, http.StatusNotFound, "The demo provider does not have this endpoint.")
	})
}

func bearer(r *http.Request) []string {
	if key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return []string{key}
	}
	return nil
}

// decode reads a JSON body into v. What is wrong with it is a sentence for the client, or empty.
func decode(r *http.Request, v any) (wrong string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return "The request body is too large or was cut off."
	}
	if err := json.Unmarshal(body, v); err != nil {
		return "The request body is not the JSON that this endpoint takes."
	}
	return ""
}

// pause waits for d, or until the client hangs up.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writeJSON never escapes HTML: a client sees "<" where a provider would send it.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the client has hung up; there is nobody to tell
}

// identifier makes an id as providers do: a prefix and random letters.
func identifier(prefix string) string { return prefix + strings.ToLower(rand.Text()) }
