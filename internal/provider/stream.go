package provider

import (
	"bytes"
	"strconv"
)

// jsonReader follows JSON as it comes, in pieces of any size, and reports the whole numbers in objects with the names on
// the way to them. It does not judge: what is not JSON it gets through somehow, without reporting much.
type jsonReader struct {
	found func(path []name, value int64)
	// What else is wanted, or nil. Texts are valid during the call.
	decimal func(path []name, number []byte) // every number
	text    func(path []name, value []byte)  // short strings that stand under nameModality
	opened  func(path []name)                // objects
	named   func(path []name)                // keys
	ids     func(path []name, value []byte)  // strings of up to maxID bytes under any known name

	depth  int
	frames [maxFrames]frame // of the outermost objects and arrays
	way    [maxFrames]name  // what path gives

	state   jsonState
	escaped bool // in a string: the last byte was a backslash
	isKey   bool // the string is a key
	wanted  bool // the string is a value that text wants
	isID    bool // the string goes to ids
	value   []byte
	buf     [maxName]byte
	n       int // of buf: a key or a number; maxName+1 when it did not fit
}

// maxFrames is how deep names are followed: the deepest number that matters has five on its way.
const maxFrames = 6

type frame struct {
	object  bool
	wantKey bool
	key     name
}

type jsonState uint8

const (
	between jsonState = iota
	inString
	inNumber
)

// reset forgets what was begun.
func (r *jsonReader) reset() { r.depth, r.state = 0, between }

func (r *jsonReader) read(p []byte) {
	for i := 0; i < len(p); {
		switch r.state {
		case inString:
			i += r.stringPart(p[i:])
		case inNumber:
			if c := p[i]; isDigit(c) || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-' {
				r.keep(p[i : i+1])
				i++
				continue
			}
			r.state = between
			r.number()
		default:
			r.mark(p[i])
			i++
		}
	}
}

// mark takes one byte outside strings and numbers.
func (r *jsonReader) mark(c byte) {
	switch {
	case c == '{' || c == '[':
		if r.depth < maxFrames {
			r.frames[r.depth] = frame{object: c == '{', wantKey: c == '{', key: element}
		}
		r.depth++
		if c == '{' && r.opened != nil && r.depth <= maxFrames {
			way := r.path()
			r.opened(way[:max(len(way)-1, 0)])
		}
	case c == '}' || c == ']':
		r.depth = max(r.depth-1, 0)
	case c == ',':
		if f := r.frame(); f != nil {
			f.wantKey, f.key = f.object, element
			if f.object {
				f.key = other
			}
		}
	case c == '"':
		r.state, r.n, r.escaped = inString, 0, false
		f := r.frame()
		r.isKey = f != nil && f.wantKey
		r.wanted = !r.isKey && r.text != nil && f != nil && f.object && f.key == nameModality
		r.isID = !r.isKey && r.ids != nil && f != nil && f.object && f.key != other
		r.value = r.value[:0]
	case c == '-' || isDigit(c):
		r.state, r.n = inNumber, 0
		r.keep([]byte{c})
	}
}

// frame is the innermost object or array, or nil outside and too deep inside.
func (r *jsonReader) frame() *frame {
	if r.depth == 0 || r.depth > maxFrames {
		return nil
	}
	return &r.frames[r.depth-1]
}

// stringPart takes as much of a string as there is, and says how much that was.
func (r *jsonReader) stringPart(p []byte) int {
	if r.escaped {
		r.escaped = false
		r.n = maxName + 1 // none of our names has an escape in it
		r.isID = false    // and no id
		return 1
	}
	end := 0
	for end < len(p) && p[end] != '"' && p[end] != '\\' {
		end++
	}
	if r.isKey || r.wanted {
		r.keep(p[:end])
	} else if r.isID {
		r.isID = len(r.value)+end <= maxID
		if r.isID {
			r.value = append(r.value, p[:end]...)
		}
	}
	if end == len(p) {
		return end
	}
	if p[end] == '\\' {
		r.escaped = true
		return end + 1
	}
	r.state = between
	if f := r.frame(); r.isKey && f != nil {
		f.key, f.wantKey = other, false
		if r.n <= maxName {
			f.key = nameOf(r.buf[:r.n])
		}
		if f.key != other && r.named != nil {
			path := r.path()
			r.named(path)
		}
	}
	if r.wanted && r.n <= maxName {
		r.text(r.path(), r.buf[:r.n])
	}
	if r.isID {
		r.ids(r.path(), r.value)
	}
	return end + 1
}

func (r *jsonReader) keep(p []byte) {
	if r.n+len(p) > maxName {
		r.n = maxName + 1
		return
	}
	r.n += copy(r.buf[r.n:], p)
}

// number reports the number that has just ended.
func (r *jsonReader) number() {
	f := r.frame()
	if f == nil || !f.object || f.key == other || r.n > maxName {
		return
	}
	if r.decimal != nil {
		r.decimal(r.path(), r.buf[:r.n])
	}
	value, err := strconv.ParseInt(string(r.buf[:r.n]), 10, 64)
	if err != nil || value < 0 || value > maxTokens {
		return
	}
	r.found(r.path(), value)
}

// path is the names on the way to where the reader is; the array that Gemini puts around the whole is no step.
func (r *jsonReader) path() []name {
	n := 0
	for i, f := range r.frames[:min(r.depth, maxFrames)] {
		if i == 0 && !f.object {
			continue
		}
		r.way[n] = f.key
		n++
	}
	return r.way[:n]
}

// maxTokens is more than any answer can have; sums of a few stay far inside an int64.
const maxTokens = 1 << 50

// eventReader takes the data out of server-sent events (HTML, section 9.2) and resets the JSON reader after each.
type eventReader struct {
	begin int // how much of a byte order mark has been seen; len(byteOrderMark) once the first line has begun
	state lineState
	at    int  // how much of dataField has been seen
	blank bool // the line is empty up to now
	cr    bool // the last byte was a carriage return
}

type lineState uint8

const (
	lineStart lineState = iota
	inField
	inData
	skipping
)

const dataField = "data:"

// byteOrderMark may stand before the first line of a stream of events, and says nothing (HTML, section 9.2.5).
const byteOrderMark = "\ufeff"

func (e *eventReader) read(p []byte, data *jsonReader) {
	for e.begin < len(byteOrderMark) && len(p) > 0 {
		if p[0] != byteOrderMark[e.begin] {
			if e.begin > 0 { // a line that begins with something else
				e.blank, e.state = false, skipping
			}
			e.begin = len(byteOrderMark)
			break
		}
		p = p[1:]
		e.begin++
	}
	for len(p) > 0 {
		if e.cr && p[0] == '\n' { // the second half of a line end
			e.cr = false
			p = p[1:]
			continue
		}
		e.cr = false
		if e.state == lineStart {
			e.at, e.blank, e.state = 0, true, inField
		}
		end := indexEither(p, '\r', '\n')
		line := p
		if end >= 0 {
			line = p[:end]
		}
		e.part(line, data)
		if end < 0 {
			return
		}
		e.cr = p[end] == '\r'
		p = p[end+1:]
		e.endLine(data)
	}
}

// dull is how much of p there is no need to read: whole events without a usage, where nothing was begun before. Most events are such.
func (e *eventReader) dull(p []byte, data *jsonReader) int {
	inMark := 0 < e.begin && e.begin < len(byteOrderMark)
	if e.state != lineStart || e.cr || inMark || data.depth > 0 || data.state != between {
		return 0
	}
	n := wholeEvents(p)
	if hasUsage(p[:n]) {
		return 0
	}
	if n > 0 {
		e.begin = len(byteOrderMark)
	}
	return n
}

// wholeEvents is how much of p ends with an event, whose lines end with newlines alone.
func wholeEvents(p []byte) int {
	for n := bytes.LastIndexByte(p, '\n'); n > 0; n = bytes.LastIndexByte(p[:n], '\n') {
		if p[n-1] == '\n' {
			return n + 1
		}
	}
	return 0
}

// hasUsage is false for what has certainly no usage in it: no key begins with the word, or only one whose value is null.
func hasUsage(p []byte) bool {
	for {
		i := bytes.Index(p, usageWord)
		if i < 0 {
			return false
		}
		if !bytes.HasPrefix(p[i:], noUsage) {
			return true
		}
		p = p[i+len(noUsage):]
		if len(p) == 0 || p[0] != ',' && p[0] != '}' {
			return true
		}
	}
}

// part takes a part of one line.
func (e *eventReader) part(p []byte, data *jsonReader) {
	if len(p) > 0 {
		e.blank = false
	}
	for e.state == inField && len(p) > 0 {
		if p[0] != dataField[e.at] {
			e.state = skipping
			return
		}
		p = p[1:]
		if e.at++; e.at == len(dataField) {
			e.state = inData
		}
	}
	if e.state == inData {
		data.read(p)
	}
}

func (e *eventReader) endLine(data *jsonReader) {
	if e.state == inData {
		data.read(newline)
	}
	if e.blank {
		data.reset()
	}
	e.state = lineStart
}

var newline = []byte{'\n'}

// indexEither is where the first of two bytes is, or -1. bytes.IndexAny looks at one byte at a time; this looks at a piece at a
// time, so that of a text that is full of the one byte and without the other no piece is looked at often.
func indexEither(p []byte, a, b byte) int {
	const piece = 256
	for from := 0; from < len(p); from += piece {
		q := p[from:min(from+piece, len(p))]
		first := bytes.IndexByte(q, a)
		if first >= 0 {
			q = q[:first]
		}
		if i := bytes.IndexByte(q, b); i >= 0 {
			first = i
		}
		if first >= 0 {
			return from + first
		}
	}
	return -1
}
