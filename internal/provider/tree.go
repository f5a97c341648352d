package provider

import (
	"errors"
	"fmt"
	"strings"
)

// node is one segment in the tree of a provider's paths. A path is matched segment by segment, the most exact kind
// first: a literal, a variable with a verb ("{model}:generateContent"), a variable, everything below. So a narrow row
// always wins over a wide one, whatever their order in the file.
type node struct {
	literal map[string]*node
	verb    map[string]*node // by what follows the last colon
	any     *node
	here    []*Endpoint // one for each method
	below   []*Endpoint // rows that end in *
}

// match is what the variables of a template stood for.
type match struct {
	values [maxVars]string
	n      int
	tail   string // what stood below a final *, from its slash
}

// plant adds a row. Two rows for one method and path are an error, even if they agree.
func (n *node) plant(path string, e *Endpoint) error {
	path, tail := strings.CutSuffix(path, "*")
	if !strings.HasPrefix(path, "/") {
		return errors.New("the path does not begin with a slash")
	}
	for segment := range strings.SplitSeq(path[1:], "/") {
		next, err := n.child(segment)
		if err != nil {
			return err
		}
		n = next
	}
	if err := put(&n.here, e); err != nil {
		return err
	}
	if tail {
		return put(&n.below, e)
	}
	return nil
}

func put(rows *[]*Endpoint, e *Endpoint) error {
	for _, old := range *rows {
		if old.Method == e.Method {
			return fmt.Errorf("stands for the same requests as %q", old)
		}
	}
	*rows = append(*rows, e)
	return nil
}

// child is the node for one segment of a template.
func (n *node) child(segment string) (*node, error) {
	if !strings.Contains(segment, "{") {
		if !validPath("/" + segment) {
			return nil, fmt.Errorf("bad segment %q", segment)
		}
		return grow(&n.literal, segment), nil
	}
	_, after, _ := strings.Cut(segment, "}")
	switch {
	case segment[0] != '{' || strings.Contains(after, "{"):
		return nil, fmt.Errorf("bad segment %q", segment)
	case after == "":
		if n.any == nil {
			n.any = &node{}
		}
		return n.any, nil
	case after[0] == ':' && len(after) > 1 && !strings.Contains(after[1:], ":"):
		return grow(&n.verb, after[1:]), nil
	}
	return nil, fmt.Errorf("bad segment %q", segment)
}

func grow(nodes *map[string]*node, name string) *node {
	if *nodes == nil {
		*nodes = map[string]*node{}
	}
	if (*nodes)[name] == nil {
		(*nodes)[name] = &node{}
	}
	return (*nodes)[name]
}

// find is the endpoint for a method at a path that begins with a slash, or at the node itself for the empty path.
// It leaves the variables in m.
func (n *node) find(method, path string, m *match) *Endpoint {
	if path == "" {
		return forMethod(n.here, method)
	}
	segment, rest := path[1:], ""
	if i := strings.IndexByte(segment, '/'); i >= 0 {
		segment, rest = segment[:i], segment[i:]
	}
	if next := n.literal[segment]; next != nil {
		if e := next.find(method, rest, m); e != nil {
			return e
		}
	}
	before := m.n
	if colon := strings.LastIndexByte(segment, ':'); colon > 0 && n.verb != nil {
		if next := n.verb[segment[colon+1:]]; next != nil {
			m.push(segment[:colon])
			if e := next.find(method, rest, m); e != nil {
				return e
			}
			m.n = before
		}
	}
	if n.takes(segment) {
		m.push(segment)
		if e := n.any.find(method, rest, m); e != nil {
			return e
		}
		m.n = before
	}
	if e := forMethod(n.below, method); e != nil {
		m.tail = path
		return e
	}
	return nil
}

// takes says whether a segment can be the value of a bare variable. Where verbs are used, what follows a colon is a verb,
// so an unknown one must not pass as part of a name.
func (n *node) takes(segment string) bool {
	return n.any != nil && (n.verb == nil || strings.IndexByte(segment, ':') < 0)
}

func (m *match) push(value string) {
	if m.n < maxVars {
		m.values[m.n] = value
	}
	m.n++
}

// forMethod is the row for a method: its own, or the one for any.
func forMethod(rows []*Endpoint, method string) (found *Endpoint) {
	for _, e := range rows {
		switch e.Method {
		case method:
			return e
		case anyMethod:
			found = e
		}
	}
	return found
}

// methodsAt calls yield with every row that matches the path, whatever its method.
func (n *node) methodsAt(path string, yield func(*Endpoint)) {
	if path == "" {
		for _, e := range n.here {
			yield(e)
		}
		return
	}
	segment, rest := path[1:], ""
	if i := strings.IndexByte(segment, '/'); i >= 0 {
		segment, rest = segment[:i], segment[i:]
	}
	if next := n.literal[segment]; next != nil {
		next.methodsAt(rest, yield)
	}
	if colon := strings.LastIndexByte(segment, ':'); colon > 0 {
		if next := n.verb[segment[colon+1:]]; next != nil {
			next.methodsAt(rest, yield)
		}
	}
	if n.takes(segment) {
		n.any.methodsAt(rest, yield)
	}
	for _, e := range n.below {
		yield(e)
	}
}
