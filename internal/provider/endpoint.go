package provider

import (
	"errors"
	"net/http"
	"strings"
)

// BodyKind is a kind of request body.
type BodyKind uint8

const (
	NoBody BodyKind = iota // beside others: the body may be left out
	JSONBody
	MultipartBody // a form
	RelatedBody   // a description and a file
)

// How a request body and its answer are read.
const (
	shapeChat      = "openai-chat"
	shapeResponses = "openai-responses"
	shapeOpenAI    = "openai" // the model and the usage stand where OpenAI puts them; nothing else is known
	shapeAnthropic = "anthropic"
	shapeGemini    = "gemini"
	shapeRealtime  = "openai-realtime" // events over a WebSocket
	shapeLive      = "gemini-live"
)

const (
	// anyMethod in a row matches every method.
	anyMethod = "ANY"
	// socketMethod in a row is a GET that becomes a WebSocket, and only that.
	socketMethod = "WS"
)

// Endpoint is one row of the table.
type Endpoint struct {
	Method string     // "GET", "POST", …; "WS" for a WebSocket; "ANY" in rows that are closed
	Path   string     // below the base URL: "/v1beta/models/{model}:generateContent"; a final * is all below it too
	Class  Class      //
	Closed bool       // no permission opens it: a row of the class Never, or stored data that is in no exact row
	Bodies []BodyKind // that a request may have; empty for none
	Shape  string     // how body and answer are read: "openai-chat", "openai-responses", "openai", "anthropic", "gemini", "openai-realtime", "gemini-live", "" (nothing to read)
	Auth   string     // the slot of the credential where it is not the provider's usual one

	auth    []string
	headers http.Header // sent when the page sent none of that name
	query   []string    // names of the parameters that pass
	stream  bool        // always answers with a stream
	issues  [][]name    // where an answer has ids of what is saved
	ifStore bool        // only if the page asked for it to be saved

	subprotocols []string // that pass to the provider
	makes        product
	ceilings     []ceilingName // the first is the one to write
	usualOutput  int64         // tokens of an answer for which no ceiling is named; 0: as many as the model can
	usageChunk   bool          // takes stream_options.include_usage

	literals []string // the text around the variables: one more than there are variables
	vars     []string
	tail     bool
}

// String is what the ledger and the window call the endpoint: "POST /v1/messages".
func (e *Endpoint) String() string { return e.Method + " " + e.Path }

// maxVars bounds the variables of one template, so that a match needs no memory of its own.
const maxVars = 4

// compile splits Path into its literals and variables.
func (e *Endpoint) compile() error {
	rest, tail := strings.CutSuffix(e.Path, "*")
	e.tail = tail
	for {
		before, after, found := strings.Cut(rest, "{")
		if strings.ContainsAny(before, "}*") {
			return errors.New("bad template")
		}
		e.literals = append(e.literals, before)
		if !found {
			break
		}
		name, after, closed := strings.Cut(after, "}")
		if !closed || name == "" {
			return errors.New("bad template")
		}
		e.vars = append(e.vars, name)
		rest = after
	}
	if len(e.vars) > maxVars {
		return errors.New("too many variables")
	}
	return nil
}

// expand is the path at the provider, with the variables in their order and what stood below a tail.
func (e *Endpoint) expand(base string, m *match) string {
	n := len(base) + len(m.tail)
	for i, l := range e.literals {
		n += len(l)
		if i < len(e.vars) {
			n += len(m.values[i])
		}
	}
	var b strings.Builder
	b.Grow(n)
	b.WriteString(base)
	for i, l := range e.literals {
		b.WriteString(l)
		if i < len(e.vars) {
			b.WriteString(m.values[i])
		}
	}
	b.WriteString(m.tail)
	return b.String()
}

// model is the model that the variables name.
func (e *Endpoint) model(m *match) string {
	var author string
	for i, name := range e.vars {
		switch name {
		case "model":
			return m.values[i]
		case "author":
			author = m.values[i]
		case "slug": // OpenRouter and Groq: a model's name has two segments
			return author + "/" + m.values[i]
		}
	}
	return ""
}
