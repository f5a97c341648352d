package provider

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Root is where the paths of all providers begin on our side.
const Root = "/llm/"

// maxPath bounds a path: no provider's is a quarter as long.
const maxPath = 1024

// Route is where a request goes. A route that is closed ([Endpoint.Closed]) says so by its class; the caller refuses it.
type Route struct {
	Provider *Provider
	Endpoint *Endpoint
	Model    string // from the path, else ""
	url      string // empty for closed endpoints: what must not be sent has no address
	ids      []string
}

// Route finds the endpoint for a method at a path, which is the raw path of the request line, whole and without its query:
// "/llm/openai/v1/chat/completions". Nothing is cleaned or decoded, so that the path which is judged is the path which is
// sent. The error is [ErrUnknownEndpoint], [ErrUnknownProvider] or [ErrMethod].
//
// It finds no WebSockets, whatever the method is called: see [Catalogue.Socket].
func (c *Catalogue) Route(method, path string) (*Route, error) {
	if method == socketMethod {
		method = "" // a request whose method has this name is still no WebSocket
	}
	return c.route(method, path)
}

// Socket finds the endpoint for a WebSocket at a path. The error is as for Route; [ErrMethod] says that the path is not
// one for WebSockets.
func (c *Catalogue) Socket(path string) (*Route, error) { return c.route(socketMethod, path) }

func (c *Catalogue) route(method, path string) (*Route, error) {
	p, rest, err := c.split(path)
	if err != nil {
		return nil, err
	}
	var m match
	e := p.tree.find(method, rest, &m)
	if e == nil {
		if len(p.rows(rest)) > 0 {
			return nil, ErrMethod
		}
		return nil, ErrUnknownEndpoint
	}
	r := &Route{Provider: p, Endpoint: e, Model: e.model(&m)}
	if !e.Closed {
		r.url = e.expand(p.BaseURL, &m)
		r.ids = e.ids(&m)
	}
	return r, nil
}

// Methods are the provider and the methods that stand in the catalogue for a path, refused ones too: a page can read a
// refusal only if its preflight was answered. Sorted; the error is as for Route.
func (c *Catalogue) Methods(path string) (p *Provider, m []string, err error) {
	p, rest, err := c.split(path)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range p.rows(rest) {
		switch e.Method {
		case anyMethod:
			m = append(m, methods...)
		case socketMethod:
			m = append(m, http.MethodGet)
		default:
			m = append(m, e.Method)
		}
	}
	if m == nil {
		return nil, nil, ErrUnknownEndpoint
	}
	slices.Sort(m)
	return p, slices.Compact(m), nil
}

func (p *Provider) rows(path string) (found []*Endpoint) {
	p.tree.methodsAt(path, func(e *Endpoint) { found = append(found, e) })
	return found
}

// split is the provider that a path names, and what follows, which begins with a slash.
func (c *Catalogue) split(path string) (*Provider, string, error) {
	rest, ok := strings.CutPrefix(path, Root)
	if !ok || len(path) > maxPath {
		return nil, "", ErrUnknownEndpoint
	}
	id, rest := rest, ""
	if i := strings.IndexByte(id, '/'); i >= 0 {
		id, rest = id[:i], id[i:]
	}
	// A base URL that ended in a slash leaves one empty segment here. It is taken as it is: a redirect would fail the preflight.
	if strings.HasPrefix(rest, "//") {
		rest = rest[1:]
	}
	if rest != "" && !validPath(rest) {
		return nil, "", ErrUnknownEndpoint
	}
	p := c.byID[id]
	if p == nil {
		return nil, "", ErrUnknownProvider
	}
	if rest == "" {
		return nil, "", ErrUnknownEndpoint
	}
	return p, rest, nil
}

// validPath says whether a path is one that every server reads alike: ^(/[A-Za-z0-9_.:-]+)+$ without two dots in a row or a
// segment that is one dot. No percent sign: what a proxy and a provider decode differently is how endpoints are smuggled.
func validPath(s string) bool {
	if s == "" || s[0] != '/' {
		return false
	}
	start := 1 // of the segment
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == ':':
		case c == '.':
			if s[i-1] == '.' {
				return false
			}
		case c == '/':
			if !validSegment(s[start:i]) {
				return false
			}
			start = i + 1
		default:
			return false
		}
	}
	return validSegment(s[start:])
}

func validSegment(s string) bool { return s != "" && s != "." }

// URL is the upstream address with the listed parameters of rawQuery; all others are dropped, above all "key" and
// "access_token", which would be credentials, and "$httpMethod", which would be another method. What passes is written
// anew from its parsed value, each name once (those of lists, "include[]", as often as they came). For a closed route it is
// empty.
func (r *Route) URL(rawQuery string) string {
	if rawQuery == "" || len(r.Endpoint.query) == 0 || r.url == "" {
		return r.url
	}
	page, _ := url.ParseQuery(rawQuery) // pairs that cannot be parsed are dropped like unlisted ones
	pass := url.Values{}
	for _, name := range r.Endpoint.query {
		switch v := page[name]; {
		case len(v) == 0:
		case strings.HasSuffix(name, "[]"):
			pass[name] = v
		default:
			pass.Set(name, v[0])
		}
	}
	if len(pass) == 0 {
		return r.url
	}
	return r.url + "?" + pass.Encode()
}
