package provider

import (
	"fmt"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"
)

// Facts are what policy needs from a request's body.
type Facts struct {
	Model  string // the model, or "" where the endpoint has none or the page named none
	Stream bool   // the page asked for a stream
	// More says that other models than Model may answer: the body names further ones (fallbacks, routers, tools that ask a
	// model), or none, so that the provider chooses. Whoever was given some models only must not send it.
	More bool
	// Later says that the first message of a WebSocket will name the model.
	Later bool

	// Store is what the page said of keeping the answer at the provider.
	Store Store
	// Stored is the data saved at the provider that the body names; nil: none.
	Stored *References
	// Seen are the other texts in the body of a request to stored data that can be ids.
	Seen *[]string

	asks asks
}

// Store is the value of "store" in a body.
type Store uint8

// What a page can say of it.
const (
	StoreUnsaid Store = iota
	StoreNo
	StoreYes
)

// maxModel bounds a model's name, in bytes.
const maxModel = 256

// Inspect reads a body already in memory, in one pass and without changing it. It says which model is asked for, and which
// data stored at the provider is named: such a request would read another site's files or chats with an endpoint that looks
// harmless. Of multipart bodies only the fields are read, not the files.
//
// The error wraps [ErrMediaType], [ErrBadBody] or [ErrStoredData]; its text has no part of the body in it. With
// [ErrStoredData] the facts are whole, for whoever can tell whether this site may name what it names; everybody else takes
// it for the refusal that it is. Requests to endpoints of the class [Stored] name stored data as a matter of course.
func (r *Route) Inspect(contentType string, body []byte) (Facts, error) {
	e := r.Endpoint
	switch {
	case len(body) > 0 && len(e.Bodies) == 0:
		return Facts{}, fmt.Errorf("%w: it takes none", ErrBadBody)
	case len(body) == 0 && (len(e.Bodies) == 0 || slices.Contains(e.Bodies, NoBody)):
		return Facts{More: e.Class == Stored && e.Shape != ""}, nil // such as to start a job that waits
	}
	kind, boundary, err := r.mediaType(contentType)
	if err != nil {
		return Facts{}, err
	}
	var f Facts
	switch all := e.Class == Stored; kind {
	case MultipartBody:
		f, err = inspectForm(boundary, body, all)
	case JSONBody:
		f, err = inspectJSON(e.Shape, r.Model, body, all)
	case NoBody, RelatedBody:
	}
	if err != nil {
		return Facts{}, err
	}
	if r.Model != "" {
		f.Model = r.Model
	}
	// An endpoint of stored data without a shape asks no model.
	f.More = f.More || f.Model == "" && (e.Class != Stored || e.Shape != "")
	f.Stream = f.Stream || e.stream
	if f.Stored != nil && e.Class != Stored {
		return f, ErrStoredData
	}
	return f, nil
}

// CheckMediaType says whether the endpoint takes a body of that type, before the body is read. The error is
// [ErrMediaType]. An endpoint that takes no body does not care: Inspect refuses the body itself.
func (r *Route) CheckMediaType(contentType string) error {
	if len(r.Endpoint.Bodies) == 0 || contentType == "" && slices.Contains(r.Endpoint.Bodies, NoBody) {
		return nil
	}
	_, _, err := r.mediaType(contentType)
	return err
}

func (r *Route) mediaType(contentType string) (kind BodyKind, boundary string, err error) {
	kind, boundary, err = mediaType(contentType)
	if err == nil && !slices.Contains(r.Endpoint.Bodies, kind) {
		return 0, "", ErrMediaType
	}
	return kind, boundary, err
}

// mediaType refuses every type that a form or a fetch without a preflight can send, text/plain first of all, except
// multipart, which the endpoint must list.
func mediaType(s string) (kind BodyKind, boundary string, err error) {
	if s == "application/json" {
		return JSONBody, "", nil
	}
	t, params, err := mime.ParseMediaType(s)
	if err != nil {
		return 0, "", ErrMediaType
	}
	switch t {
	case "application/json":
		// In another encoding the provider would read other bytes than we do.
		if c := params["charset"]; c != "" && !strings.EqualFold(c, "utf-8") {
			return 0, "", ErrMediaType
		}
		return JSONBody, "", nil
	case "multipart/form-data":
		if params["boundary"] == "" {
			return 0, "", ErrMediaType
		}
		return MultipartBody, params["boundary"], nil
	case "multipart/related": // Google's uploads: a description, then the file
		if params["boundary"] == "" {
			return 0, "", ErrMediaType
		}
		return RelatedBody, params["boundary"], nil
	}
	return 0, "", ErrMediaType
}

func validModel(s string) bool {
	return s != "" && len(s) <= maxModel && utf8.ValidString(s) &&
		!strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// presetModel marks a stored preset in a model's name at OpenRouter: "@preset/mine", "some/model@preset/mine".
const presetModel = "@preset/"

// setModel notes a model's name.
func (f *Facts) setModel(s string) error {
	switch {
	case !validModel(s):
		return ErrModelName
	case strings.Contains(s, presetModel):
		f.references().Vague, f.More = true, true // a preset chooses the model
	}
	f.Model = s
	return nil
}

func badBody(why string) error { return fmt.Errorf("%w: %s", ErrBadBody, why) }
