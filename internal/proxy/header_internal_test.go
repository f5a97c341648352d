package proxy

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mayPass are the names of an answer's headers that a page may see, as design/security.md has them (R12), written again by hand.
var mayPass = strings.Fields("Content-Type Retry-After Retry-After-Ms X-Should-Retry X-Request-Id Request-Id Openai-Processing-Ms")

// keyText is in lower case, as a key can be whose letters survive in the name of a header.
const keyText = "9f3c2b1a-1234-5678-9abc-def012345678"

// FuzzPassHeaders lets a provider send any header: what passes has a name that may, one value, and no key in either.
func FuzzPassHeaders(f *testing.F) {
	for _, seed := range [][2]string{
		{"content-type", "application/json"}, {"X-Request-Id", "req_1"}, {"X-Request-Id", "req-" + keyText}, {"Request-Id", keyText[:20]},
		{"Set-Cookie", "a=b"}, {"Location", "https://evil.example/"}, {"Access-Control-Allow-Origin", "*"}, {"Connection", "X-Request-Id"},
		{"X-Ratelimit-Remaining-Requests", "9"}, {"X-Ratelimit-" + keyText, "1"}, {"Anthropic-Ratelimit-" + keyText, "1"},
		{"X-RateLimit-" + strings.ToUpper(keyText), "1"}, {"X-Ratelimit-" + hex.EncodeToString([]byte(keyText))[:16], "1"},
		{"Retry-After", base64.StdEncoding.EncodeToString([]byte(keyText))}, {"Openai-Processing-Ms", strings.Repeat("1", 1025)},
		{"X-Request-Id", "a\x00b"}, {"Clear-Site-Data", "*"}, {"Refresh", "0"}, {"Service-Worker-Allowed", "/"},
	} {
		f.Add(seed[0], seed[1], false)
		f.Add(seed[0], seed[1], true)
	}
	key, err := secret.New([]byte(keyText))
	if err != nil {
		f.Fatal(err)
	}
	redactor := secret.NewRedactor(key)
	f.Cleanup(func() { redactor.Wipe(); key.Wipe() })
	f.Fuzz(func(t *testing.T, name, value string, twice bool) {
		from := http.Header{}
		from.Add(name, value)
		if twice {
			from.Add(name, value)
		}
		to := http.Header{}
		passHeaders(to, from, redactor)
		if to.Get("Content-Type") == "" {
			t.Error("an answer without a type would be given one by its bytes")
		}
		for n, values := range to {
			if !slices.Contains(mayPass, n) && !strings.HasPrefix(n, "X-Ratelimit-") && !strings.HasPrefix(n, "Anthropic-Ratelimit-") {
				t.Errorf("%q passes", n)
			}
			if len(values) != 1 || len(values[0]) > 1024 || twice && n == http.CanonicalHeaderKey(name) && n != "Content-Type" {
				t.Errorf("%q passes with %d values", n, len(values))
			}
			all := n + "\n" + strings.Join(values, "\n")
			for _, form := range []string{keyText, hex.EncodeToString([]byte(keyText)), base64.RawStdEncoding.EncodeToString([]byte(keyText))} {
				if strings.Contains(all, form) || strings.Contains(strings.ToLower(n), form) {
					t.Errorf("the key passes in %q", all)
				}
			}
		}
	})
}
