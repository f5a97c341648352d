package provider

import (
	"bytes"
	"math"
	"math/big"
	"mime"
	"strconv"
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
	Billed         int64 // what the provider says that the answer costs, in millionths of a US dollar
}

// NoUsage is the usage of an answer that reported none.
var NoUsage = Usage{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}

// Meter reads the usage out of an answer as it passes: one JSON value, several (one a line, or Gemini's array), or
// server-sent events. It keeps a few hundred bytes whatever the answer's size. Not safe for concurrent use.
type Meter struct {
	shape  string
	makes  product
	bills  bool // the answer says what it costs
	framed framing
	events eventReader
	json   jsonReader
	tally  tally

	part     modality // of Gemini's list, whose members come one after the other
	pictures int64
	seconds  int64
	billed   int64
}

// modality is one member of Gemini's list of what tokens stand for.
type modality struct {
	kind  string // "" while it is not known
	count int64  // -1 while it is not known
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
	m := &Meter{shape: r.Endpoint.Shape, makes: r.Endpoint.makes, bills: r.Provider.ID == "openrouter", pictures: -1, seconds: -1, billed: -1}
	if m.shape != "" {
		m.framed = framingOf(contentType)
	}
	m.tally.reset()
	m.json.found = m.found
	switch {
	case m.shape == shapeGemini && m.makes == makesText:
		m.json.text, m.json.opened = m.foundModality, m.openedModality
	case m.makes == makesPictures:
		m.json.named = m.foundPicture
	}
	if m.bills || m.makes == makesTranscript {
		m.json.decimal = m.foundDecimal
	}
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
		m.framed, rest = guess(rest)
	}
	switch m.framed {
	case plainJSON:
		m.json.read(rest)
	case eventStream:
		if m.makes != makesPictures && m.makes != makesTranscript { // what those are paid by stands under other names too
			rest = rest[m.events.dull(rest, &m.json):]
		}
		m.events.read(rest, &m.json)
	}
	return len(p), nil
}

// guess looks at the first byte that is neither blank nor of a byte order mark.
func guess(p []byte) (framing, []byte) {
	for i, c := range p {
		switch c {
		case ' ', '\t', '\r', '\n', byteOrderMark[0], byteOrderMark[1], byteOrderMark[2]:
		case '{', '[':
			return plainJSON, p[i:]
		default:
			return eventStream, p[i:]
		}
	}
	return unknown, nil
}

// Usage is what was reported up to now.
func (m *Meter) Usage() Usage {
	u := m.tally.usage(m.shape)
	u.Images, u.Seconds, u.Billed = m.pictures, m.seconds, m.billed
	return u
}

// found takes a number that stands in the answer at a path of known names.
func (m *Meter) found(path []name, value int64) {
	path = m.unwrapped(path)
	if len(path) == 4 && path[0] == nameUsage && path[3] == tokenCount && m.json.text != nil {
		m.part.count = value
		m.notePart(path[1])
		return
	}
	m.tally.take(path, value)
}

func (m *Meter) unwrapped(path []name) []name {
	if len(path) > 0 && wraps(m.shape, path[0]) {
		return path[1:]
	}
	return path
}

// openedModality begins a member of Gemini's lists.
func (m *Meter) openedModality(path []name) {
	if len(path) == 3 && path[0] == nameUsage {
		m.part = modality{count: -1}
	}
}

func (m *Meter) foundModality(path []name, kind []byte) {
	if len(path) != 4 || path[0] != nameUsage {
		return
	}
	switch string(kind) { // converted in a switch: no memory for what is not known
	case "AUDIO":
		m.part.kind = "AUDIO"
	case "IMAGE":
		m.part.kind = "IMAGE"
	default:
		m.part.kind = "other"
	}
	m.notePart(path[1])
}

// notePart notes a member of a list once both of its fields are there. Where there is a list, what is not in it is none.
func (m *Meter) notePart(list name) {
	if m.part.kind == "" || m.part.count < 0 {
		return
	}
	audio, image := audioInput, imageInput
	if list == nameOutModalities {
		audio, image = audioOutput, imageOutput
	} else if list != nameInModalities {
		return
	}
	m.tally.note(audio, 0)
	m.tally.note(image, 0)
	switch m.part.kind {
	case "AUDIO":
		m.tally.note(audio, m.part.count)
	case "IMAGE":
		m.tally.note(image, m.part.count)
	}
}

// foundPicture counts the pictures in the answer.
func (m *Meter) foundPicture(path []name) {
	if len(path) == 3 && (path[0] == nameData || path[0] == namePredictions) && path[2] == namePicture {
		m.pictures = min(max(m.pictures, 0)+1, maxTimes)
	}
}

// foundDecimal takes a number that may have a fraction.
func (m *Meter) foundDecimal(path []name, number []byte) {
	switch {
	case m.bills && len(path) == 2 && path[0] == nameUsage && path[1] == nameCost:
		m.billed = max(m.billed, roundedUp(number, 6))
	case m.makes == makesTranscript && (len(path) == 1 && path[0] == nameDuration || len(path) == 2 && path[0] == nameUsage && path[1] == nameSeconds):
		m.seconds = max(m.seconds, roundedUp(number, 0))
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

// take takes a number at a path that begins at the object with the usage.
func (t *tally) take(path []name, value int64) {
	if len(path) < 2 || len(path) > 3 || path[0] != nameUsage {
		return
	}
	n := path[len(path)-1]
	if len(path) == 3 {
		switch path[1] {
		case nameInDetails:
			n = partOf(n, audioInput, imageInput)
		case nameOutDetails:
			n = partOf(n, audioOutput, imageOutput)
		case nameCacheCreation, nameServerTools:
		default:
			return
		}
	}
	t.note(n, value)
}

// partOf is which part of the input or the output a name in its details means.
func partOf(n, audio, image name) name {
	switch n {
	case audioTokens:
		return audio
	case imageTokens:
		return image
	}
	return n
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
		u.CacheWriteHour = t[ephemeralHourTokens]
		if u.Searches = t[webSearchRequests]; u.Searches < 0 && u.Input >= 0 {
			u.Searches = 0 // only those that were made are reported
		}
		return u
	case shapeGemini: // candidates without thoughts
		u.Input = t.sum(promptTokenCount, toolUsePromptTokenCount)
		u.Output = t.sum(candidatesTokenCount, thoughtsTokenCount)
		u.CachedInput, u.Reasoning = t[cachedContentTokenCount], t[thoughtsTokenCount]
		u.parts(t)
		return u
	}
	u.Input = t.first(promptTokens, inputTokens)
	u.Output = t.first(completionTokens, outputTokens)
	u.CachedInput = t.first(cachedTokens, promptCacheHitTokens)
	u.CacheWrite, u.Reasoning = t[cacheWriteTokens], t[reasoningTokens]
	u.parts(t)
	// xAI counts reasoning beside completion_tokens, the others inside; the total tells which.
	if u.Reasoning > 0 && u.Input >= 0 && u.Output >= 0 && t[totalTokens] == u.Input+u.Output+u.Reasoning {
		u.Output += u.Reasoning
	}
	return u
}

func (u *Usage) parts(t *tally) {
	u.AudioInput, u.AudioOutput, u.ImageInput, u.ImageOutput = t[audioInput], t[audioOutput], t[imageInput], t[imageOutput]
}

// roundedUp is a decimal number times ten to the power of places, exact and then rounded up to a whole one; -1 for what is no
// such number, or absurd. A provider's exponent must not become a number of a billion digits.
func roundedUp(number []byte, places int) int64 {
	f, err := strconv.ParseFloat(string(number), 64)
	switch {
	case err != nil || f < 0 || f > maxDecimal:
		return -1
	case f < 1/maxDecimal:
		if bytes.ContainsAny(bytes.SplitN(bytes.ToLower(number), []byte("e"), 2)[0], "123456789") {
			return 1
		}
		return 0
	}
	r, ok := new(big.Rat).SetString(string(number))
	if !ok {
		return -1
	}
	r.Mul(r, new(big.Rat).SetInt64(int64(math.Pow10(places))))
	n := new(big.Int).Add(r.Num(), new(big.Int).Sub(r.Denom(), big.NewInt(1)))
	return n.Quo(n, r.Denom()).Int64()
}

// maxDecimal is more than any cost in dollars or length in seconds.
const maxDecimal = 1e9
