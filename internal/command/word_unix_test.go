//go:build unix

package command_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/command"
)

// Whatever a page calls a model, a shell makes one word of it, and the same one.
func FuzzWord(f *testing.F) {
	for _, s := range []string{"a", "a b", "it's", "';id;'", `\`, `"`, "$(id)", "`id`", "${x}", "~", "*", "#", "!!", "a=b", "-e", "'\\''", "<x>y|z&"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		word := command.WordOn(value, "X", false)
		if word == "X" {
			return
		}
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf '%s\\n' "+word).Output()
		if err != nil || strings.TrimSuffix(string(out), "\n") != value {
			t.Errorf("of %q, written %s, a shell makes %q (%v)", value, word, out, err)
		}
	})
}
