package secret_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// oracle redacts the slow way: it marks every byte of every occurrence of every form, and then writes what is unmarked. Its forms
// come from the standard library's own encoders, so that a mistake in ours is not made twice.
func oracle(text string, keys []string) string {
	var forms []string
	for _, k := range keys {
		if len(k) >= 6 {
			forms = append(forms, k)
		}
		if len(k) >= 8 {
			forms = append(forms, encoded(k)...)
		}
	}
	type span struct{ from, to int }
	covered := map[span]bool{}
	longestTail := 0
	for _, f := range forms {
		for at := range len(text) {
			if strings.HasPrefix(text[at:], f) {
				covered[span{at, at + len(f)}] = true
			}
		}
		for n := len(f) - 1; n > longestTail; n-- {
			if strings.HasSuffix(text, f[:n]) {
				longestTail = n
			}
		}
	}
	if longestTail >= 8 {
		covered[span{len(text) - longestTail, len(text)}] = true
	}
	inside := make([]bool, len(text)+1) // byte i-1 and byte i belong to one occurrence
	marked := make([]bool, len(text))
	for s := range covered {
		for i := s.from; i < s.to; i++ {
			marked[i] = true
			if i > s.from {
				inside[i] = true
			}
		}
	}
	var out strings.Builder
	for i := range len(text) {
		switch {
		case !marked[i]:
			out.WriteByte(text[i])
		case !inside[i]:
			out.WriteString(gone)
		}
	}
	return out.String()
}

// encoded is what a key looks like in base64, hex, JSON and URLs.
func encoded(k string) []string {
	forms := []string{hex.EncodeToString([]byte(k)), strings.ToUpper(hex.EncodeToString([]byte(k)))}
	for before := range 3 {
		// What two different neighbourhoods agree on is what the key alone decides.
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			a := enc.EncodeToString([]byte(strings.Repeat("\x00", before) + k + "\x00\x00"))
			b := enc.EncodeToString([]byte(strings.Repeat("\xff", before) + k + "\xff\xff"))
			from := 0
			for from < len(a) && a[from] != b[from] {
				from++
			}
			to := from
			for to < len(a) && a[to] == b[to] {
				to++
			}
			forms = append(forms, a[from:to])
		}
	}
	for _, html := range []bool{true, false} {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(html)
		if err := e.Encode(k); err != nil {
			panic(err) // a string always marshals
		}
		quoted := strings.TrimSuffix(strings.TrimSpace(b.String())[1:], `"`)
		forms = append(forms, quoted)
		if !html {
			forms = append(forms, strings.ReplaceAll(quoted, "/", `\/`)) // PHP
		}
	}
	forms = append(forms, encodedForHTML(forms[len(forms)-2])...)
	query := url.QueryEscape(k)
	lower := regexp.MustCompile("%..").ReplaceAllStringFunc(query, strings.ToLower)
	component := strings.NewReplacer("%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(query) // encodeURIComponent
	whole := strings.NewReplacer("%3B", ";", "%2C", ",", "%2F", "/", "%3F", "?", "%3A", ":", "%40", "@", "%26", "&", "%3D", "=",
		"%2B", "+", "%24", "$", "%23", "#").Replace(component) // encodeURI
	tilde := strings.ReplaceAll(query, "~", "%7E") // PHP
	dotnet := strings.NewReplacer("%21", "!", "%28", "(", "%29", ")", "%2A", "*").Replace(tilde)
	form := strings.ReplaceAll(tilde, "%2A", "*") // URLSearchParams
	return append(forms, query, lower, component, whole, url.PathEscape(k),
		tilde, dotnet, regexp.MustCompile("%..").ReplaceAllStringFunc(dotnet, strings.ToLower), form, strings.ReplaceAll(query, "%2F", "/"))
}

// encodedForHTML is what encoders that think of HTML make of the content of a JSON string.
func encodedForHTML(plain string) []string {
	lower := strings.NewReplacer(`\\`, `\\`, "<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "'", `\u0027`)
	upper := strings.NewReplacer(`\\`, `\\`, `\"`, `\u0022`, "<", `\u003C`, ">", `\u003E`, "&", `\u0026`, "'", `\u0027`)
	quotes := strings.NewReplacer(`\\`, `\\`, `\"`, `\u0022`)
	php := upper.Replace(plain)
	return []string{
		strings.NewReplacer("+", `\u002B`, "`", `\u0060`).Replace(php), // System.Text.Json
		strings.ReplaceAll(lower.Replace(plain), "=", `\u003d`),        // Gson
		lower.Replace(plain), quotes.Replace(lower.Replace(plain)),
		php, strings.ReplaceAll(php, "/", `\/`),
		strings.NewReplacer("<", `\u003C`, ">", `\u003E`, "&", `\u0026`).Replace(plain), // Django
	}
}

// FuzzRedact cuts a text anywhere: the output must be what the slow way gives, and have no key.
func FuzzRedact(f *testing.F) {
	const other, third = "AIzaSyC4k3-x9", "gsk_0123456789"
	slashes := "a/b+c=d&e<f>\"g\\h!(x)"
	for _, seed := range []struct{ text, a, b string }{
		{"", key, other},
		{key, key, other},
		{"x" + key + "y" + other + "z", key, other},
		{key[:10] + key[:20] + key + key[1:] + key[:9], key, key[:12]},
		{key + other[:9], key, other},
		{"abababababababababab", "abababab", "babababa"},
		{"aaaaaaaaaaaaaaaaaaaaab", "aaaaaaaaa", "aaaaaa"},
		{"abcdefghijklmnop", "abcdefgh", "efghijkl"},
		{"zabcdef zabcdef1", "abcdef", "zabcdef1234567"},
		{hex.EncodeToString([]byte("user:" + key + key)), key, other},
		{base64.StdEncoding.EncodeToString([]byte("u:" + key)), key, other},
		{base64.URLEncoding.EncodeToString([]byte(other + key))[3:], key, other},
		{strings.Repeat(ordinary(300), 3) + key[:len(key)-1], key, other},
		{key[:len(key)-1] + key[len(key)-2:], key, key[len(key)-8:]},
		{strings.Join(encoded(slashes), " ") + slashes, slashes, key},
		{strings.Join(encoded(slashes), slashes[:9]), slashes, other},
		{strings.Join(encoded(key), "") + other, slashes, key},
	} {
		f.Add(seed.text, seed.a, seed.b, third, uint64(0))
		f.Add(seed.text, seed.a, seed.b, third, uint64(0x0102030405060708))
		f.Add(seed.text, seed.a, seed.b, third, uint64(0x1f1f0101ff30011f))
	}
	f.Fuzz(func(t *testing.T, text, a, b, c string, cuts uint64) {
		if len(text) > 2000 || len(a) > 200 || len(b) > 200 || len(c) > 200 || !printable(a, b, c) {
			return // outside of what the slow way knows
		}
		r := newRedactor(t, a, b, c)
		want := oracle(text, []string{a, b, c})
		if got := string(r.Bytes([]byte(text))); got != want {
			t.Errorf("Bytes(%q) = %q, want %q", text, got, want)
		}
		if got := r.Contains(text); got != (want != text) {
			t.Errorf("Contains(%q) = %v", text, got)
		}
		var pieces []string
		for rest := text; rest != ""; cuts = cuts>>8 | cuts<<56 {
			n := min(len(rest), 1+int(cuts&0xff))
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		got := stream(t, r, pieces...)
		if got != want {
			t.Errorf("stream(%q) = %q, want %q", pieces, got, want)
		}
		for _, k := range []string{a, b, c} {
			// The replacement may happen to hold a short "key" of the fuzzer's.
			if len(k) >= 6 && !strings.Contains(gone, k) && strings.Contains(strings.ReplaceAll(got, gone, "\x00"), k) {
				t.Errorf("%q still has %q", got, k)
			}
		}
	})
}

// printable says that these can be keys: printable ASCII without blanks, as the agent takes them.
func printable(keys ...string) bool {
	for _, s := range keys {
		for _, c := range []byte(s) {
			if c <= ' ' || c > '~' {
				return false
			}
		}
		if s == "" {
			return false
		}
	}
	return true
}
