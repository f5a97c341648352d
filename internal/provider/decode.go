package provider

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

//go:embed catalogue.json
var catalogueJSON []byte

// The file. A section is a set of endpoints that share the part of the path before them.

type file struct {
	Providers []row `json:"providers"`
}

type row struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Base     string    `json:"base"`
	KeysPage string    `json:"keys_page"`
	Auth     []string  `json:"auth"` // the usual slot first; the others are used if the page's client used them
	Test     string    `json:"test"`
	Keys     keys      `json:"keys"`
	Sections []section `json:"sections"`
}

type keys struct {
	Fits  []string `json:"fits"`  // beginnings of ordinary keys
	Admin []string `json:"admin"` // beginnings of keys that make keys
	Any   bool     `json:"any"`   // the provider takes keys of any form
}

type section struct {
	// Prefixes are what may stand before a path on our side, and what stands there at the provider. This is how
	// "/v1" may be sent or left out.
	Prefixes map[string]string `json:"prefixes"`
	Auth     []string          `json:"auth"`    // instead of the provider's
	Headers  map[string]string `json:"headers"` // sent when the page sent none of that name
	Query    []string          `json:"query"`   // parameters that pass, for all rows
	headers  http.Header       // Headers, shared by all of its endpoints
	// Inference, Optional and Stored rows are exact.
	Inference []endpointRow `json:"inference"`
	Optional  []endpointRow `json:"optional"`
	Stored    []storedRow   `json:"stored"`
	// StoredQuery are parameters that pass for all exact stored rows.
	StoredQuery []string `json:"stored_query"`
	// Rest and Never rows are "METHOD /path", where ANY is every method and a final * is the path and all below it. What is
	// in Rest is stored data too, but nothing that a switch opens: it only says why it is refused.
	Rest  []string `json:"stored_rest"`
	Never []string `json:"never"`
}

type endpointRow struct {
	At     string   `json:"at"` // "POST /path/{variable}"; "WS /path" is a WebSocket
	Shape  string   `json:"shape"`
	Bodies []string `json:"bodies"` // "json", "multipart", "related", "none"; a POST, PUT or PATCH that says nothing takes JSON
	Query  []string `json:"query"`
	Stream bool     `json:"stream"` // always answers with a stream
	// Subprotocols of a WebSocket that pass; what clients put a key into is in none of them.
	Subprotocols []string `json:"subprotocols"`

	// What decides about cost.
	Makes       string   `json:"makes"`        // see [product]; chat shapes make text
	Ceiling     []string `json:"ceiling"`      // the fields that bound an answer's tokens, first the one to write; left out: the shape's
	UsualOutput int64    `json:"usual_output"` // tokens of an answer for which no ceiling is named
	UsageChunk  bool     `json:"usage_chunk"`  // takes stream_options.include_usage
	// Issues are where the answer has ids of what is now saved at the provider: "id", "output[].id".
	Issues []string `json:"issues"`
	// IssuesIf is "store" where that is so only if the body said "store": true.
	IssuesIf string `json:"issues_if"`
}

// storedRow is an endpointRow, or only its At.
type storedRow struct{ endpointRow }

// UnmarshalJSON is as strict as the decoder that calls it, which does not hand its strictness on.
func (r *storedRow) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &r.At)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(&r.endpointRow)
}

// decodeStrictly reads a whole file of ours. What into has no place for is an error, and so is what follows.
func decodeStrictly(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("decode: something follows")
	}
	return nil
}

// decode reads a whole catalogue. Anything that it does not understand is an error: a typing mistake in an allow list
// must not widen it.
func decode(b []byte) (*Catalogue, error) {
	var f file
	if err := decodeStrictly(b, &f); err != nil {
		return nil, err
	}
	c := &Catalogue{byID: map[string]*Provider{}}
	for _, r := range f.Providers {
		p, err := r.provider()
		if err != nil {
			return nil, fmt.Errorf("row %q: %w", r.ID, err)
		}
		if c.byID[p.ID] != nil {
			return nil, fmt.Errorf("row %q is there twice", r.ID)
		}
		c.byID[p.ID] = p
		c.providers = append(c.providers, p)
		c.forms = append(c.forms, r.Keys.forms(p.ID)...)
	}
	if c.byID[customLike] == nil {
		return nil, fmt.Errorf("row %q, which custom providers are made from, is missing", customLike)
	}
	return c, nil
}

func (r *row) provider() (*Provider, error) {
	if !validID(r.ID) || r.Name == "" {
		return nil, errors.New("bad id or name")
	}
	if err := CheckBaseURL(r.Base); err != nil {
		return nil, err
	}
	if r.Base != canonicalBase(r.Base) {
		return nil, errors.New("the base URL is not in canonical form")
	}
	if !strings.HasPrefix(r.Test, "/") {
		return nil, errors.New("no test call")
	}
	if err := checkSlots(r.Auth); err != nil || len(r.Auth) == 0 {
		return nil, errors.Join(errors.New("bad auth"), err)
	}
	p := &Provider{
		ID: r.ID, Name: r.Name, KeysPage: r.KeysPage, DefaultBase: r.Base,
		auth: r.Auth, test: r.Test, anyKey: r.Keys.Any,
	}
	p.setBase(r.Base)
	if r.ID == customLike {
		p.sections = r.Sections
	}
	return p, p.plant(r.Sections)
}

func checkSlots(slots []string) error {
	for _, s := range slots {
		if s != authBearer && !validSlot(s) {
			return fmt.Errorf("bad slot %q", s)
		}
	}
	return nil
}

// plant grows the provider's tree from sections.
func (p *Provider) plant(sections []section) error {
	p.tree = &node{}
	for i := range sections {
		s := &sections[i]
		if err := checkSlots(s.Auth); err != nil {
			return err
		}
		if err := p.plantSection(s); err != nil {
			return err
		}
	}
	return nil
}

func (p *Provider) plantSection(s *section) error {
	for name, value := range s.Headers {
		if s.headers == nil {
			s.headers = http.Header{}
		}
		s.headers.Set(name, value)
	}
	stored := make([]endpointRow, len(s.Stored))
	for i, r := range s.Stored {
		stored[i] = r.endpointRow
		stored[i].Query = append(slices.Clone(s.StoredQuery), r.Query...)
	}
	for class, rows := range map[Class][]endpointRow{Inference: s.Inference, Optional: s.Optional, Stored: stored} {
		for _, r := range rows {
			if strings.HasPrefix(r.At, anyMethod) || strings.HasSuffix(r.At, "*") {
				return fmt.Errorf("%q: an endpoint that pages reach must be exact", r.At)
			}
			if err := p.plantRow(s, r, class, false); err != nil {
				return fmt.Errorf("%q: %w", r.At, err)
			}
		}
	}
	for class, rows := range map[Class][]string{Stored: s.Rest, Never: s.Never} {
		for _, at := range rows {
			if err := p.plantRow(s, endpointRow{At: at, Bodies: []string{}}, class, true); err != nil {
				return fmt.Errorf("%q: %w", at, err)
			}
		}
	}
	return nil
}

var (
	methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	shapes  = []string{"", shapeChat, shapeResponses, shapeOpenAI, shapeAnthropic, shapeGemini}
	// A WebSocket must be of a shape whose messages can be read: else any model could be named in them.
	socketShapes = []string{shapeRealtime, shapeLive}
)

// plantRow plants an endpoint below every prefix. There is one for each path at the provider, whatever leads to it here: a
// catalogue has a thousand, and they stay in memory.
func (p *Provider) plantRow(s *section, r endpointRow, class Class, closed bool) error {
	made := map[string]*Endpoint{}
	for ours, theirs := range s.Prefixes {
		if made[theirs] == nil {
			e, err := newEndpoint(s, r, class, theirs, closed)
			if err != nil {
				return err
			}
			made[theirs] = e
		}
		_, path, _ := strings.Cut(r.At, " ")
		if err := p.tree.plant(ours+path, made[theirs]); err != nil {
			return err
		}
	}
	return nil
}

// newEndpoint is what a row says, with its path at the provider below theirs.
func newEndpoint(s *section, r endpointRow, class Class, theirs string, closed bool) (*Endpoint, error) {
	method, path, ok := strings.Cut(r.At, " ")
	if !ok || (method != anyMethod && method != socketMethod && !slices.Contains(methods, method)) {
		return nil, errors.New("not a method and a path")
	}
	if method == socketMethod {
		if !slices.Contains(socketShapes, r.Shape) || r.Bodies != nil || r.Stream {
			return nil, errors.New("a WebSocket needs the shape of its messages, and nothing of a request's body")
		}
	} else if !slices.Contains(shapes, r.Shape) || r.Subprotocols != nil {
		return nil, fmt.Errorf("unknown shape %q, or subprotocols without a WebSocket", r.Shape)
	}
	e := &Endpoint{Method: method, Path: theirs + path, Class: class, Shape: r.Shape, Closed: closed, headers: s.headers, stream: r.Stream, subprotocols: r.Subprotocols}
	e.query = append(slices.Clone(s.Query), r.Query...)
	if e.auth = s.Auth; len(s.Auth) > 0 {
		e.Auth = s.Auth[0]
	}
	for _, b := range r.Bodies {
		switch b {
		case "json":
			e.Bodies = append(e.Bodies, JSONBody)
		case "multipart":
			e.Bodies = append(e.Bodies, MultipartBody)
		case "related":
			e.Bodies = append(e.Bodies, RelatedBody)
		case "none":
			e.Bodies = append(e.Bodies, NoBody)
		default:
			return nil, fmt.Errorf("unknown body %q", b)
		}
	}
	if (method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch) && r.Bodies == nil {
		e.Bodies = []BodyKind{JSONBody}
	}
	return e, errors.Join(e.price(r), e.compileIssues(r), e.compile())
}
