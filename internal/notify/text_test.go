package notify_test

import (
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/notify"
)

func TestText(t *testing.T) {
	for _, c := range []struct{ name, text, title, body string }{
		{"a sentence", "research.example wants to use your OpenAI key", "research.example wants to use your OpenAI key", "research.example wants to use your OpenAI key"},
		{"markup", `<a href="x">&lt;Allow</a>`, `<a href="x">&lt;Allow</a>`, `&lt;a href="x"&gt;&amp;lt;Allow&lt;/a&gt;`},
		{"control characters", "a\x00b\r\x1b[1mc", "ab[1mc", "ab[1mc"},
		{"right to left", "a\u202eb\u2066c", "abc", "abc"},
		{"two lines", " a\nb\n", "a\nb", "a\nb"},
		{"not UTF-8", "a\xff", "a\ufffd", "a\ufffd"},
		{"long", strings.Repeat("&", 1000), strings.Repeat("&", 99) + "…", strings.Repeat("&amp;", 399) + "…"},
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
