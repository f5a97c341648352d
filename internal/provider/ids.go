package provider

import (
	"fmt"
	"net/url"
	"strings"
)

// IDs takes the ids of what is now saved at the provider out of an answer as it passes, as [Meter] takes the usage. It keeps
// a few hundred bytes whatever the answer's size. Not safe for concurrent use.
type IDs struct {
	endpoint *Endpoint
	found    func(id string)
	left     int
	last     string
	framed   framing
	events   eventReader
	json     jsonReader
}

// maxIssued bounds the ids taken out of one answer.
const maxIssued = 4096

// IDs calls found with each id, as [CanonicalID] writes it, while the answer is written to it; nil where this request leaves
// nothing behind, or nothing that can be named later. f is what Inspect said of the request.
func (r *Route) IDs(contentType string, f Facts, found func(id string)) *IDs {
	e := r.Endpoint
	if len(e.issues) == 0 || f.Store == StoreNo || e.ifStore && f.Store != StoreYes {
		return nil
	}
	ids := &IDs{endpoint: e, found: found, left: maxIssued, framed: framingOf(contentType)}
	ids.json.found = func([]name, int64) {}
	ids.json.ids = ids.take
	return ids
}

// Write reads the next part of the answer. It never fails, whatever comes.
func (i *IDs) Write(p []byte) (int, error) {
	rest := p
	if i.framed == unknown {
		i.framed, rest = guess(rest)
	}
	switch i.framed {
	case plainJSON:
		i.json.read(rest)
	case eventStream:
		i.events.read(rest, &i.json)
	case unknown, ignored:
	}
	return len(p), nil
}

func (i *IDs) take(path []name, value []byte) {
	for _, at := range i.endpoint.issues {
		if !samePath(at, path) {
			continue
		}
		if string(value) == i.last || i.left == 0 { // many events in a row are about the same thing
			return
		}
		id, kind := CanonicalID(string(value))
		if kind == PlainID && len(id) >= shortestID {
			i.left--
			i.last = string(value)
			i.found(id)
		}
		return
	}
}

func samePath(a, b []name) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// compileIssues reads where ids stand: "output[].id" is the member id of every element of the member output.
func (e *Endpoint) compileIssues(r endpointRow) error {
	for _, text := range r.Issues {
		var path []name
		for part := range strings.SplitSeq(text, ".") {
			key, list := strings.CutSuffix(part, "[]")
			n := nameOf([]byte(key))
			if n == other {
				return fmt.Errorf("%q has a name that no reader looks for", text)
			}
			path = append(path, n)
			if list {
				path = append(path, element)
			}
		}
		if len(path) > maxFrames {
			return fmt.Errorf("%q lies too deep", text)
		}
		e.issues = append(e.issues, path)
	}
	switch r.IssuesIf {
	case "":
	case "store":
		e.ifStore = true
	default:
		return fmt.Errorf("unknown condition %q", r.IssuesIf)
	}
	return nil
}

// ids are what the variables of the path name, but for models: the value itself, and the value with the segment before it,
// as Google writes names ("files/abc").
func (e *Endpoint) ids(m *match) (ids []string) {
	if e.Class == Inference {
		return nil
	}
	for i, v := range e.vars {
		if v == "model" || v == "author" || v == "slug" {
			continue
		}
		if id, kind := CanonicalID(m.values[i]); kind == PlainID {
			ids = append(ids, id)
		}
		segment := strings.TrimSuffix(e.literals[i], "/")
		segment = segment[strings.LastIndexByte(segment, '/')+1:]
		if id, kind := CanonicalID(segment + "/" + m.values[i]); segment != "" && kind == PlainID {
			ids = append(ids, id)
		}
	}
	return ids
}

// Names are the ids of stored data that the path and the query of a request name, where its endpoint is not one of the class
// [Inference].
func (r *Route) Names(rawQuery string) []string {
	if r.Endpoint.Class != Stored || rawQuery == "" || len(r.Endpoint.query) == 0 {
		return r.ids
	}
	names := r.ids[:len(r.ids):len(r.ids)]
	page, _ := url.ParseQuery(rawQuery) // what cannot be parsed is not passed on either
	for _, name := range r.Endpoint.query {
		for _, v := range page[name] {
			if id, kind := CanonicalID(v); kind == PlainID && len(id) >= shortestID {
				names = append(names, id)
			}
		}
	}
	return names
}
