package demo_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/oaklock/oaklock/internal/demo"
)

func FuzzPieces(f *testing.F) {
	for _, s := range []string{"", " ", "oak", "a b\nc", "Schlüsselübergabe", "\xff\xfe", strings.Repeat("x", 20)} {
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
	})
}
