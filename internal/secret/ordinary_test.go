package secret_test

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// Ordinary text stays as it is, to the byte, whatever keys there are: prose, code that has keys' beginnings in it, and encoded
// binary, whole and in pieces. What models write is of these kinds.
func TestOrdinaryTextIsKept(t *testing.T) {
	files, err := filepath.Glob("../../*.md")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	code, err := filepath.Glob("../*/*.go") // tests with half of a key among them
	if err != nil || len(code) < 50 {
		t.Fatal(len(code), err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	binary := make([]byte, 1<<20)
	for i := range binary {
		binary[i] = byte(rnd.Uint32())
	}
	texts := map[string][]byte{"base64": []byte(base64.StdEncoding.EncodeToString(binary)), "binary": binary}
	for _, name := range append(files, code...) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = b
	}
	r := newRedactor(t, manyKeys(16)...)
	for name, text := range texts {
		if !bytes.Equal(r.Bytes(text), text) {
			t.Errorf("%s was changed", name)
		}
		var pieces []string
		for rest := text; len(rest) > 0; {
			n := min(len(rest), 1+rnd.IntN(700))
			pieces, rest = append(pieces, string(rest[:n])), rest[n:]
		}
		if got := stream(t, r, pieces...); got != string(text) {
			t.Errorf("%s was changed in pieces", name)
		}
	}
}
