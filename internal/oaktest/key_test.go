package oaktest_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/oaklock/oaklock/internal/oaktest"
)

// forms are the key in everything that Find must see through, between other bytes.
func forms(key string) map[string]string {
	var little, big []byte
	for _, u := range utf16.Encode([]rune(key)) {
		little = append(little, byte(u), byte(u>>8))
		big = append(big, byte(u>>8), byte(u))
	}
	var reversed []byte
	for i := len(key) - 1; i >= 0; i-- {
		reversed = append(reversed, key[i])
	}
	all := map[string]string{
		"raw": "Bearer " + key + ".", "reversed": string(reversed), "UTF-16LE": string(little), "UTF-16BE": string(big),
		"hex": hex.EncodeToString([]byte(key)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(key))),
	}
	for before := range 4 {
		for after := range 3 {
			text := []byte(strings.Repeat("?", before) + key + strings.Repeat(">", after))
			where := fmt.Sprintf(" between %d and %d bytes", before, after)
			all["base64"+where] = base64.StdEncoding.EncodeToString(text)
			all["base64url"+where] = base64.RawURLEncoding.EncodeToString(text)
		}
	}
	return all
}

func TestFindSeesEveryForm(t *testing.T) {
	for _, provider := range []string{"openai", "anthropic", "google", "mistral", "custom"} {
		key := oaktest.Key(provider)
		for name, content := range forms(key) {
			if len(oaktest.Find(key, []byte("x"+content+"y"))) == 0 {
				t.Errorf("%s: not found as %s", provider, name)
			}
			if other := oaktest.Find(oaktest.Key(provider), []byte(content)); len(other) != 0 {
				t.Errorf("%s: another key was found as %s", provider, other)
			}
		}
	}
}

// listener is a testing.TB that remembers whether the test failed.
type listener struct {
	testing.TB
	failures []string
}

func (l *listener) Helper() {}
func (l *listener) Errorf(format string, args ...any) {
	l.failures = append(l.failures, fmt.Sprintf(format, args...))
}

func TestScanLooksEverywhere(t *testing.T) {
	key := oaktest.Key("openai")
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a", "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	inside := filepath.Join(dir, "a", "b", "log")
	if err := os.WriteFile(inside, []byte(hex.EncodeToString([]byte(key))), 0o600); err != nil {
		t.Fatal(err)
	}
	named := t.TempDir()
	if err := os.WriteFile(filepath.Join(named, key), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data any
		want string
	}{
		"text":         {"x" + key, "raw text"},
		"bytes":        {[]byte(key), "raw text"},
		"header":       {http.Header{"X-Debug": {key}}, "raw text"},
		"folder":       {oaktest.Path(dir), inside},
		"file":         {oaktest.Path(inside), "hex"},
		"file name":    {oaktest.Path(named), "the name"},
		"missing file": {oaktest.Path(filepath.Join(dir, "none")), "could not look"},
	} {
		l := &listener{TB: t}
		oaktest.Scan(l, key, "clean", c.data)
		if len(l.failures) == 0 || !strings.Contains(strings.Join(l.failures, "\n"), c.want) {
			t.Errorf("%s: said %q, want %q", name, l.failures, c.want)
		}
	}
	l := &listener{TB: t}
	oaktest.Scan(l, oaktest.Key("openai"), "clean", []byte("clean"), oaktest.Path(dir), http.Header{})
	if len(l.failures) != 0 {
		t.Errorf("found what is not there: %q", l.failures)
	}
}
