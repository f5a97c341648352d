package provider

import (
	"bytes"
	"encoding/json"
	"io"
)

// maxHeld bounds what is held of one event, in bytes. The chunk that is looked for has some 500.
const maxHeld = 64 << 10

// Filter is to as a page must read the answer: without the chunk that has no choices and the usage, mostly the last, if the page did not
// ask for it. Each event is held until it is whole, which no page can notice, because it hears of an event only then
// (HTML, section 9.2.6). What is larger than any such chunk passes as it comes. Closing writes what is held and closes to.
func (a Asked) Filter(to io.WriteCloser, contentType string) io.WriteCloser {
	if !a.usage || framingOf(contentType) != eventStream {
		return to
	}
	return &usageFilter{to: to}
}

type usageFilter struct {
	to    io.WriteCloser
	held  []byte
	large bool // the event under way passes as it comes
	blank bool // the line under way is empty up to now
	cr    bool // the last byte was a carriage return
}

func (f *usageFilter) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n, err := f.dull(p)
		if n == 0 {
			var whole bool
			n, whole = f.event(p)
			if err = f.take(p[:n]); err == nil && whole {
				err = f.end()
			}
		}
		if err != nil {
			return written, err
		}
		written += n
		p = p[n:]
	}
	return written, nil
}

// dull passes on the whole events that p begins with, where there is no usage in any of them: most of a stream is such.
func (f *usageFilter) dull(p []byte) (int, error) {
	if !f.blank || f.cr || f.large || len(f.held) > 0 { // within an event
		return 0, nil
	}
	n := wholeEvents(p)
	if n == 0 || hasUsage(p[:n]) {
		return 0, nil
	}
	_, err := f.to.Write(p[:n])
	return n, err
}

// event is how much of p belongs to the event under way, and whether that ends it: with an empty line.
func (f *usageFilter) event(p []byte) (n int, whole bool) {
	for i := 0; i < len(p); i++ {
		if c := p[i]; c == '\n' && f.cr { // the second half of a line end
			f.cr = false
			continue
		} else if c != '\n' && c != '\r' {
			f.blank, f.cr = false, false
			next := indexEither(p[i:], '\r', '\n')
			if next < 0 {
				return len(p), false
			}
			i += next - 1
			continue
		} else {
			f.cr = c == '\r'
		}
		if f.blank {
			return i + 1, true
		}
		f.blank = true
	}
	return len(p), false
}

func (f *usageFilter) take(p []byte) error {
	if !f.large && len(f.held)+len(p) <= maxHeld {
		f.held = append(f.held, p...)
		return nil
	}
	f.large = true
	if err := f.release(); err != nil {
		return err
	}
	_, err := f.to.Write(p)
	return err
}

// end is called when an event is whole.
func (f *usageFilter) end() error {
	if f.large {
		f.large = false
		return nil
	}
	if isUsageChunk(f.held) {
		f.held = f.held[:0]
		return nil
	}
	return f.release()
}

func (f *usageFilter) release() error {
	if len(f.held) == 0 {
		return nil
	}
	_, err := f.to.Write(f.held)
	f.held = f.held[:0]
	return err
}

func (f *usageFilter) Close() error {
	if err := f.release(); err != nil {
		return err
	}
	return f.to.Close()
}

var (
	usageKey = []byte(`"usage"`)
	noUsage  = []byte(`"usage":null`)
)

// isUsageChunk says whether an event is a chunk without choices and with a usage: [] at OpenAI, null or no such key at others. With
// include_usage, every other chunk has a usage of null. What tells of an error is none.
func isUsageChunk(event []byte) bool {
	if !bytes.Contains(event, usageKey) || bytes.Contains(event, noUsage) {
		return false
	}
	var data []byte
	event = bytes.TrimPrefix(event, []byte(byteOrderMark)) // of an event that is not the first, a page reads no such line
	for line := range bytes.FieldsFuncSeq(event, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if rest, ok := bytes.CutPrefix(line, []byte(dataField)); ok {
			data = append(data, rest...)
		}
	}
	var chunk struct {
		Choices []json.RawMessage
		Usage   map[string]json.RawMessage
		Error   *json.RawMessage
	}
	return json.Unmarshal(data, &chunk) == nil && len(chunk.Choices) == 0 && len(chunk.Usage) > 0 && chunk.Error == nil
}
