package proxy

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// What has no room in a close frame ends after a word, and shows that there was more.
func TestCloseReasonsEndAfterAWord(t *testing.T) {
	fits := strings.Repeat("é", maxReason/2)
	for text, want := range map[string]string{
		"paused: short":                        "paused: short",
		fits:                                   fits,
		strings.Repeat("a", 100) + " " + fits:  strings.Repeat("a", 100) + "…",
		strings.Repeat("a", 120) + " and more": strings.Repeat("a", 120) + "…",
		strings.Repeat("é", 100):               strings.Repeat("é", 60) + "…",
	} {
		if got := cutText(text); got != want || len(got) > maxReason || !utf8.ValidString(got) {
			t.Errorf("%q is cut to %q", text, got)
		}
	}
	for _, s := range refusals {
		if text := reason(s.err); strings.HasSuffix(text, "…") && !strings.HasPrefix(s.code+": "+s.message, strings.TrimSuffix(text, "…")+" ") {
			t.Errorf("cut in a word: %q", text)
		}
	}
}
