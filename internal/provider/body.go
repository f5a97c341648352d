package provider

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

const (
	// maxDepth bounds the nesting of a request body. Real ones stay below 30; the recursion here must stay small.
	maxDepth = 200
	// maxTopKeys bounds the keys at the top of a body, which are compared with each other.
	maxTopKeys = 256
	// maxFallbacks bounds the models that one request may list.
	maxFallbacks = 32
)

// kind is what a value is.
type kind uint8

const (
	empty kind = iota // null, "", [] or {}: a reference to nothing
	no
	yes
	number
	text
	compound
)

// bodyReader reads a JSON body in one pass, by the letter of RFC 8259: what it lets through every reader reads alike.
type bodyReader struct {
	b     []byte
	i     int
	shape string
	path  string // the model that the path names, or ""
	all   bool   // every text that can be an id counts

	facts     Facts
	fallbacks []string
	top       [][]byte   // the keys at the top, decoded
	source    sourceKind // of the object "source" that was read last

	socket bool     // it is a message, which may name models in any place
	named  []string // those models
	kind   []byte   // the type at its top, decoded
}

func inspectJSON(shape, pathModel string, body []byte, all bool) (Facts, error) {
	r := &bodyReader{b: body, shape: shape, path: pathModel, all: all}
	if err := r.whole(); err != nil {
		return Facts{}, err
	}
	for _, model := range r.fallbacks {
		// A grant names models; one that came in by the back door would not be asked about.
		if model != r.facts.Model {
			return Facts{}, badBody("it names several models")
		}
	}
	return r.facts, nil
}

// whole reads one object with nothing around it.
func (r *bodyReader) whole() error {
	if !utf8.Valid(r.b) {
		return badBody("it is not UTF-8")
	}
	r.space()
	if r.peek() != '{' {
		return badBody("it is not a JSON object")
	}
	start := r.i
	k, err := r.object(atTop, 1)
	if err != nil {
		return err
	}
	r.facts.asks.object = span{start: start, end: r.i, object: true, members: k == compound}
	r.facts.asks.size += int64(len(r.b))
	r.space()
	if r.i != len(r.b) {
		return badBody("something follows the JSON object")
	}
	return nil
}

// object reads an object whose brace is next.
func (r *bodyReader) object(at place, depth int) (kind, error) {
	if depth > maxDepth {
		return 0, badBody("it is nested too deeply")
	}
	r.i++
	r.space()
	if r.peek() == '}' {
		r.i++
		return empty, nil
	}
	item := inputItem{referred: r.facts.referred()}
	for {
		r.space()
		key, err := r.key()
		if err != nil {
			return 0, err
		}
		if err := r.member(at, depth, key, &item); err != nil {
			return 0, err
		}
		r.space()
		switch r.next() {
		case ',':
		case '}':
			r.closed(at, &item)
			return compound, r.endObject(at, &item)
		default:
			return 0, errSyntax
		}
	}
}

var errSyntax = badBody("it is not JSON")

// key reads a key and its colon, and gives the key decoded.
func (r *bodyReader) key() ([]byte, error) {
	if r.peek() != '"' {
		return nil, errSyntax
	}
	raw, escaped, err := r.str()
	if err != nil {
		return nil, err
	}
	r.space()
	if r.next() != ':' {
		return nil, errSyntax
	}
	r.space()
	return decoded(raw, escaped)
}

// member reads the value of a key in an object at a place.
func (r *bodyReader) member(at place, depth int, key []byte, item *inputItem) error {
	if at == atTop {
		if err := r.topKey(key); err != nil {
			return err
		}
	}
	if r.socket && isModel(key) {
		return r.messageModel()
	}
	if (at == atTop || at == inInnerRequest) && string(key) == "model" {
		return r.model(at)
	}
	if at == atTop && string(key) == "stream" {
		return r.stream()
	}
	if string(key) == "type" && r.peek() == '"' {
		err := r.typeName(item)
		if at == atTop {
			r.kind = item.name
		}
		return err
	}
	if !r.all { // else no answer will say what it cost
		if done, err := r.asked(at, key, item); done || err != nil {
			return err
		}
	}
	next := placeOf(at, r.shape, key)
	if opaque(r.shape, string(key)) && next != inParameters {
		return r.skip(depth)
	}
	name := reference(key, at == atTop)
	if name != "" {
		next = inReference
	}
	start, before := r.i, r.facts.referred()
	k, err := r.value(next, depth)
	if err != nil {
		return err
	}
	if err := r.noted(at, key, k, start, item); err != nil {
		return err
	}
	if k == empty {
		return nil
	}
	if name != "" {
		r.refersBy(name, before)
		return nil
	}
	r.facts.More = r.facts.More || furtherModels(string(key))
	switch string(key) {
	case "store":
		if at == atTop {
			r.facts.Store = storeOf(k)
		}
	case "id":
		if item.id {
			return badBody("an object has two ids")
		}
		item.id = true
		if k == text {
			item.idText = r.b[start:r.i]
		}
		if at == inPrompt || at == inContainer || at == inReference {
			return r.referTo(item.idText)
		}
	case "content":
		item.content = true
	case "result":
		item.result = true
	case "container":
		if k == text {
			return r.referTo(r.b[start:r.i])
		}
	case "handle":
		if at == inResumption {
			r.facts.references().Vague = true // a session
		}
	}
	return nil
}

func storeOf(k kind) Store {
	switch k {
	case yes:
		return StoreYes
	case no:
		return StoreNo
	case empty, number, text, compound: // the provider refuses it
	}
	return StoreUnsaid
}

// refersBy looks at what the value of a key that names stored data brought.
func (r *bodyReader) refersBy(name string, before int) {
	if r.facts.referred() == before || name == vaultIDs {
		refs := r.facts.references()
		refs.Vague, refs.Barred = true, refs.Barred || name == vaultIDs
	}
}

// referTo notes an id that stands in quotation marks; nil is one that is no text.
func (r *bodyReader) referTo(quoted []byte) error {
	if quoted == nil {
		r.facts.references().Vague = true
		return nil
	}
	raw := quoted[1 : len(quoted)-1]
	id, err := decoded(raw, bytes.IndexByte(raw, '\\') >= 0)
	if err != nil {
		return err
	}
	return r.facts.refer(string(id))
}

// endObject looks at what an object as a whole stands for.
func (r *bodyReader) endObject(at place, item *inputItem) error {
	switch {
	case item.stored && item.id:
		return r.referTo(item.idText)
	case item.stored && r.facts.referred() == item.referred:
		r.facts.references().Vague = true
	case at == inInputItem && item.reference():
		return r.referTo(item.idText)
	}
	return nil
}

// model reads the value of a model key.
func (r *bodyReader) model(at place) error {
	name, err := r.modelString()
	if err != nil {
		return err
	}
	if r.path != "" {
		if strings.TrimPrefix(name, "models/") != r.path {
			return badBody("the body names another model than the path")
		}
		return nil
	}
	if at != atTop {
		return nil
	}
	return r.facts.setModel(name)
}

func (r *bodyReader) modelString() (string, error) {
	if r.peek() != '"' {
		if err := r.skip(1); err != nil {
			return "", err
		}
		return "", ErrModelName
	}
	raw, escaped, err := r.str()
	if err != nil {
		return "", err
	}
	name, err := decoded(raw, escaped)
	return string(name), err
}

// stream reads the value of the key of that name.
func (r *bodyReader) stream() error {
	switch r.peek() {
	case 't', 'f', 'n':
		k, err := r.scalar()
		r.facts.Stream = k == yes
		return err
	}
	return badBody("stream is neither true nor false")
}

// value reads one value.
func (r *bodyReader) value(at place, depth int) (kind, error) {
	switch r.peek() {
	case '{':
		switch at {
		case inInput:
			at = inInputItem
		case inRequests:
			at = inInnerRequest
		case inTools:
			at = inTool
		case inModels:
			at = elsewhere
		}
		return r.object(at, depth+1)
	case '[':
		return r.array(at, depth+1)
	case '"':
		raw, escaped, err := r.str()
		if err != nil {
			return 0, err
		}
		if len(raw) == 0 && at != inModels {
			return empty, nil
		}
		return text, r.taken(at, raw, escaped)
	}
	return r.scalar()
}

// taken looks at a string that was read.
func (r *bodyReader) taken(at place, raw []byte, escaped bool) error {
	if at != inModels && at != inReference && (!r.all || len(raw) > maxID) {
		return nil
	}
	s, err := decoded(raw, escaped)
	switch {
	case err != nil:
		return err
	case at == inModels:
		return r.fallback(string(s))
	case at == inReference:
		return r.facts.refer(string(s))
	}
	return r.facts.see(string(s))
}

func (r *bodyReader) array(at place, depth int) (kind, error) {
	if depth > maxDepth {
		return 0, badBody("it is nested too deeply")
	}
	r.i++
	r.space()
	if r.peek() == ']' {
		r.i++
		return empty, nil
	}
	for {
		r.space()
		if c := r.peek(); at == inPrompt && (c == '"' || c == '[') {
			r.facts.asks.prompts++ // each is continued
		}
		if _, err := r.value(at, depth); err != nil {
			return 0, err
		}
		r.space()
		switch r.next() {
		case ',':
		case ']':
			return compound, nil
		default:
			return 0, errSyntax
		}
	}
}

func (r *bodyReader) fallback(name string) error {
	if len(r.fallbacks) == maxFallbacks {
		return badBody("it names several models")
	}
	r.fallbacks = append(r.fallbacks, name)
	return nil
}
