package proxy

import (
	"testing"
	"unicode/utf8"
)

// Text that comes in pieces is UTF-8 exactly where all of it is, however it is cut.
func FuzzUTF8InPieces(f *testing.F) {
	for _, text := range []string{"", "plain", "Grüße, 世界 👋", "\xff", "a\xc3", "\xe4\xb8", "\xf0\x9f\x91", "\xf0\x9f\x91\x8b\x8b", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3(", "\xe4\xb8a"} {
		for _, cuts := range []string{"", "\x01", "\x01\x01\x01\x01\x01\x01", "\x00\x02\x01\x03", "\x03\x00\x01"} {
			f.Add([]byte(text), []byte(cuts))
		}
	}
	f.Fuzz(func(t *testing.T, text, cuts []byte) {
		var u utf8Reader
		valid, rest := true, text
		for _, n := range cuts {
			n := min(int(n), len(rest))
			valid = valid && u.read(rest[:n], false)
			rest = rest[n:]
		}
		valid = valid && u.read(rest, true)
		if valid != utf8.Valid(text) {
			t.Errorf("%q cut at %d is valid: %v", text, cuts, valid)
		}
	})
}
