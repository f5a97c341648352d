package provider

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Provider is one row. The base URL is the one in force: the user's, or else the default.
type Provider struct {
	ID       string
	Name     string // as people write it
	KeysPage string // where the user makes a key; empty for custom providers

	BaseURL     string // no trailing slash
	DefaultBase string // the provider's own; empty for custom providers
	Custom      bool   // added by the user

	at       address   // of the base URL
	auth     []string  // slots; see Route.Authorize
	test     string    // path and query of the cheapest call that needs a key
	anyKey   bool      // takes keys of any form
	sections []section // of customLike, from which custom ones are made
	tree     *node
}

// Catalogue is an immutable set of providers, safe for concurrent use. Changes make a new one: see [Catalogue.With].
type Catalogue struct {
	providers []*Provider // in the order of the file, then custom ones by ID
	byID      map[string]*Provider
	forms     []keyForm
}

// Override is what the user changed: another base URL for a provider of the catalogue, or a new OpenAI-compatible one.
type Override struct {
	ID      string // of a known provider, or a new one: ^[a-z][a-z0-9-]{1,31}$
	Name    string // new ones only; the ID if empty
	BaseURL string // see CheckBaseURL; empty gives a known provider its own back
	Auth    string // new ones only: "bearer" (also if empty), "x-api-key", "api-key", or the name of a header
}

var embedded = sync.OnceValue(func() *Catalogue {
	c, err := decode(catalogueJSON)
	if err != nil {
		panic("provider: the embedded catalogue: " + err.Error()) // a test reads it, so no build ships with it
	}
	return c
})

// Default is the embedded catalogue without any change by the user.
func Default() *Catalogue { return embedded() }

// Provider finds a provider by ID.
func (c *Catalogue) Provider(id string) (*Provider, bool) {
	p, ok := c.byID[id]
	return p, ok
}

// Has says whether there is a provider of that ID.
func (c *Catalogue) Has(id string) bool { return c.byID[id] != nil }

// Providers are all of them, in the order in which to show them.
func (c *Catalogue) Providers() []*Provider { return slices.Clone(c.providers) }

// With is the catalogue with changes. The error says in one sentence what is wrong with the first bad one; the receiver
// never changes. An override whose ID is that of a custom provider of the receiver replaces it.
func (c *Catalogue) With(overrides ...Override) (*Catalogue, error) {
	next := &Catalogue{providers: slices.Clone(c.providers), byID: make(map[string]*Provider, len(c.byID)), forms: c.forms}
	for id, p := range c.byID {
		next.byID[id] = p
	}
	seen := map[string]bool{}
	for _, o := range overrides {
		if seen[o.ID] {
			return nil, fmt.Errorf("provider %q is given twice", o.ID)
		}
		seen[o.ID] = true
		p, err := next.changed(o)
		if err != nil {
			return nil, fmt.Errorf("provider %q: %w", o.ID, err)
		}
		if i := slices.IndexFunc(next.providers, func(q *Provider) bool { return q.ID == p.ID }); i >= 0 {
			next.providers[i] = p
		} else {
			next.providers = append(next.providers, p)
		}
		next.byID[p.ID] = p
	}
	known := slices.IndexFunc(next.providers, func(p *Provider) bool { return p.Custom })
	if known >= 0 {
		slices.SortFunc(next.providers[known:], func(a, b *Provider) int { return strings.Compare(a.ID, b.ID) })
	}
	return next, nil
}

// changed is the provider that an override makes.
func (c *Catalogue) changed(o Override) (*Provider, error) {
	if old, ok := c.byID[o.ID]; ok && !old.Custom {
		return rebased(old, o)
	}
	return c.custom(o)
}

func rebased(old *Provider, o Override) (*Provider, error) {
	// The slot and the name of a known provider are facts, not choices; ignoring a wish silently would surprise later.
	if o.Auth != "" && !slices.Contains(old.auth, o.Auth) {
		return nil, fmt.Errorf("%s always takes its key in the same header, so only the base URL can be changed", old.Name)
	}
	if o.Name != "" && o.Name != old.Name {
		return nil, fmt.Errorf("%s is a built-in provider, so only the base URL can be changed", old.Name)
	}
	p := *old
	p.setBase(p.DefaultBase)
	if o.BaseURL != "" {
		if err := CheckBaseURL(o.BaseURL); err != nil {
			return nil, err
		}
		p.setBase(canonicalBase(o.BaseURL))
	}
	return &p, nil
}

// customLike is the provider whose inference endpoints a custom one has.
const customLike = "openai"

func (c *Catalogue) custom(o Override) (*Provider, error) {
	if !validID(o.ID) {
		return nil, fmt.Errorf("the name must be 2 to 32 lower-case letters, digits and hyphens, and begin with a letter")
	}
	if o.BaseURL == "" {
		return nil, fmt.Errorf("a base URL is needed")
	}
	if err := CheckBaseURL(o.BaseURL); err != nil {
		return nil, err
	}
	auth := strings.ToLower(o.Auth)
	if auth == "" {
		auth = authBearer
	}
	if auth != authBearer && !validSlot(auth) {
		return nil, fmt.Errorf("the key can go into the header Authorization as a bearer token, or into a header of its own such as x-api-key, not into %q", o.Auth)
	}
	name := o.Name
	if name == "" {
		name = o.ID
	}
	if len(name) > 64 || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return nil, fmt.Errorf("the display name must be at most 64 bytes on one line")
	}
	like := c.byID[customLike]
	p := &Provider{
		ID: o.ID, Name: name, Custom: true,
		auth: []string{auth}, test: like.test, anyKey: true,
	}
	p.setBase(canonicalBase(o.BaseURL))
	var sections []section
	for _, s := range like.sections {
		sections = append(sections, section{Prefixes: s.Prefixes, Inference: s.Inference})
	}
	if err := p.plant(sections); err != nil {
		return nil, err
	}
	return p, nil
}

func validID(s string) bool {
	if len(s) < 2 || len(s) > 32 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
