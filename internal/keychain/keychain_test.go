package keychain_test

import (
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/keychain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	key      = "sk-proj-4f9Qz7LmT2xWvB8nRcYh"
	otherKey = "sk-proj-ZZZZ0000yyyy1111xxxx"
	endpoint = "https://api.openai.com:443"
)

var personal = keychain.ID{Provider: "openai", Label: "personal"}

func TestCheckLabel(t *testing.T) {
	for _, c := range []struct {
		in, want string
		ok       bool
	}{
		{"", "default", true}, {"   ", "default", true}, {"personal", "personal", true}, {"  Team 2 ", "Team 2", true},
		{"a", "a", true}, {"9-x_y.z", "9-x_y.z", true}, {strings.Repeat("a", 40), strings.Repeat("a", 40), true},
		{strings.Repeat("a", 41), "", false}, {"-x", "", false}, {".x", "", false}, {"a/b", "", false}, {"a#2", "", false},
		{"a\nb", "", false}, {"ключ", "", false}, {"a\x00", "", false},
	} {
		got, err := keychain.CheckLabel(c.in)
		if got != c.want || (err == nil) != c.ok || err != nil && !errors.Is(err, keychain.ErrLabel) {
			t.Errorf("CheckLabel(%q) = %q, %v", c.in, got, err)
		}
	}
}

// What the caller does about an error depends on these.
func TestErrorsBelongToTheirKinds(t *testing.T) {
	for _, c := range []struct{ err, kind error }{
		{keychain.ErrNewVault, keychain.ErrLocked},
		{keychain.ErrDamaged, keychain.ErrUnavailable},
		{keychain.ErrMoved, keychain.ErrNotFound},
		{keychain.ErrOtherVault, keychain.ErrUnavailable},
	} {
		if !errors.Is(c.err, c.kind) {
			t.Errorf("%v is not %v", c.err, c.kind)
		}
	}
}
