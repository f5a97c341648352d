package provider

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/oaklock/oaklock/internal/secret"
)

// passing are the headers of a page that reach a provider, in canonical form. A list of what passes, not of what does
// not: Cookie, Origin, X-Http-Method-Override and the credential headers of next year's clients are all dropped by it.
var passing = []string{
	"Accept",
	"Anthropic-Beta",
	"Anthropic-Version",
	"Openai-Beta",
	"User-Agent",
	"X-Goog-Api-Client",
}

// ownAgent is the User-Agent of requests that bring none.
const ownAgent = "Oaklock"

// Header makes the upstream headers from the page's by an allow list, without any credential.
func (r *Route) Header(page http.Header) http.Header {
	h := make(http.Header, 8)                   // a ninth would make it a map of twice the size, and few have so many
	values := make([]string, 0, len(passing)+1) // one piece of memory for all that have one value
	for _, name := range passing {
		switch v := page[name]; len(v) {
		case 0:
		case 1:
			values = append(values, v[0])
			h[name] = values[len(values)-1 : len(values) : len(values)]
		default:
			h[name] = append([]string(nil), v...)
		}
	}
	// Only one: what is inspected by one type must not be read by another.
	if v := page["Content-Type"]; len(v) > 0 && v[0] != "" {
		values = append(values, v[0])
		h["Content-Type"] = values[len(values)-1 : len(values) : len(values)]
	}
	r.Endpoint.dress(h)
	return h
}

// dress adds what every request to an endpoint has.
func (e *Endpoint) dress(h http.Header) {
	for name, v := range e.headers {
		if len(h[name]) == 0 {
			h[name] = append([]string(nil), v...)
		}
	}
	if len(h["User-Agent"]) == 0 {
		h["User-Agent"] = []string{ownAgent}
	}
	// An answer that came compressed could not be searched for the key.
	h["Accept-Encoding"] = []string{"identity"}
}

// authBearer is the slot "Authorization: Bearer KEY". Every other slot is a header that holds the key alone.
const authBearer = "bearer"

// credentialHeaders are emptied before the one with the key is set.
var credentialHeaders = []string{
	"Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "Api-Key", "X-Goog-Api-Key",
}

// Authorize sets the credential in h, and takes every other one out. Call it last, on what is about to be sent. The slot
// is the provider's usual one, or where there are two generations of clients the one that this page's client used (page:
// its headers), because a provider may tie features to it. What the page's client had in the slot is never sent. False: the key was
// wiped meanwhile, and there is none in h.
func (r *Route) Authorize(h http.Header, page http.Header, key secret.Secret) bool {
	slots := r.Provider.auth
	if len(r.Endpoint.auth) > 0 {
		slots = r.Endpoint.auth
	}
	return authorize(h, chooseSlot(slots, page), key)
}

func chooseSlot(slots []string, page http.Header) string {
	for _, slot := range slots {
		if slotUsed(slot, page) {
			return slot
		}
	}
	return slots[0]
}

func slotUsed(slot string, page http.Header) bool {
	if slot == authBearer {
		return page.Get("Authorization") != ""
	}
	return page.Get(slot) != ""
}

// authorize says whether there was a key to set; it may be wiped at any moment.
func authorize(h http.Header, slot string, key secret.Secret) bool {
	for _, name := range credentialHeaders {
		h.Del(name)
	}
	// net/http takes header values as strings, which cannot be wiped; this copy lives until the request is collected.
	return key.Reveal(func(b []byte) {
		if slot == authBearer {
			h.Set("Authorization", "Bearer "+string(b))
		} else {
			h.Set(slot, string(b))
		}
	})
}

// ErrNoKey says that a call needs a key and was given none.
var ErrNoKey = errors.New("no key")

// TestRequest is the provider's cheapest call that fails without a valid key: a list of models, but for OpenRouter, whose
// list is public. Set a context on it before it is sent.
func (p *Provider) TestRequest(key secret.Secret) (*http.Request, error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, p.BaseURL+p.test, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	e := &Endpoint{}
	path, _, _ := strings.Cut(p.test, "?")
	// The row of the same path knows which headers the provider wants; the test call itself need not be in the table.
	for _, row := range p.rows(path) {
		if row.Method == http.MethodGet {
			e = row
		}
	}
	e.dress(req.Header)
	if !authorize(req.Header, p.auth[0], key) {
		return nil, ErrNoKey
	}
	return req, nil
}

// validSlot says whether a name can be the header that a key is sent in: a header name that neither net/http nor a proxy
// gives a meaning of its own.
func validSlot(name string) bool {
	if name == "" || len(name) > 64 || strings.HasPrefix(name, "sec-") || strings.HasPrefix(name, "proxy-") || strings.HasPrefix(name, "x-forwarded") {
		return false
	}
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	switch name {
	case "accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "cookie",
		"expect", "forwarded", "host", "keep-alive", "origin", "referer", "te", "trailer", "transfer-encoding",
		"upgrade", "user-agent", "via", "x-http-method-override":
		return false
	}
	return true
}
