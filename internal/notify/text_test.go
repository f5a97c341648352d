package notify_test

import (
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/notify"
)

func TestText(t *testing.T) {
	// What is cut of an origin must be its beginning, which whoever owns the end may choose.
	long := "https://bank.example." + strings.Repeat("very-long.", 23) + "evil.example:8443"
	cut := "…" + long[len(long)-63:]
	for _, c := range []struct{ name, text, title, body string }{
		{"a sentence", "research.example wants to use your OpenAI key", "research.example wants to use your OpenAI key", "research.example wants to use your OpenAI key"},
		{"markup", `<a href="x">&lt;Allow</a>`, `<a href="x">&lt;Allow</a>`, `&lt;a href="x"&gt;&amp;lt;Allow&lt;/a&gt;`},
		{"control characters", "a\x00b\r\x1b[1mc", "ab[1mc", "ab[1mc"},
		{"right to left", "a\u202eb\u2066c", "abc", "abc"},
		{"two lines", " a\nb\n", "a\nb", "a\nb"},
		{"not UTF-8", "a\xff", "a\ufffd", "a\ufffd"},
		{"long", strings.Repeat("& ", 500), strings.Repeat("& ", 59) + "&…", strings.Repeat("&amp; ", 199) + "&amp;…"},
		{"a long origin", long + " asks", cut + " asks", cut + " asks"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := notify.Title(c.text); got != c.title {
				t.Errorf("title %q, want %q", got, c.title)
			}
			if got := notify.Body(c.text); got != c.body {
				t.Errorf("body %q, want %q", got, c.body)
			}
		})
	}
}
