package command_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/command"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWord(t *testing.T) {
	for _, c := range []struct{ value, posix, windows string }{
		{"llama3:8b", "llama3:8b", "llama3:8b"},
		{"vendor/m-1.5", "vendor/m-1.5", "vendor/m-1.5"},
		{"https://a.example:8443", "https://a.example:8443", "https://a.example:8443"},
		{"my other", "'my other'", `"my other"`},
		{"http://[::1]:3000", "'http://[::1]:3000'", `"http://[::1]:3000"`},
		{"büro", "'büro'", `"büro"`},
		{"~", "'~'", `"~"`},
		{"=ls", "'=ls'", `"=ls"`},
		{"@x", "'@x'", `"@x"`},
		{"*", "'*'", `"*"`},
		{"a;touch x;#", "'a;touch x;#'", `"a;touch x;#"`},
		{"a;touch${IFS}x;#", "'a;touch${IFS}x;#'", "X"},
		{"$(reboot);`x`", "'$(reboot);`x`'", "X"},
		{`=cmd|calc`, "'=cmd|calc'", "X"},
		{"%PATH%", "'%PATH%'", "X"},
		{"a&b", "'a&b'", "X"},
		{"a!b", "'a!b'", "X"},
		{`a"b`, `'a"b'`, "X"},
		{"it's", `"it's"`, `"it's"`},
		{"it's $HOME", "X", "X"},
		{`x\'; ls; '`, "X", `"x\'; ls; '"`},
		{`C:\Users\me`, "X", `C:\Users\me`},
		{`C:\my keys`, "X", `"C:\my keys"`},
		{`C:\my keys\`, "X", "X"},
		{"a’; ls; ‘", "X", "X"},
		{"", "X", "X"},
		{"-x", "X", "X"},
		{"--input", "X", "X"},
		{"a\nb", "X", "X"},
		{"a\x1b[31mb", "X", "X"},
		{"a\u202eb", "X", "X"},
		{"a\u200bb", "X", "X"},
		{"a\u2028rm -rf ~", "X", "X"},
		{"a\u00a0b", "X", "X"},
		{"a\xffb", "X", "X"},
	} {
		if got := command.WordOn(c.value, "X", false); got != c.posix {
			t.Errorf("%q is %s, not %s", c.value, got, c.posix)
		}
		if got := command.WordOn(c.value, "X", true); got != c.windows {
			t.Errorf("on Windows %q is %s, not %s", c.value, got, c.windows)
		}
	}
}
