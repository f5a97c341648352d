package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/oaklock/oaklock/internal/secret"
)

const gone = secret.Replacement

func newRedactor(t testing.TB, keys ...string) *secret.Redactor {
	t.Helper()
	var secrets []secret.Secret
	for _, k := range keys {
		secrets = append(secrets, mustNew(t, k))
	}
	r := secret.NewRedactor(secrets...)
	t.Cleanup(r.Wipe)
	return r
}

// stream writes the pieces through a Writer.
func stream(t testing.TB, r *secret.Redactor, pieces ...string) string {
	t.Helper()
	var out strings.Builder
	w := r.Writer(&out)
	for _, p := range pieces {
		if n, err := io.WriteString(w, p); err != nil || n != len(p) {
			t.Fatalf("Write = %d, %v", n, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatalf("Close = %v", err)
	}
	return out.String()
}

func TestRedact(t *testing.T) {
	const short, seven = "tiny5", "seven77"
	for _, c := range []struct {
		name, in, want string
		keys           []string
	}{
		{"nothing", "Incorrect API key", "Incorrect API key", []string{key}},
		{"empty", "", "", []string{key}},
		{"no keys", key, key, nil},
		{"alone", key, gone, []string{key}},
		{"in the middle", `{"error":"bad key ` + key + `."}`, `{"error":"bad key ` + gone + `."}`, []string{key}},
		{"twice in a row", key + key, gone + gone, []string{key}},
		{"two keys", "a" + key + "b" + "AIzaSyOther-0123456789" + "c", "a" + gone + "b" + gone + "c", []string{key, "AIzaSyOther-0123456789"}},
		{"one inside the other", "x" + "abcdefgh" + "y", "x" + gone + "y", []string{"cdefghij", "abcdefgh"}},
		{"the longer of two", "abcdefghijkl", gone, []string{"abcdefgh", "abcdefghijkl"}},
		{"overlapping are one", "..abcdefghijkl..", ".." + gone + "..", []string{"abcdefgh", "efghijkl"}},
		{"overlapping itself", "x" + strings.Repeat("ab", 7) + "x", "x" + gone + "x", []string{"abababab"}},
		{"a false start", key[:10] + key, key[:10] + gone, []string{key}},
		{"nearly", key[:len(key)-1] + "_" + " and on", key[:len(key)-1] + "_ and on", []string{key}},
		{"another case", strings.ToUpper(key) + ".", strings.ToUpper(key) + ".", []string{key}},
		{"cut at the end", "bad key " + key[:8], "bad key " + gone, []string{key}},
		{"cut at the end, all but one", "bad key " + key[:len(key)-1], "bad key " + gone, []string{key}},
		{"cut too short to matter", "bad key " + key[:7], "bad key " + key[:7], []string{key}},
		{"cut right after one", key + key[:20], gone + gone, []string{key}},
		{"seven bytes raw", "my seven77!", "my " + gone + "!", []string{seven}},
		{"seven bytes in hex", hex.EncodeToString([]byte(seven)) + ".", hex.EncodeToString([]byte(seven)) + ".", []string{seven}},
		{"seven bytes cut", "my seven7", "my seven7", []string{seven}},
		{"five bytes", "my tiny5", "my tiny5", []string{short}},
		{"an end that could begin another", "abcdefgzzzzzzz", gone + "zzzzzzz", []string{"abcdefg", "fghijkl"}},
		{"an end that begins another after all", "abcdefgxyzuvw!", gone + "!", []string{"abcdefg", "fghijkl", "gxyzuvw"}},
		{"a short one in the held start of a long one", "abcdef1", gone + "1", []string{"abcdef", "abcdef1234567"}},
		{"a short one inside the held start of a long one", "zabcdef", "z" + gone, []string{"abcdef", "zabcdef1234567"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRedactor(t, c.keys...)
			in := []byte(c.in)
			if got := string(r.Bytes(in)); got != c.want {
				t.Errorf("Bytes = %q, want %q", got, c.want)
			}
			if string(in) != c.in {
				t.Errorf("the input became %q", in)
			}
			if got := r.Contains(c.in); got != (c.in != c.want) {
				t.Errorf("Contains = %v", got)
			}
			for at := range len(c.in) + 1 {
				if got := stream(t, r, c.in[:at], c.in[at:]); got != c.want {
					t.Errorf("cut at %d: %q, want %q", at, got, c.want)
				}
			}
			for at := range min(len(c.in), 20) {
				for from := range at {
					if got := stream(t, r, c.in[:from], c.in[from:at], c.in[at:]); got != c.want {
						t.Errorf("cut at %d and %d: %q, want %q", from, at, got, c.want)
					}
				}
			}
			if got := stream(t, r, strings.Split(c.in, "")...); got != c.want {
				t.Errorf("byte by byte: %q, want %q", got, c.want)
			}
		})
	}
}

func TestRedactForms(t *testing.T) {
	const odd = `we"ird\key/with+all<&>of'it%` + "\x01\xff"
	for _, k := range []string{key, odd, "12345678", strings.Repeat("k", 2560), "\x01\x02\x03\x04\x05\x06\x07\x0e"} {
		r := newRedactor(t, k)
		asJSON, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		forms := map[string]string{
			"raw": k, "hex": hex.EncodeToString([]byte(k)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(k))),
			"query": url.QueryEscape(k), "path": strings.ReplaceAll(url.QueryEscape(k), "%27", "'"),
		}
		if k != odd { // the JSON of bytes that are not UTF-8 is not theirs
			forms["json"] = string(asJSON[1 : len(asJSON)-1])
			forms["json/"] = strings.ReplaceAll(forms["json"], "/", `\/`)
		} else {
			forms["json"] = `we\"ird\\key/with+all<&>of'it%\u0001` + "\xff"
			forms["json go"] = `we\"ird\\key/with+all\u003c\u0026\u003eof'it%\u0001` + "\xff"
			forms["json php"] = `we\"ird\\key\/with+all<&>of'it%\u0001` + "\xff"
			forms["browser"] = "we%22ird%5Ckey%2Fwith%2Ball%3C%26%3Eof'it%25%01%FF"
			forms["lower"] = "we%22ird%5ckey%2fwith%2ball%3c%26%3eof%27it%25%01%ff"
		}
		for name, form := range forms {
			if got := string(r.Bytes([]byte("<" + form + ">"))); got != "<"+gone+">" {
				t.Errorf("%s of %.20q: %q", name, k, got)
			}
		}
		for before := range 7 {
			for after := range 4 {
				plain := strings.Repeat("\x7f", before) + k + strings.Repeat("\x7f", after)
				for name, enc := range map[string]*base64.Encoding{"std": base64.StdEncoding, "url": base64.RawURLEncoding} {
					got := string(r.Bytes([]byte("Basic " + enc.EncodeToString([]byte(plain)))))
					if !strings.Contains(got, gone) {
						t.Errorf("base64 %s of %.20q after %d: %q", name, k, before, got)
					}
					// At most one character of the key's own bits is left on each side.
					left := len(strings.Replace(strings.TrimRight(got, "="), gone, "", 1)) - len("Basic ")
					if most := (before*8+5)/6 + (after*8+5)/6 + 2; left > most {
						t.Errorf("base64 %s of %.20q between %d and %d: %d characters are left: %q", name, k, before, after, left, got)
					}
				}
			}
		}
	}
}

// What encoders that think of HTML make of a key, each as it writes it.
func TestRedactFormsOfSigns(t *testing.T) {
	r := newRedactor(t, `k"e\y/+a='<b>&`+"`!(*)~")
	for name, form := range map[string]string{
		"System.Text.Json":        `k\u0022e\\y/\u002Ba=\u0027\u003Cb\u003E\u0026\u0060!(*)~`,
		"Gson":                    `k\"e\\y/+a\u003d\u0027\u003cb\u003e\u0026` + "`!(*)~",
		"encoding/json":           `k\"e\\y/+a='\u003cb\u003e\u0026` + "`!(*)~",
		"Flask":                   `k\"e\\y/+a=\u0027\u003cb\u003e\u0026` + "`!(*)~",
		"Newtonsoft":              `k\u0022e\\y/+a=\u0027\u003cb\u003e\u0026` + "`!(*)~",
		"PHP":                     `k\"e\\y\/+a='<b>&` + "`!(*)~",
		"PHP, JSON_HEX":           `k\u0022e\\y\/+a=\u0027\u003Cb\u003E\u0026` + "`!(*)~",
		"PHP, JSON_HEX, no slash": `k\u0022e\\y/+a=\u0027\u003Cb\u003E\u0026` + "`!(*)~",
		"Django":                  `k\"e\\y/+a='\u003Cb\u003E\u0026` + "`!(*)~",
		"WebUtility":              `k%22e%5Cy%2F%2Ba%3D%27%3Cb%3E%26%60!(*)%7E`,
		"HttpUtility":             `k%22e%5cy%2f%2ba%3d%27%3cb%3e%26%60!(*)%7e`,
		"URLSearchParams":         `k%22e%5Cy%2F%2Ba%3D%27%3Cb%3E%26%60%21%28*%29%7E`,
		"urlencode of PHP":        `k%22e%5Cy%2F%2Ba%3D%27%3Cb%3E%26%60%21%28%2A%29%7E`,
		"urllib.parse.quote":      `k%22e%5Cy/%2Ba%3D%27%3Cb%3E%26%60%21%28%2A%29~`,
	} {
		if got := string(r.Bytes([]byte("<" + form + ">"))); got != "<"+gone+">" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// An event must not wait for the next one: only the start of a key is held.
func TestHoldsBackOnlyTheStartOfAKey(t *testing.T) {
	r := newRedactor(t, key)
	var out strings.Builder
	w := r.Writer(&out)
	for _, step := range []struct{ write, passed string }{
		{"data: {\"delta\":\"hello\"}\n\n", "data: {\"delta\":\"hello\"}\n\n"},
		{"data: ask", "data: a"},        // "sk" may go on
		{"ing\n\n", "sking\n\n"},        // it did not
		{"data: " + key[:20], "data: "}, // this may
		{key[20:], gone},                // and does, and is passed at once
		{"\n\n", "\n\n"},
	} {
		before := out.Len()
		if _, err := io.WriteString(w, step.write); err != nil {
			t.Fatal(err)
		}
		if got := out.String()[before:]; got != step.passed {
			t.Errorf("after %q: passed %q, want %q", step.write, got, step.passed)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestBigWritesAndSmallOnesMixed(t *testing.T) {
	keys := manyKeys(8)
	r := newRedactor(t, keys...)
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var in strings.Builder
		for range 1 + rnd.IntN(6) {
			in.WriteString(ordinary(rnd.IntN(900)))
			k := keys[rnd.IntN(len(keys))]
			switch rnd.IntN(4) {
			case 0:
				in.WriteString(k)
			case 1:
				in.WriteString(hex.EncodeToString([]byte(k)))
			case 2:
				in.WriteString(base64.StdEncoding.EncodeToString([]byte("user:" + k)))
			case 3:
				in.WriteString(k[:rnd.IntN(len(k))])
			}
		}
		text := in.String()
		want := oracle(text, keys)
		if got := string(r.Bytes([]byte(text))); got != want {
			t.Fatalf("Bytes:\n got %q\nwant %q", got, want)
		}
		var pieces []string
		for rest := text; rest != ""; {
			n := min(len(rest), 1+rnd.IntN(1<<rnd.IntN(11)))
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		if got := stream(t, r, pieces...); got != want {
			t.Fatalf("stream:\n got %q\nwant %q", got, want)
		}
	}
}

func TestWriterErrors(t *testing.T) {
	r := newRedactor(t, key)
	broken := errors.New("page gone")
	w := r.Writer(writerFunc(func(p []byte) (int, error) { return 0, broken }))
	for range 2 {
		if _, err := io.WriteString(w, "hello"); !errors.Is(err, broken) {
			t.Errorf("Write = %v", err)
		}
	}
	if err := w.Close(); !errors.Is(err, broken) {
		t.Errorf("Close = %v", err)
	}
	w = r.Writer(writerFunc(func(p []byte) (int, error) { return len(p) - 1, nil }))
	if _, err := io.WriteString(w, "hello"); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("short write = %v", err)
	}
	w = r.Writer(io.Discard)
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Errorf("Close twice = %v", err)
	}
	if _, err := io.WriteString(w, "hello"); err == nil {
		t.Error("a closed Writer takes text")
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestAfterWipeNothingPasses(t *testing.T) {
	r := newRedactor(t, key)
	var out bytes.Buffer
	running, holding := r.Writer(&out), r.Writer(&out)
	if _, err := io.WriteString(holding, key[:20]); err != nil {
		t.Fatal(err)
	}
	r.Wipe()
	r.Wipe()
	if n, err := io.WriteString(running, "hello"); n != 0 || !errors.Is(err, secret.ErrWiped) {
		t.Errorf("Write = %d, %v", n, err)
	}
	for _, w := range []io.WriteCloser{running, holding} {
		if err := w.Close(); !errors.Is(err, secret.ErrWiped) {
			t.Errorf("Close = %v", err)
		}
	}
	if out.Len() > 0 {
		t.Errorf("passed %q", out.String())
	}
	if got := string(r.Bytes([]byte("hello"))); got != gone {
		t.Errorf("Bytes = %q", got)
	}
	if !r.Contains("hello") {
		t.Error("Contains = false")
	}
}

// The patterns' memory is given back at Wipe: a Writer that raced with it would crash.
func TestWipeWhileStreamsRun(t *testing.T) {
	text := strings.Repeat(ordinary(500)+key+"\n", 4)
	want := oracle(text, []string{key})
	for range 50 {
		r := newRedactor(t, key)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					var out strings.Builder
					w := r.Writer(&out)
					_, err := io.WriteString(w, text)
					if err == nil {
						err = w.Close()
					}
					if errors.Is(err, secret.ErrWiped) {
						return
					}
					if got := out.String(); err != nil || got != want {
						t.Errorf("%v: %q", err, got)
						return
					}
				}
			})
		}
		r.Wipe()
		wg.Wait()
	}
}

func TestNilAndWipedSecretsKnowNothing(t *testing.T) {
	wiped := mustNew(t, key)
	wiped.Wipe()
	for name, r := range map[string]*secret.Redactor{
		"nil": nil, "none": secret.NewRedactor(), "wiped": secret.NewRedactor(wiped, secret.Secret{}),
	} {
		if got := string(r.Bytes([]byte(key))); got != key || r.Contains(key) {
			t.Errorf("%s: %q", name, got)
		}
		if got := stream(t, r, key[:5], key[5:]); got != key {
			t.Errorf("%s: stream: %q", name, got)
		}
		r.Wipe()
	}
}

func TestWriteDoesNotAllocate(t *testing.T) {
	r := newRedactor(t, manyKeys(8)...)
	w := r.Writer(io.Discard)
	event := []byte("data: {\"delta\":\"the task\"}\n\ndata: s")
	hit := []byte("data: " + manyKeys(1)[0] + "\n\ndata: sk-")
	write := func() {
		for _, p := range [][]byte{event, hit, event, event} {
			if _, err := w.Write(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	write()
	if n := testing.AllocsPerRun(100, write); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// manyKeys look like real ones: a known beginning, then letters and digits.
func manyKeys(n int) []string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	rnd := rand.New(rand.NewPCG(7, 7))
	keys := make([]string, n)
	for i := range keys {
		b := []byte([]string{"sk-proj-", "sk-ant-api03-", "AIzaSy", "gsk_"}[i%4])
		for len(b) < []int{164, 108, 39, 56}[i%4] {
			b = append(b, alphabet[rnd.IntN(len(alphabet))])
		}
		keys[i] = string(b)
	}
	return keys
}

// ordinary is n bytes of what models answer.
func ordinary(n int) string {
	const event = "data: {\"id\":\"chatcmpl-9f3a\",\"choices\":[{\"delta\":{\"content\":\" the task asks for skills, so\"}}]}\n\n"
	return strings.Repeat(event, n/len(event)+1)[:n]
}

func BenchmarkWriter(b *testing.B) {
	for _, keys := range []int{1, 8} {
		for _, size := range []int{200, 32 << 10} {
			b.Run(fmt.Sprintf("keys=%d/write=%d", keys, size), func(b *testing.B) {
				w := newRedactor(b, manyKeys(keys)...).Writer(io.Discard)
				text := []byte(ordinary(size))
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := w.Write(text); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
	b.Run("keys=8/base64 text", func(b *testing.B) {
		w := newRedactor(b, manyKeys(8)...).Writer(io.Discard)
		raw := make([]byte, 24<<10)
		rnd := rand.New(rand.NewPCG(3, 4))
		for i := range raw {
			raw[i] = byte(rnd.Uint32())
		}
		text := []byte(base64.StdEncoding.EncodeToString(raw))
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if _, err := w.Write(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("memchr", func(b *testing.B) {
		text := []byte(ordinary(32 << 10))
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if bytes.IndexByte(text, 0) >= 0 {
				b.Fatal("found")
			}
		}
	})
}
