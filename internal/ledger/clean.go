package ledger

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Longest texts of a line, in bytes.
const (
	maxOrigin = 300
	maxName   = 200 // model, endpoint
	maxLabel  = 100 // provider, credential, code
)

// clean bounds everything that could be longer or stranger than it should be.
func (r Request) clean() Request {
	r.Provider = clean(r.Provider, maxLabel)
	r.Endpoint, _, _ = strings.Cut(r.Endpoint, "?")
	r.Endpoint = clean(r.Endpoint, maxName)
	// A copy: the model may be a piece of a body of 64 MiB, which would stay in memory with it.
	r.Model = strings.Clone(clean(r.Model, maxName))
	r.Credential = clean(r.Credential, maxLabel)
	r.BytesIn = max(r.BytesIn, 0)
	r.Worst.Cost, r.Worst.Tokens = bound(r.Worst.Cost), bound(r.Worst.Tokens)
	return r
}

func (o Outcome) clean() Outcome {
	o.Code = clean(o.Code, maxLabel)
	for _, n := range []*int64{&o.Usage.Input, &o.Usage.Output, &o.Usage.CachedInput, &o.Usage.CacheWrite, &o.Usage.Reasoning} {
		*n = max(*n, -1)
	}
	o.Millis, o.BytesOut = max(o.Millis, 0), max(o.BytesOut, 0)
	o.Cost, o.Tokens = bound(o.Cost), bound(o.Tokens)
	return o
}

// Most is the highest amount that is told apart from more, of millionths of a dollar or of tokens: sums of many cannot
// overflow.
const Most = 1_000_000_000_000_000

func bound(n int64) int64 { return min(max(n, 0), Most) }

// clean cuts s to at most n bytes between two characters, and puts U+FFFD in the place of what does not print: a model
// named with escape sequences would move the cursor of whoever runs "oaklock log".
func clean(s string, n int) string {
	if plain(s) && len(s) <= n {
		return s
	}
	var b strings.Builder
	for _, r := range s { // broken UTF-8 comes out as U+FFFD
		if !unicode.IsPrint(r) {
			r = utf8.RuneError
		}
		if b.Len()+utf8.RuneLen(r) > n {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
