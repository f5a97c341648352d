package demo_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/oaklock/oaklock/internal/demo"
)

func FuzzPieces(f *testing.F) {
	for _, s := range []string{"", " ", "oak", "a b\nc", "Schlüsselübergabe", "\xff\xfe", strings.Repeat("x ", 400)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		all := demo.Pieces(s)
		if strings.Join(all, "") != s {
			t.Errorf("%q became %q", s, all)
		}
		for _, p := range all {
			if p == "" || utf8.RuneCountInString(p) > demo.LongestPiece {
				t.Errorf("piece %q of %q", p, s)
			}
		}
		grown := demo.Growing(all)
		if strings.Join(grown, "") != s {
			t.Errorf("%q grew to %q", s, grown)
		}
	})
}

// coalesced is what the client described at growing makes of events that all arrive in one read.
func coalesced(events []string) (read string) {
	buffer := strings.Join(events, "")
	for i := 0; i < len(buffer); i++ {
		if strings.HasPrefix(buffer[i:], "\n\n") {
			read, buffer = read+buffer[:i+2], buffer[i+2:] // i stays: this is the mistake
		}
	}
	return read
}

func TestMistralsEventsSurviveItsClient(t *testing.T) {
	_, body := ask(t, demo.ProviderOptions{}, "POST", "/mistral/v1/chat/completions", with(nil, "Authorization", demo.Key),
		`{"model":"m","stream":true,"messages":[{"role":"user","content":"honey bees"}]}`)
	events := strings.SplitAfter(strings.TrimSuffix(body, "data: [DONE]\n\n"), "\n\n")
	for from := range events { // whatever came in reads before
		if want, got := strings.Join(events[from:], ""), coalesced(events[from:]); got != want {
			t.Fatalf("of %d events %d bytes are lost", len(events)-from, len(want)-len(got))
		}
	}
}
