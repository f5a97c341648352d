package provider

import "strconv"

// asks is what a body asks for that costs something, and where in the body it stands. It is filled while the body is read for
// policy, so that reckoning and editing need no second look.
type asks struct {
	size       int64 // bytes that a model reads as text: all but pictures in base64
	fileBytes  int64 // of the files of a form
	images     int64 // pictures to look at
	lowImages  int64 // those of them that are to be looked at in low detail
	unsized    bool  // something to read whose tokens its size does not bound: a document, a film, something behind an address
	audio      bool  // something to listen to
	media      bool  // the answer may be more than text
	tools      bool  // it describes tools, which providers wrap in words of their own
	characters int64 // of the text to read aloud

	answers int64 // n, best_of, candidateCount; 0: not named
	prompts int64 // of a completion that continues several
	partial int64 // pictures on the way to a picture
	quality quality

	qualityNamed bool // by a form, which may name a field twice

	hosted    bool  // tools that the provider runs
	calls     int64 // most calls of those that name a bound
	endless   bool  // one that names none
	unusual   bool  // one that is more than a search of the web
	maxCalls  int64 // max_tool_calls, which bounds all of them; 0: not named
	surcharge bool  // a speed, a place or a memory that costs more than the model's price

	cache     bool // something is to be written to a cache
	cacheHour bool // and kept for longer than five minutes

	ceilings  [ceilings]namedNumber
	predicted bool // the provider takes no ceiling beside a prediction

	object  span        // the body
	config  span        // generationConfig, in either spelling
	options span        // stream_options
	include namedNumber // include_usage in it; named: it is true
}

// quality is that of pictures that are made.
type quality uint8

const (
	bestQuality quality = iota // also what the provider chooses
	mediumQuality
	lowQuality
)

func qualityOf(name []byte) quality {
	switch string(name) {
	case "low":
		return lowQuality
	case "medium":
		return mediumQuality
	}
	return bestQuality
}

// span is where a value stands in the body. end 0: nowhere.
type span struct {
	start, end int
	object     bool // it is an object
	members    bool // with something in it
}

// namedNumber is a number in the body, and where it stands.
type namedNumber struct {
	named      bool
	value      int64
	start, end int // end 0: the key is not there
}

// ceilingName is a field that bounds an answer's tokens.
type ceilingName uint8

const (
	maxTokensField ceilingName = iota
	maxCompletionTokensField
	maxOutputTokensField
	configField // maxOutputTokens in generationConfig
	ceilings
)

// asked takes the value of a key that costs something or bounds what is spent, and says whether it did.
func (r *bodyReader) asked(at place, key []byte, item *inputItem) (bool, error) {
	a := &r.facts.asks
	switch at {
	case atTop:
		switch string(key) {
		case "max_tokens":
			return true, r.ceiling(maxTokensField)
		case "max_completion_tokens":
			return true, r.ceiling(maxCompletionTokensField)
		case "max_output_tokens":
			return true, r.ceiling(maxOutputTokensField)
		case "n", "best_of":
			return true, r.times(&a.answers)
		case "max_tool_calls":
			return true, r.times(&a.maxCalls)
		case "partial_images":
			return true, r.times(&a.partial)
		}
	case inConfig:
		switch string(key) {
		case "maxOutputTokens", "max_output_tokens":
			return true, r.ceiling(configField)
		case "candidateCount", "candidate_count":
			return true, r.times(&a.answers)
		}
	case inOptions:
		if string(key) == "include_usage" {
			return true, r.includeUsage()
		}
	case inTool:
		if string(key) == "max_uses" {
			return true, r.times(&item.maxUses)
		}
	case inParameters:
		if string(key) == "sampleCount" {
			return true, r.times(&a.answers)
		}
	}
	if r.peek() != '"' {
		return false, nil
	}
	return r.askedText(at, key, item)
}

// ceiling takes a number of tokens. What is null or not above zero names none: some servers take -1 for "as many as you like".
func (r *bodyReader) ceiling(field ceilingName) error {
	c := &r.facts.asks.ceilings[field]
	if c.end != 0 {
		return badBody("the most tokens of an answer are named twice")
	}
	start := r.i
	n, known, err := r.wholeNumber()
	if err != nil {
		return err
	}
	if known && n >= absurdCeiling {
		return ErrNumber
	}
	*c = namedNumber{start: start, end: r.i}
	// Anthropic takes 0 too: it reads the prompt into its cache and answers nothing.
	if known && (n > 0 || n == 0 && r.shape == shapeAnthropic) {
		c.named, c.value = true, n
	}
	return nil
}

// absurdCeiling is a number of tokens that no provider takes. What it costs cannot be told from what has no bound at all.
const absurdCeiling = 1_000_000_000_000

// maxTimes bounds how often something may be asked for in one request, far above what any provider gives.
const maxTimes = 1 << 20

// times takes a number of repetitions; the largest counts.
func (r *bodyReader) times(to *int64) error {
	n, known, err := r.wholeNumber()
	if err != nil {
		return err
	}
	if known && (n < 0 || n > maxTimes) {
		return ErrNumber
	}
	if known {
		*to = max(*to, n)
	}
	return nil
}

// wholeNumber takes a whole number or null. Google takes a number that is written as a string, and its clients write it so; of
// others, one that takes the string for no number would pass over it, and what was reckoned by it would bound nothing.
func (r *bodyReader) wholeNumber() (n int64, known bool, err error) {
	start := r.i
	raw := []byte(nil)
	switch c := r.peek(); {
	case c == 'n':
		return 0, false, r.word("null")
	case c == '"' && (r.shape == shapeGemini || r.shape == shapeLive):
		if raw, _, err = r.str(); err != nil {
			return 0, false, err
		}
	case c == '-' || isDigit(c):
		if err := r.number(); err != nil {
			return 0, false, err
		}
		raw = r.b[start:r.i]
	default:
		if err := r.skip(1); err != nil {
			return 0, false, err
		}
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return min(n, maxTokens), true, nil
	}
	// 1e3 and 100.0 are whole numbers too, and readers take them.
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f != float64(int64(f)) && f < maxTokens {
		return 0, false, ErrNumber
	}
	if f >= maxTokens {
		return maxTokens, true, nil
	}
	return int64(f), true, nil
}

func (r *bodyReader) includeUsage() error {
	c := &r.facts.asks.include
	start := r.i
	switch r.peek() {
	case 't', 'f', 'n':
		k, err := r.scalar()
		if err != nil {
			return err
		}
		if c.end != 0 {
			return badBody("a key is there twice")
		}
		*c = namedNumber{named: k == yes, start: start, end: r.i}
		return nil
	}
	return badBody("include_usage is neither true nor false")
}
