package provider

import "bytes"

// MessageMeter reads the usage out of the messages that a provider sends over a WebSocket, and sums it up: OpenAI Realtime
// reports what each answer used (response.done) and each transcription, Gemini Live each turn (usageMetadata). It keeps a few
// hundred bytes whatever passes. Not safe for concurrent use.
type MessageMeter struct {
	shape string
	json  jsonReader
	tally tally // of the message under way
	sum   Usage
	since Usage // what was reported since the last Took
	reads bool  // the message under way is read
	begun bool
}

// MessageMeter is a meter for one WebSocket. It is never nil.
func (r *Route) MessageMeter() *MessageMeter {
	m := &MessageMeter{shape: r.Endpoint.Shape, sum: NoUsage, since: NoUsage}
	m.json.found = m.found
	return m
}

// usageWord is how the key begins that stands in every message and event that reports something, and in few others.
var usageWord = []byte(`"usage`)

// Read takes the next part of a message; last says that the message ends with it. It never fails, whatever comes.
func (m *MessageMeter) Read(p []byte, last bool) {
	if !m.begun {
		m.reads = !last || bytes.Contains(p, usageWord)
		if m.reads {
			m.json.reset()
			m.tally.reset()
		}
	}
	m.begun = !last
	if !m.reads {
		return
	}
	m.json.read(p)
	if last {
		u := m.usage()
		m.sum.add(u)
		m.since.add(u)
	}
}

// Took is what was reported since the last call; false says that nothing was.
func (m *MessageMeter) Took() (Usage, bool) {
	u := m.since
	m.since = NoUsage
	return u, u.Input >= 0 || u.Output >= 0
}

// Usage is what was reported up to now.
func (m *MessageMeter) Usage() Usage { return m.sum }

// found takes a number that stands in a message at a path of known names.
func (m *MessageMeter) found(path []name, value int64) {
	if len(path) > 0 && path[0] == nameResponse && m.shape == shapeRealtime {
		path = path[1:]
	}
	m.tally.take(path, value)
}

func (m *MessageMeter) usage() Usage {
	t := &m.tally
	if m.shape != shapeLive {
		return t.usage(m.shape)
	}
	u := NoUsage
	u.Input = t.sum(promptTokenCount, toolUsePromptTokenCount)
	// Thoughts are not part of the response's count: a session was seen to report 136 of them beside a response of 42, and
	// the total of prompt and response alone.
	u.Output = t.sum(responseTokenCount, thoughtsTokenCount)
	u.CachedInput, u.Reasoning = t[cachedContentTokenCount], t[thoughtsTokenCount]
	return u
}

// add adds what another answer used.
func (u *Usage) add(v Usage) {
	for _, f := range []struct {
		to *int64
		n  int64
	}{
		{&u.Input, v.Input}, {&u.Output, v.Output}, {&u.CachedInput, v.CachedInput}, {&u.CacheWrite, v.CacheWrite},
		{&u.CacheWriteHour, v.CacheWriteHour}, {&u.Reasoning, v.Reasoning}, {&u.AudioInput, v.AudioInput},
		{&u.AudioOutput, v.AudioOutput}, {&u.ImageInput, v.ImageInput}, {&u.ImageOutput, v.ImageOutput},
		{&u.Images, v.Images}, {&u.Searches, v.Searches}, {&u.Seconds, v.Seconds}, {&u.Characters, v.Characters}, {&u.Billed, v.Billed},
	} {
		if f.n >= 0 {
			*f.to = min(max(*f.to, 0)+f.n, maxTokens)
		}
	}
}
