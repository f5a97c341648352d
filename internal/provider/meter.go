package provider

import (
	"mime"
	"strings"
)

// Usage is what one answer used, in tokens unless the name says otherwise; -1 where the provider did not report it.
type Usage struct {
	Input          int64 // all of the input, with what came from and went into a cache
	Output         int64 // all of the output, with reasoning
	CachedInput    int64 // part of Input: read from a cache
	CacheWrite     int64 // part of Input: written to a cache
	CacheWriteHour int64 // part of CacheWrite: to be kept for an hour
	Reasoning      int64 // part of Output
	AudioInput     int64 // part of Input
	AudioOutput    int64 // part of Output
	ImageInput     int64 // part of Input: pictures
	ImageOutput    int64 // part of Output: pictures
	Images         int64 // pictures made
	Searches       int64 // searches that the provider made
	Seconds        int64 // of audio read
	Characters     int64 // read aloud
}

// NoUsage is the usage of an answer that reported none.
var NoUsage = Usage{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}

// Meter reads the usage out of an answer as it passes: one JSON value, several (one a line, or Gemini's array), or
// server-sent events. It keeps a few hundred bytes whatever the answer's size. Not safe for concurrent use.
type Meter struct {
	shape  string
	framed framing
	events eventReader
	json   jsonReader
	tally  tally
}

type framing uint8

const (
	ignored framing = iota // nothing to read: audio, pictures, an endpoint without usage
	unknown                // the first byte decides
	plainJSON
	eventStream
)

// Meter is a meter for an answer with a content type. It is never nil.
func (r *Route) Meter(contentType string) *Meter {
	m := &Meter{shape: r.Endpoint.Shape}
	if m.shape != "" {
		m.framed = framingOf(contentType)
	}
	m.tally.reset()
	m.json.found = m.found
	return m
}

func framingOf(contentType string) framing {
	t, _, _ := mime.ParseMediaType(contentType)
	switch {
	case t == "text/event-stream":
		return eventStream
	case strings.HasSuffix(t, "json"), strings.HasSuffix(t, "jsonl"), strings.HasSuffix(t, "json-seq"):
		return plainJSON
	case t == "", t == "text/plain":
		return unknown
	}
	return ignored
}

// Write reads the next part of the answer. It never fails, whatever comes.
func (m *Meter) Write(p []byte) (int, error) {
	rest := p
	if m.framed == unknown {
		rest = m.guess(rest)
	}
	switch m.framed {
	case plainJSON:
		m.json.read(rest)
	case eventStream:
		m.events.read(rest, &m.json)
	}
	return len(p), nil
}

// guess looks at the first byte that is not blank.
func (m *Meter) guess(p []byte) []byte {
	for i, c := range p {
		switch c {
		case ' ', '\t', '\r', '\n':
		case '{', '[':
			m.framed = plainJSON
			return p[i:]
		default:
			m.framed = eventStream
			return p[i:]
		}
	}
	return nil
}

// Usage is what was reported up to now.
func (m *Meter) Usage() Usage { return m.tally.usage(m.shape) }

// found takes a number that stands in the answer at a path of known names.
func (m *Meter) found(path []name, value int64) {
	if len(path) > 0 && wraps(m.shape, path[0]) {
		path = path[1:]
	}
	if len(path) < 2 || path[0] != nameUsage {
		return
	}
	path = path[1:]
	if len(path) == 2 && path[0] == nameDetails {
		path = path[1:]
	}
	if len(path) == 1 {
		m.tally.note(path[0], value)
	}
}

// wraps says whether a usage object may stand inside an object of that name: "response" in OpenAI's response.completed,
// "message" in Anthropic's message_start, "x_groq" in Groq's last chunk.
func wraps(shape string, n name) bool {
	switch n {
	case nameMessage:
		return shape == shapeAnthropic
	case nameResponse:
		return shape == shapeResponses
	case nameGroq:
		return shape == shapeChat
	}
	return false
}

// tally are the numbers of one answer. Every provider counts from the beginning of the answer, so a later number is never
// truly smaller; keeping the largest is safe against a last event that reports zero.
type tally [names]int64

func (t *tally) reset() {
	for i := range t {
		t[i] = -1
	}
}

func (t *tally) note(n name, value int64) { t[n] = max(t[n], value) }

// first is the first of several numbers that was reported, or -1.
func (t *tally) first(of ...name) int64 {
	for _, n := range of {
		if t[n] >= 0 {
			return t[n]
		}
	}
	return -1
}

// sum is the sum of the numbers that were reported, or -1 if none was.
func (t *tally) sum(of ...name) int64 {
	total := int64(-1)
	for _, n := range of {
		if t[n] >= 0 {
			total = max(total, 0) + t[n]
		}
	}
	return total
}

func (t *tally) usage(shape string) Usage {
	u := NoUsage
	switch shape {
	case shapeAnthropic: // input_tokens are those past the last cache mark only
		if t[inputTokens] >= 0 {
			u.Input = t.sum(inputTokens, cacheReadInputTokens, cacheCreationInputTokens)
		}
		u.Output, u.CachedInput, u.CacheWrite, u.Reasoning = t[outputTokens], t[cacheReadInputTokens], t[cacheCreationInputTokens], t[reasoningTokens]
		return u
	case shapeGemini: // candidates without thoughts
		u.Input = t.sum(promptTokenCount, toolUsePromptTokenCount)
		u.Output = t.sum(candidatesTokenCount, thoughtsTokenCount)
		u.CachedInput, u.Reasoning = t[cachedContentTokenCount], t[thoughtsTokenCount]
		return u
	}
	u.Input = t.first(promptTokens, inputTokens)
	u.Output = t.first(completionTokens, outputTokens)
	u.CachedInput = t.first(cachedTokens, promptCacheHitTokens)
	u.CacheWrite, u.Reasoning = t[cacheWriteTokens], t[reasoningTokens]
	// xAI counts reasoning beside completion_tokens, the others inside; the total tells which.
	if u.Reasoning > 0 && u.Input >= 0 && u.Output >= 0 && t[totalTokens] == u.Input+u.Output+u.Reasoning {
		u.Output += u.Reasoning
	}
	return u
}
