package provider

import (
	"net/url"
	"slices"
	"strings"
)

// maxNamed bounds the models that one message may name.
const maxNamed = 32

// Naming is what one message of a page's WebSocket says about models.
type Naming struct {
	Models []string // each that it names, once
	More   bool     // it lets further models answer, which it does not name
	Asks   bool     // it asks for an answer
}

// InspectQuery says which model the address of a WebSocket asks for. Where it names none, a later message does (Later), or
// the provider chooses (More). The error is [ErrBadBody].
func (r *Route) InspectQuery(rawQuery string) (Facts, error) {
	f := Facts{Stream: true}
	if !slices.Contains(r.Endpoint.query, "model") {
		f.Later = true
		return f, nil
	}
	page, _ := url.ParseQuery(rawQuery) // what cannot be parsed does not pass either: see URL
	switch models := page["model"]; len(models) {
	case 0:
		f.More = true
	case 1:
		if err := f.setModel(models[0]); err != nil {
			return Facts{}, err
		}
		if f.Stored != nil {
			return Facts{}, ErrStoredData
		}
	default:
		return Facts{}, badBody("it names several models")
	}
	return f, nil
}

// InspectMessage reads one message of a page's WebSocket, text or binary, whole and without changing it. Every model that
// stands in it anywhere but in data of the page's own is reported, since a session is set up, and set up anew, by
// messages. The error wraps [ErrBadBody] or [ErrStoredData]; its text has no part of the message in it.
func (r *Route) InspectMessage(message []byte) (Naming, error) {
	b := &bodyReader{b: message, shape: r.Endpoint.Shape, socket: true}
	if err := b.whole(); err != nil {
		return Naming{}, err
	}
	if b.facts.Stored != nil {
		return Naming{}, ErrStoredData
	}
	return Naming{Models: b.named, More: b.facts.More, Asks: asksForAnswer(b.shape, b.kind, b.top)}, nil
}

// Subprotocols are those of the page's that pass, in its order. What clients put a key into
// ("openai-insecure-api-key.…"), or an account ("openai-project.…"), is in no list.
func (r *Route) Subprotocols(offered []string) []string {
	var pass []string
	for _, p := range offered {
		if slices.Contains(r.Endpoint.subprotocols, p) {
			pass = append(pass, p)
		}
	}
	return pass
}

// isModel says whether a key is "model", by the same folding as names of stored data.
func isModel(key []byte) bool {
	var buf [8]byte
	folded, ok := fold(buf[:0], key)
	return ok && string(folded) == "model"
}

// messageModel reads the value of a model key in a message.
func (r *bodyReader) messageModel() error {
	if r.peek() == 'n' { // null: as if it were not there
		_, err := r.scalar()
		return err
	}
	name, err := r.modelString()
	if err != nil {
		return err
	}
	if err := r.facts.setModel(name); err != nil {
		return err
	}
	if r.shape == shapeLive {
		name = strings.TrimPrefix(name, "models/") // a grant names models as paths do
	}
	if slices.Contains(r.named, name) {
		return nil
	}
	if len(r.named) == maxNamed {
		return badBody("it names too many models")
	}
	r.named = append(r.named, name)
	return nil
}
