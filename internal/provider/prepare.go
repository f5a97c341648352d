package provider

import (
	"strconv"
)

// Asked is what a request asks for, as it is sent.
type Asked struct {
	Output int64 // most output tokens of one answer that the sent body names; 0: none
	Named  bool  // the page itself named it

	usage bool  // the usage chunk was asked for in the page's place
	most  Usage // what providers do not report, as the request bounds it
}

// EditRoom is more than [Route.Prepare] adds to a body, in bytes. A body with this much capacity to spare is edited in place.
const EditRoom = 256

// Ceiling is the most output tokens of one answer that [Route.Prepare] writes into a body that names none, and 0 where nothing
// is written: the page named one, or the endpoint takes none. It is the smallest of what the model can, of setting, and of
// limit shared among all answers that are asked for; limit 0 is no limit. It is at least 1.
func (r *Route) Ceiling(f Facts, pr Price, setting, limit int64) int64 {
	if _, named := r.named(f); named || len(r.ceilings(f)) == 0 || r.Endpoint.makes != makesText || f.asks.object.end == 0 {
		return 0
	}
	if r.Endpoint.usualOutput > 0 && (limit == 0 || limit >= product64(r.Endpoint.usualOutput, f.asks.copies())) {
		return 0 // the provider's own ceiling is lower than any that we would write
	}
	n := setting
	if pr.MaxOutput > 0 {
		n = min(n, pr.MaxOutput)
	}
	if limit > 0 {
		n = min(n, limit/f.asks.copies())
	}
	if r.Endpoint.usualOutput > 0 {
		n = min(n, r.Endpoint.usualOutput)
	}
	for _, c := range f.asks.ceilings {
		if c.named {
			n = min(n, c.value) // the page's wish, in a field that this provider passes over
		}
	}
	return max(n, 1)
}

// Prepare makes the only edits of a body: the ceiling that [Route.Ceiling] gave, in the field that this endpoint and model
// take, and the wish for a stream's usage. All other bytes stay what and where they are, since what was inspected must be what
// is sent. Forms are not touched. The body is edited in place where it has the room, so the slice that was given is used up.
func (r *Route) Prepare(f Facts, body []byte, ceiling int64) ([]byte, Asked) {
	a := &f.asks
	ask := Asked{most: r.unreported(f, body)}
	ask.Output, ask.Named = r.named(f)
	var e edits
	if ceiling > 0 {
		ask.Output = ceiling
		r.writeCeiling(f, ceiling, &e)
	}
	if r.Endpoint.usageChunk && f.Stream && a.object.end != 0 && !r.Provider.Custom && !a.include.named {
		ask.usage = a.askForUsage(&e)
	}
	return e.apply(body), ask
}

// unreported is what the provider will not say, but the request does.
func (r *Route) unreported(f Facts, body []byte) Usage {
	u := NoUsage
	switch r.Endpoint.makes {
	case makesPictures:
		u.Images = r.worstPictures(&f.asks)
	case makesSpeech:
		u.Characters = f.asks.characters
	case makesTranscript:
		u.Seconds = worstSeconds(body)
	case makesText:
		u.Searches = f.asks.worstSearches()
	}
	return u
}

// Complete puts into what a provider reported for an answer what this provider never reports, as the request bounds it:
// characters, pictures, seconds, searches. Call it for answers that were given.
func (a Asked) Complete(u Usage) Usage {
	for _, f := range []struct{ to, most *int64 }{
		{&u.Images, &a.most.Images}, {&u.Characters, &a.most.Characters}, {&u.Seconds, &a.most.Seconds}, {&u.Searches, &a.most.Searches},
	} {
		if *f.to < 0 {
			*f.to = *f.most
		}
	}
	return u
}

// writeCeiling writes the ceiling in the first field that the endpoint takes, and over those that name none.
func (r *Route) writeCeiling(f Facts, ceiling int64, e *edits) {
	a := &f.asks
	fields := r.ceilings(f)
	n := strconv.AppendInt(nil, ceiling, 10)
	written := false
	for _, field := range fields {
		if c := a.ceilings[field]; c.end != 0 {
			e.replace(c.start, c.end, n)
			written = true
		}
	}
	switch {
	case written:
	case fields[0] != configField:
		e.member(a.object, fieldText[fields[0]], n)
	case a.config.end == 0:
		e.member(a.object, `"generationConfig":`, object(fieldText[configField], n))
	case a.config.object:
		e.member(a.config, fieldText[configField], n)
	default: // null; anything else the provider refuses
		e.replace(a.config.start, a.config.end, object(fieldText[configField], n))
	}
}

var fieldText = [ceilings]string{ //nolint:gosec // tokens of a model, no credentials
	maxTokensField: `"max_tokens":`, maxCompletionTokensField: `"max_completion_tokens":`, maxOutputTokensField: `"max_output_tokens":`,
	configField: `"maxOutputTokens":`,
}

func object(key string, value []byte) []byte {
	b := append(make([]byte, 0, len(key)+len(value)+2), '{')
	return append(append(append(b, key...), value...), '}')
}

const includeUsage = `"include_usage":`

// askForUsage sets stream_options.include_usage, and says whether that was possible.
func (a *asks) askForUsage(e *edits) bool {
	yes := []byte("true")
	switch {
	case a.include.end != 0:
		e.replace(a.include.start, a.include.end, yes)
	case a.options.end == 0:
		e.member(a.object, `"stream_options":`, object(includeUsage, yes))
	case a.options.object:
		e.member(a.options, includeUsage, yes)
	default:
		e.replace(a.options.start, a.options.end, object(includeUsage, yes))
	}
	return true
}

// edits are splices of a body, of which there are few.
type edits struct {
	list [4]edit
	n    int
}

type edit struct {
	start, end int
	text       []byte
}

func (e *edits) replace(start, end int, text []byte) {
	e.list[e.n] = edit{start, end, text}
	e.n++
}

// member puts a member at the beginning of an object.
func (e *edits) member(o span, key string, value []byte) {
	text := append(append(make([]byte, 0, len(key)+len(value)+1), key...), value...)
	if o.members {
		text = append(text, ',')
	}
	e.replace(o.start+1, o.start+1, text)
}

// apply makes the edits from the last to the first, so that positions stay true. Of two at one place, the later in the list
// comes first.
func (e *edits) apply(body []byte) []byte {
	list := e.list[:e.n]
	for i := range list { // sorted by insertion: there are at most four
		for j := i; j > 0 && list[j].start > list[j-1].start; j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
	for _, x := range list {
		body = splice(body, x)
	}
	return body
}

func splice(body []byte, x edit) []byte {
	if len(x.text) == x.end-x.start {
		copy(body[x.start:], x.text)
		return body
	}
	if grown := len(body) + len(x.text) - (x.end - x.start); grown > cap(body) {
		bigger := make([]byte, 0, grown+EditRoom)
		bigger = append(append(append(bigger, body[:x.start]...), x.text...), body[x.end:]...)
		return bigger
	}
	tail := body[x.end:]
	n := x.start + len(x.text) + len(tail)
	longer := body[:max(n, len(body))]
	copy(longer[x.start+len(x.text):], tail)
	copy(longer[x.start:], x.text)
	return longer[:n]
}
