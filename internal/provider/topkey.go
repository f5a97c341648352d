package provider

import (
	"bytes"
	"unicode/utf8"
)

// topKey refuses keys that two readers could take differently: one that stands there twice, one that differs from another
// or from those that policy looks at in its case alone.
func (r *bodyReader) topKey(key []byte) error {
	if len(r.top) == maxTopKeys {
		return badBody("it has too many keys")
	}
	for _, other := range r.top {
		if bytes.EqualFold(key, other) {
			return badBody("a key is there twice")
		}
	}
	r.top = append(r.top, key)
	ascii := isASCII(key)
	for _, name := range exactKeys {
		if ascii && len(key) != len(name) { // only letters outside ASCII fold to other lengths
			continue
		}
		if string(key) != name && bytes.EqualFold(key, []byte(name)) {
			return badBody("a key is written in another case")
		}
	}
	return nil
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// exactKeys decide what a request does or costs. Readers in some languages, Go first of all, take a key in any case: beside the
// one that is looked at here, or written into the body, another could win.
var exactKeys = []string{
	"model", "models", "stream", "stream_options", "n", "best_of", "max_tokens", "max_completion_tokens", "max_output_tokens",
	"max_tool_calls", "tools", "service_tier", "generationConfig",
}
