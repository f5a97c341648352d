package provider

import "encoding/json"

// The grammar of JSON. All of it works on the body in place.

// peek is the next byte, or 0 at the end.
func (r *bodyReader) peek() byte {
	if r.i < len(r.b) {
		return r.b[r.i]
	}
	return 0
}

// next takes the next byte, or gives 0 at the end.
func (r *bodyReader) next() byte {
	if r.i < len(r.b) {
		r.i++
		return r.b[r.i-1]
	}
	return 0
}

func (r *bodyReader) space() {
	for r.i < len(r.b) {
		switch r.b[r.i] {
		case ' ', '\t', '\n', '\r':
			r.i++
		default:
			return
		}
	}
}

// plain are the bytes that stand for themselves in a string.
var plain = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= ' ' && c != '"' && c != '\\'
	}
	return t
}()

// str takes a string whose quotation mark is next. raw is what stands between the marks.
func (r *bodyReader) str() (raw []byte, escaped bool, err error) {
	b := r.b
	i := r.i + 1
	start := i
	for {
		for i < len(b) && plain[b[i]] {
			i++
		}
		if i == len(b) {
			return nil, false, errSyntax
		}
		switch b[i] {
		case '"':
			r.i = i + 1
			return b[start:i], escaped, nil
		case '\\':
			escaped = true
			n := escape(b[i:])
			if n == 0 {
				return nil, false, errSyntax
			}
			i += n
		default: // a control character
			return nil, false, errSyntax
		}
	}
}

// escape is the length of the escape sequence that b begins with, or 0.
func escape(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) < 6 {
			return 0
		}
		for _, c := range b[2:6] {
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				return 0
			}
		}
		return 6
	}
	return 0
}

// scalar takes a number, true, false or null.
func (r *bodyReader) scalar() (kind, error) {
	switch c := r.peek(); {
	case c == 't':
		return yes, r.word("true")
	case c == 'f':
		return no, r.word("false")
	case c == 'n':
		return empty, r.word("null")
	case c == '-' || isDigit(c):
		return number, r.number()
	}
	return 0, errSyntax
}

func (r *bodyReader) word(w string) error {
	if len(r.b)-r.i < len(w) || string(r.b[r.i:r.i+len(w)]) != w {
		return errSyntax
	}
	r.i += len(w)
	return nil
}

// number takes -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
func (r *bodyReader) number() error {
	if r.peek() == '-' {
		r.i++
	}
	if r.peek() == '0' {
		r.i++
	} else if !r.digits() {
		return errSyntax
	}
	if r.peek() == '.' {
		r.i++
		if !r.digits() {
			return errSyntax
		}
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		r.i++
		if c := r.peek(); c == '+' || c == '-' {
			r.i++
		}
		if !r.digits() {
			return errSyntax
		}
	}
	return nil
}

func (r *bodyReader) digits() bool {
	start := r.i
	for r.i < len(r.b) && isDigit(r.b[r.i]) {
		r.i++
	}
	return r.i > start
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// skip reads one value for its syntax alone.
func (r *bodyReader) skip(depth int) (err error) {
	switch c := r.peek(); c {
	case '{', '[':
		if depth >= maxDepth {
			return badBody("it is nested too deeply")
		}
		r.i++
		return r.skipMembers(c == '{', depth+1)
	case '"':
		_, _, err = r.str()
	default:
		_, err = r.scalar()
	}
	return err
}

func (r *bodyReader) skipMembers(keys bool, depth int) error {
	closing := byte(']')
	if keys {
		closing = '}'
	}
	r.space()
	if r.peek() == closing {
		r.i++
		return nil
	}
	for {
		r.space()
		if keys {
			if _, err := r.key(); err != nil {
				return err
			}
		}
		if err := r.skip(depth); err != nil {
			return err
		}
		r.space()
		switch r.next() {
		case ',':
		case closing:
			return nil
		default:
			return errSyntax
		}
	}
}

// decoded is a string's value.
func decoded(raw []byte, escaped bool) ([]byte, error) {
	if !escaped {
		return raw, nil
	}
	var s string
	quoted := make([]byte, 0, len(raw)+2)
	quoted = append(append(append(quoted, '"'), raw...), '"')
	if err := json.Unmarshal(quoted, &s); err != nil {
		return nil, errSyntax
	}
	return []byte(s), nil
}
