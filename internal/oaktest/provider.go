package oaktest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/oaklock/oaklock/internal/demo"
)

// ProviderOptions are how a fake provider is set up. The zero value takes [demo.Key] over plain http.
type ProviderOptions struct {
	// Key is the key that requests must carry; empty means the demo's.
	Key string
	// TLS makes it serve https and HTTP/2, with a certificate that Provider.Server.Client trusts.
	TLS bool
	// CORS lets pages ask it directly, as no real provider does without a key: for testing the tests.
	CORS bool
}

// Provider is a fake model provider on loopback. It answers sensibly at once, unless a [Fault] says otherwise, and
// remembers what arrived. Its methods may be called from any goroutine.
type Provider struct {
	// Server is the listener behind it. It is closed with the test.
	Server *httptest.Server
	// Key is what requests must carry.
	Key string

	answers http.Handler
	closing chan struct{}

	mu       sync.Mutex
	requests []Request
	next     []Fault
	always   Fault
	active   int
	hungUp   int
	changed  chan struct{} // closed and replaced at each change
}

// Request is what arrived, with its whole body.
type Request struct {
	Method string
	Path   string // as sent, with the query
	Host   string
	Proto  string
	Header http.Header
	Body   []byte
}

// Fault answers one request in place of the provider; p.Key is the key that it knows. It returns when r.Context() ends.
type Fault func(p *Provider, w http.ResponseWriter, r *http.Request, body []byte)

// NewProvider starts a provider that stops with the test.
func NewProvider(t testing.TB, o ProviderOptions) *Provider {
	t.Helper()
	if o.Key == "" {
		o.Key = demo.Key
	}
	p := &Provider{
		Key:     o.Key,
		answers: demo.NewProvider(demo.ProviderOptions{Key: o.Key}),
		closing: make(chan struct{}),
		changed: make(chan struct{}),
	}
	handler := http.Handler(p)
	if o.CORS {
		handler = openToPages(p)
	}
	p.Server = httptest.NewUnstartedServer(handler)
	if o.TLS {
		p.Server.EnableHTTP2 = true
		p.Server.StartTLS()
	} else {
		p.Server.Start()
	}
	t.Cleanup(func() {
		close(p.closing) // ends faults that wait
		p.Server.CloseClientConnections()
		p.Server.Close()
	})
	return p
}

// BaseURL is what "oaklock providers set" takes for openai, anthropic, google, mistral, and demo (or "", which is the
// provider's root).
func (p *Provider) BaseURL(provider string) string {
	switch provider {
	case "openai":
		return p.Server.URL + "/openai/v1"
	case "demo", "":
		return p.Server.URL
	default:
		return p.Server.URL + "/" + provider
	}
}

// Next makes the coming requests, one each, meet these faults.
func (p *Provider) Next(f ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = append(p.next, f...)
}

// Always makes every request that no Next is waiting for meet f; nil ends that.
func (p *Provider) Always(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.always = f
}

// Requests is what arrived up to now, in the order in which the bodies were complete.
func (p *Provider) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Forget drops what arrived.
func (p *Provider) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = nil
}

// Count is how many requests arrived since the start or the last Forget.
func (p *Provider) Count() int { return p.State().Requests }

// State is how a provider stands.
type State struct {
	Requests int // arrived with their bodies
	Active   int // being answered
	HungUp   int // ended by the client before the answer was complete
}

// State is how it stands now.
func (p *Provider) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return State{Requests: len(p.requests), Active: p.active, HungUp: p.hungUp}
}

// Wait returns when until is true of the state, or fails the test when ctx ends first.
func (p *Provider) Wait(ctx context.Context, t testing.TB, until func(State) bool) {
	t.Helper()
	for {
		p.mu.Lock()
		state, changed := State{Requests: len(p.requests), Active: p.active, HungUp: p.hungUp}, p.changed
		p.mu.Unlock()
		if until(state) {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("the provider stayed at %+v: %v", state, context.Cause(ctx))
		}
	}
}

func (p *Provider) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
	close(p.changed)
	p.changed = make(chan struct{})
}

// ServeHTTP records the request and answers it.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	go func() { // ends with this call
		select {
		case <-p.closing:
			cancel()
		case <-stop:
		}
	}()

	body, err := io.ReadAll(r.Body)
	fault := Fault(func(p *Provider, w http.ResponseWriter, r *http.Request, _ []byte) { p.answers.ServeHTTP(w, r) })
	if websocket.IsWebSocketUpgrade(r) {
		fault = converse
	}
	p.change(func() {
		p.active++
		if err != nil {
			return // cut off by the client: it does not count as a request
		}
		p.requests = append(p.requests, Request{
			Method: r.Method, Path: r.RequestURI, Host: r.Host, Proto: r.Proto, Header: r.Header.Clone(), Body: body,
		})
		if len(p.next) > 0 {
			fault, p.next = p.next[0], p.next[1:]
		} else if p.always != nil {
			fault = p.always
		}
	})
	defer p.change(func() {
		p.active--
		if r.Context().Err() != nil {
			p.hungUp++
		}
	})
	if err != nil {
		return
	}
	r2 := r.WithContext(ctx)
	r2.Body = io.NopCloser(bytes.NewReader(body))
	fault(p, w, r2, body)
}

// openToPages is what a provider with CORS for everybody does.
func openToPages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "x-request-id, request-id, retry-after")
		if r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "GET, POST")
			h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// String is for failure messages. It leaves out the headers' values, in which a key may be.
func (r Request) String() string {
	return fmt.Sprintf("%s %s (%d header fields, %d bytes)", r.Method, strings.SplitN(r.Path, "?", 2)[0], len(r.Header), len(r.Body))
}
