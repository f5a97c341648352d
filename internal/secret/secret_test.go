package secret_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "sk-proj-4f9Qz7LmT2xWvB8nRcYh"

func mustNew(t testing.TB, s string) secret.Secret {
	t.Helper()
	sec, err := secret.New([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sec.Wipe)
	return sec
}

func reveal(s secret.Secret) (string, bool) {
	var got string
	ok := s.Reveal(func(b []byte) { got = string(b) })
	return got, ok
}

func TestNewWipesItsInput(t *testing.T) {
	in := []byte(key)
	s, err := secret.New(in)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Wipe()
	if string(in) != strings.Repeat("\x00", len(key)) {
		t.Errorf("the input still reads %q", in)
	}
	if got, ok := reveal(s); !ok || got != key {
		t.Errorf("Reveal = %q, %v", got, ok)
	}
	if _, err := secret.New(nil); !errors.Is(err, secret.ErrEmpty) {
		t.Errorf("New(nil) = %v, want ErrEmpty", err)
	}
}

// A secret reaches a log line by accident through any of these, also inside other values.
func TestNothingPrintsASecret(t *testing.T) {
	s := mustNew(t, key)
	type holder struct {
		Key    secret.Secret
		hidden secret.Secret
	}
	h := holder{s, s}
	verbs := []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b", "%p", "%T%v", "%10.3s", "%c", "%U"}
	for _, verb := range verbs {
		for _, value := range []any{s, &s, h, &h, []secret.Secret{s}, map[string]secret.Secret{"k": s}, any(s)} {
			text := fmt.Sprintf(verb, value)
			if leaks(text) {
				t.Errorf("Sprintf(%q, %T) = %q", verb, value, text)
			}
		}
	}
	for _, verb := range []string{"%v", "%#v", "%x", "%s", "%d"} {
		if got := fmt.Sprintf(verb, s); got != "[secret]" {
			t.Errorf("Sprintf(%q) = %q", verb, got)
		}
	}
	asJSON, err := json.Marshal(map[string]any{"a": s, "b": h, "c": map[string]secret.Secret{"k": s}})
	if err != nil || leaks(string(asJSON)) || !strings.Contains(string(asJSON), `"a":"[secret]"`) {
		t.Errorf("json = %s, %v", asJSON, err)
	}
	asText, err := s.MarshalText()
	if err != nil || string(asText) != "[secret]" {
		t.Errorf("MarshalText = %s, %v", asText, err)
	}
	for _, handler := range []func(*strings.Builder) slog.Handler{
		func(b *strings.Builder) slog.Handler { return slog.NewTextHandler(b, nil) },
		func(b *strings.Builder) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var out strings.Builder
		slog.New(handler(&out)).Info("m", "key", s, "holder", h)
		if leaks(out.String()) || !strings.Contains(out.String(), "[secret]") {
			t.Errorf("log line: %s", out.String())
		}
	}
	if err := fmt.Errorf("wrapped: %v", s); leaks(err.Error()) {
		t.Errorf("error: %v", err)
	}
	_ = h.hidden
}

// leaks looks for the key in the forms that printing would give it.
func leaks(text string) bool {
	for _, form := range []string{key[8:], fmt.Sprintf("%x", key[8:]), fmt.Sprintf("%X", key[8:]), fmt.Sprint([]byte(key[8:12]))[1:10]} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

func TestHintNeverTellsMoreThanAQuarter(t *testing.T) {
	for _, c := range []struct{ key, want string }{
		{"a", ""}, {"abc", ""}, {"abcd", "d"}, {"abcdefg", "g"}, {"abcdefgh", "gh"}, {"abcdefghijkl", "jkl"},
		{"abcdefghijklmnop", "mnop"}, {key, "RcYh"}, {"abcdefghijklm\n\x1b\u00e9", "...."},
	} {
		if got := mustNew(t, c.key).Hint(); got != c.want {
			t.Errorf("Hint of %q = %q, want %q", c.key, got, c.want)
		}
	}
	if got := (secret.Secret{}).Hint(); got != "" {
		t.Errorf("Hint of none = %q", got)
	}
}

func TestEqual(t *testing.T) {
	s := mustNew(t, key)
	for _, c := range []struct {
		with string
		want bool
	}{{key, true}, {key + "x", false}, {key[:len(key)-1], false}, {"", false}, {strings.ToUpper(key), false}} {
		if got := s.Equal([]byte(c.with)); got != c.want {
			t.Errorf("Equal(%q) = %v", c.with, got)
		}
	}
	if (secret.Secret{}).Equal(nil) {
		t.Error("no secret equals no bytes")
	}
}

func TestWipeEndsAllCopies(t *testing.T) {
	s := mustNew(t, key)
	other := s
	s.Wipe()
	s.Wipe()
	for _, c := range []secret.Secret{s, other, {}} {
		if got, ok := reveal(c); ok || got != "" {
			t.Errorf("Reveal after Wipe = %q, %v", got, ok)
		}
		if !c.IsZero() || c.Equal([]byte(key)) || c.Hint() != "" {
			t.Error("a wiped secret still has a content")
		}
		c.Wipe()
	}
}

// The memory is given back to the system: a reader that raced with Wipe would not read zeroes but crash.
func TestWipeWaitsForReaders(t *testing.T) {
	for range 200 {
		s := mustNew(t, key)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					got, ok := reveal(s)
					if !ok {
						return
					}
					if got != key {
						t.Errorf("read %q", got)
						return
					}
				}
			})
		}
		s.Wipe()
		wg.Wait()
	}
}

func TestMACAndNote(t *testing.T) {
	key, err := secret.New([]byte("Jefe"))
	if err != nil {
		t.Fatal(err)
	}
	// RFC 4231, test case 2.
	const want = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
	if sum, ok := key.MAC([]byte("what do ya want for nothing?")); !ok || fmt.Sprintf("%x", sum) != want {
		t.Errorf("%x, %v", sum, ok)
	}
	if text, ok := key.Note(); ok || text != "" {
		t.Errorf("a key came out as the note %q", text)
	}
	key.Wipe()
	if _, ok := key.MAC(nil); ok {
		t.Error("a wiped key signs")
	}
	note, err := secret.New(secret.NewNote("counter 5"))
	if err != nil {
		t.Fatal(err)
	}
	if text, ok := note.Note(); !ok || text != "counter 5" {
		t.Errorf("%q, %v", text, ok)
	}
}
