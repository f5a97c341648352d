package oaktest

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// Key makes a canary key: of the form that keys of the provider have, and new each time, so that finding it anywhere
// proves a leak of this test.
func Key(provider string) string {
	random := rand.Text() + rand.Text()
	switch provider {
	case "openai":
		return "sk-proj-oaktest" + random
	case "anthropic":
		return "sk-ant-api03-oaktest" + random
	case "google":
		return "AIza" + random[:35]
	case "mistral":
		return random[:32]
	default:
		return "oaktest-" + random
	}
}

// Path is a file, or a folder with everything below it, for [Scan].
type Path string

// Scan fails the test for every place in data where the key is, in any form that [Find] knows. Each of data is a string
// or []byte with the content itself, an [http.Header], or a [Path]. It fails too when a path cannot be read.
func Scan(t testing.TB, key string, data ...any) {
	t.Helper()
	for i, d := range data {
		where := fmt.Sprintf("value %d", i+1)
		switch d := d.(type) {
		case string:
			report(t, key, where, []byte(d))
		case []byte:
			report(t, key, where, d)
		case http.Header:
			report(t, key, where, []byte(fmt.Sprint(d)))
		case Path:
			scanPath(t, key, string(d))
		default:
			t.Fatalf("Scan does not know how to read a %T", d)
		}
	}
}

func scanPath(t testing.TB, key, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		report(t, key, "the name "+path, []byte(e.Name()))
		if !e.Type().IsRegular() {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		report(t, key, path, content)
		return nil
	})
	if err != nil {
		t.Errorf("could not look for the key everywhere: %v", err)
	}
}

func report(t testing.TB, key, where string, content []byte) {
	t.Helper()
	if forms := Find(key, content); len(forms) > 0 {
		t.Errorf("the key is in %s, as %s", where, strings.Join(forms, ", "))
	}
}

// Find names the forms in which the key is in content: raw, backwards, UTF-16 (which browsers and Windows store), hex in
// either case, and base64 in both alphabets at any alignment. A key of less than 8 characters cannot be told from chance.
func Find(key string, content []byte) []string {
	if len(key) < 8 {
		panic("oaktest: a key this short is found by chance")
	}
	var found []string
	look := func(form string, needle []byte) {
		if bytes.Contains(content, needle) {
			found = append(found, form)
		}
	}
	look("raw text", []byte(key))
	look("reversed text", backwards(key))
	look("UTF-16", wide(key))
	lower := hex.EncodeToString([]byte(key))
	look("hex", []byte(lower))
	look("upper-case hex", []byte(strings.ToUpper(lower)))
	for shift := range 3 {
		for name, alphabet := range map[string]*base64.Encoding{"base64": base64.StdEncoding, "base64url": base64.URLEncoding} {
			needle := aligned(key, shift, alphabet)
			if name == "base64url" && bytes.Equal(needle, aligned(key, shift, base64.StdEncoding)) {
				continue // the two alphabets differ in two characters only
			}
			look(fmt.Sprintf("%s after %d bytes", name, shift), needle)
		}
	}
	return found
}

// aligned is what base64 makes of the key when shift bytes (modulo 3) stand before it, without the characters at both
// ends that also depend on the neighbours.
func aligned(key string, shift int, alphabet *base64.Encoding) []byte {
	encoded := alphabet.EncodeToString(append(make([]byte, shift), key...))
	first := (8*shift + 5) / 6
	end := 8 * (shift + len(key)) / 6
	return []byte(encoded[first:end])
}

// wide is the little-endian form less its last zero byte, so that the big-endian form, one byte later, holds it as well.
func wide(key string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(key)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b[:len(b)-1]
}

func backwards(s string) []byte {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return b
}
