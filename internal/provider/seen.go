package provider

import (
	"bytes"
	"strings"
)

// Seen counts how much of an answer has passed, for answers that are cut before their usage came. It reads a stream of events,
// or JSON, as it comes in pieces of any size. Not safe for concurrent use.
type Seen struct {
	text   int64 // bytes of what a model wrote, escapes as they are
	pieces int64 // strings of it

	inString, escaped bool
	value             bool // a colon stands before the string
	counts            bool // the string is what a model wrote
	buf               [24]byte
	n                 int  // of buf: the string under way, len(buf)+1 when it did not fit
	wrote             bool // the last key names what a model wrote
	hidden            bool
}

// written are the keys whose strings are a model's words: of chat, responses, messages and Gemini's parts.
func written(key []byte) bool {
	switch string(key) {
	case "content", "text", "delta", "refusal", "arguments", "partial_json", "thinking", "reasoning", "reasoning_content":
		return true
	}
	return false
}

// Write reads the next part of the answer. It never fails, whatever comes.
func (s *Seen) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if !s.inString {
			p = s.between(p)
			continue
		}
		p = s.within(p)
	}
	return n, nil
}

// between goes on to the next string.
func (s *Seen) between(p []byte) []byte {
	for i, c := range p {
		switch c {
		case ':':
			s.value = true
		case '"':
			s.inString, s.n = true, 0
			s.counts = s.value && s.wrote
			return p[i+1:]
		case '{', ',', '[', '\n':
			s.value = false
		}
	}
	return nil
}

func (s *Seen) within(p []byte) []byte {
	if s.escaped {
		s.escaped = false
		s.take(p[:1])
		return p[1:]
	}
	end := indexEither(p, '"', '\\')
	if end < 0 {
		s.take(p)
		return nil
	}
	s.take(p[:end])
	if p[end] == '\\' {
		s.escaped = true
		s.take(p[end : end+1])
		return p[end+1:]
	}
	s.end()
	return p[end+1:]
}

func (s *Seen) take(p []byte) {
	if s.counts {
		s.text += int64(len(p))
	}
	if s.n+len(p) > len(s.buf) {
		s.n = len(s.buf) + 1
		return
	}
	s.n += copy(s.buf[s.n:], p)
}

func (s *Seen) end() {
	s.inString = false
	switch {
	case s.counts:
		if s.n > 0 {
			s.pieces++
		}
	case !s.value:
		key := s.buf[:min(s.n, len(s.buf))]
		s.wrote = s.n <= len(s.buf) && written(key)
		s.hidden = s.hidden || string(key) == "thinking"
	}
	s.value = false
}

// AtLeast is how many output tokens the answer has for sure: each piece that came is one at least, but for some that only say
// what was said before.
func (s *Seen) AtLeast() int64 { return max(0, s.pieces-32) }

// About is an estimate of the same, of four bytes for a token.
func (s *Seen) About() int64 { return s.text / 4 }

// onTheWay is more than what a provider has written by the time at which it notices that nobody listens any more.
const onTheWay = 256

// AtMost bounds the output tokens of an answer that was cut after this much: a token is a byte at least. It is false where a
// model can have thought without showing it, since then what was seen says nothing.
func (r *Route) AtMost(f Facts, body []byte, s *Seen) (tokens int64, bounded bool) {
	if s.hidden || !r.shows(f.Model, body) {
		return 0, false
	}
	return product64(s.text+onTheWay, f.asks.copies()), true
}

// shows says whether all that a model writes is in its stream. It names who does, since a new model is likely to think: of
// OpenAI's the generations before reasoning, of Anthropic's those that were not asked to think (what they show of it is a
// summary), and the providers that stream the thoughts themselves.
func (r *Route) shows(model string, body []byte) bool {
	switch r.Provider.ID {
	case "openai":
		return hasPrefix(model, "gpt-4", "gpt-3.5", "chatgpt-4o")
	case "anthropic":
		return !bytes.Contains(body, []byte(`"thinking"`)) && hasPrefix(model, "claude-3", "claude-opus-4", "claude-sonnet-4", "claude-haiku-4")
	case "mistral", "deepseek", "groq", "demo":
		return true
	}
	return false
}

func hasPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
