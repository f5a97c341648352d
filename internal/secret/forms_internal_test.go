package secret

import (
	"strings"
	"testing"
)

// Answers are searched for every form: a key that no encoder touches has no more than it needs, and all forms fit into the room.
func TestFormsOfAKey(t *testing.T) {
	const all = 1 + 3 + 2 // itself, base64 and hex
	for key, want := range map[string]int{
		"sk-proj-Ab_0123456789.zZ": all,
		"tiny5":                    0,
		"seven77":                  1,
		"Zm9vYmFy+Mz0/abcd==":      all + 3 + 4, // of PHP, System.Text.Json and Gson; in URLs
	} {
		forms := formSet{room: make([]byte, need([]byte(key)))}
		forms.addAll([]byte(key))
		if got := len(forms.patterns); got != want {
			t.Errorf("%s has %d forms, want %d: %q", key, got, want, forms.patterns)
		}
	}
	for _, sign := range []string{`"`, `\`, "<", "'", "/", "~", "\xff"} {
		key := []byte("a" + strings.Repeat(sign, 300))
		forms := formSet{room: make([]byte, need(key))}
		forms.addAll(key) // panics where the room is too small
		if len(forms.patterns) <= all {
			t.Errorf("a key of %q has %d forms", sign, len(forms.patterns))
		}
	}
}
