package provider

import (
	"net/http"

	"github.com/oaklock/oaklock/internal/secret"
)

// CONTRACT: signatures are fixed (more may be added), bodies to be written.

type BodyKind uint8

const (
	NoBody BodyKind = iota
	JSONBody
	MultipartBody
)

// Endpoint is one row of the table.
type Endpoint struct {
	Method string
	Path   string // template, such as "/models/{model}:generateContent"
	Class  Class
	Bodies []BodyKind // which bodies a POST may have
	Shape  string     // how body and answer are read: "openai-chat", "openai-responses", "openai", "anthropic", "gemini", "" (nothing to read)
	Auth   string     // overrides the provider's where set (DeepSeek's /anthropic)
}

func (e *Endpoint) String() string { return e.Method + " " + e.Path }

// Provider is one row; the base URL is the one in force.
type Provider struct {
	ID, Name, KeysPage   string
	BaseURL, DefaultBase string
	Custom               bool
}

// KeyEndpoint is scheme://host:port of the base URL (the port always written), which keys are bound to.
func (p *Provider) KeyEndpoint() string { panic("contract") }

// Catalogue is immutable; changes make a new one.
type Catalogue struct{}

// Override is what the user changed: another base URL for a known row, or a new OpenAI-compatible one.
type Override struct{ ID, Name, BaseURL, Auth string }

func Default() *Catalogue                                                     { panic("contract") }
func (c *Catalogue) With(o ...Override) (*Catalogue, error)                   { panic("contract") }
func (c *Catalogue) Provider(id string) (*Provider, bool)                     { panic("contract") }
func (c *Catalogue) Providers() []*Provider                                   { panic("contract") }
func (c *Catalogue) Route(method, path string) (*Route, error)                { panic("contract") } // path: raw, whole, "/llm/openai/v1/chat/completions"; query apart
func (c *Catalogue) Methods(path string) (p *Provider, m []string, err error) { panic("contract") } // for preflights

// Route is where a request goes.
type Route struct {
	Provider *Provider
	Endpoint *Endpoint
	Model    string // from the path, else ""
	url      string
}

// URL is the upstream address with the listed query parameters of rawQuery; all others are dropped.
func (r *Route) URL(rawQuery string) string { panic("contract") }

// Request builds the upstream headers from the page's by the allow list, without any credential.
func (r *Route) Header(page http.Header) http.Header { panic("contract") }

// Authorize sets the credential in h, in the slot the page's client used where the provider has two (page: its headers).
func (r *Route) Authorize(h http.Header, page http.Header, key secret.Secret) { panic("contract") }

// Facts are what policy needs from a request's body.
type Facts struct {
	Model  string // the model, or "" where the endpoint has none
	Stream bool
}

// Inspect reads a body already in memory. For multipart bodies only the model field is looked for.
func (r *Route) Inspect(contentType string, body []byte) (Facts, error) { panic("contract") }

// Usage are tokens as the provider reports them; -1 where it did not.
type Usage struct{ Input, Output, CachedInput, CacheWrite, Reasoning int64 }

// Meter reads usage from an answer as it passes; Write never fails and never keeps more than 1 MiB.
type Meter struct{}

func (r *Route) Meter(contentType string) *Meter { panic("contract") }
func (m *Meter) Write(p []byte) (int, error)     { panic("contract") }
func (m *Meter) Usage() Usage                    { panic("contract") }

// KeyForm looks at a key's form before it is stored.
type KeyForm uint8

const (
	KeyFits      KeyForm = iota
	KeyAdmin             // an administrative key: refused always
	KeyOther             // fits another provider: refused unless the user insists
	KeyMalformed         // empty, blanks inside, control characters, over 2,560 bytes, not ASCII
)

// CheckKey judges a key for a provider; other names the provider it seems to be for.
func (c *Catalogue) CheckKey(providerID string, key []byte) (form KeyForm, other string) {
	panic("contract")
}

// CheckBaseURL says in one sentence what is wrong: not https (http only for loopback), user name, query, fragment.
func CheckBaseURL(s string) error { panic("contract") }

// TestRequest is the provider's cheapest call with a key (GET /models).
func (p *Provider) TestRequest(key secret.Secret) (*http.Request, error) { panic("contract") }
