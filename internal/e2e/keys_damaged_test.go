//go:build unix

package e2e_test

import (
	"bytes"
	"encoding/base32"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/oaktest"
)

// A key whose file in the file vault is damaged is named wherever the user looks, also where it only shows when the key is read; the
// page hears that there is no key, and not that something is locked. A copy that is put back ends it.
func TestADamagedFileOfAKey(t *testing.T) {
	t.Parallel()
	u := sit(t)
	pass := u.passphrase()
	u.agent(pass...)
	u.done(`printf %s "$KEY" | oaklock keys add openai --label mine; oaklock sites allow `+site+" --provider openai --models '*'", "KEY="+oaktest.Key("openai"))
	path := filepath.Join(u.home, "vault", base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte("openai/mine"))+".age")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	asks := func() answer {
		t.Helper()
		st, err := u.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, st.Endpoint+"/llm/openai/chat/completions", strings.NewReader(chatBody))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", site)
		req.Header.Set("Content-Type", "application/json")
		return do(req)
	}
	within := bytes.Clone(whole)
	within[len(within)-1] ^= 1
	for name, text := range map[string][]byte{"no file of age": []byte("junk\n"), "empty": {}, "damaged within": within} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		u.done("oaklock lock; oaklock unlock --passphrase-file " + pass[3])
		if name == "damaged within" {
			asks() // which reads it
		}
		for line, want := range map[string]string{"oaklock keys list": "its file is damaged: add the key again", "oaklock status": "cannot be read: openai/mine", "oaklock doctor": "cannot be read: openai/mine"} {
			if out := u.types(line).out; !strings.Contains(out, want) {
				t.Errorf("%s: %s says %s", name, line, out)
			}
		}
		if a := asks(); a.status != 423 || a.code() != "no_key" || strings.Contains(a.String(), "keychain") {
			t.Errorf("%s: the page hears %v", name, a)
		}
		u.sentence(t, u.types("oaklock keys test openai --label mine"), 1, "is damaged and cannot be read", "oaklock keys add")
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	u.done("oaklock lock; oaklock unlock --passphrase-file " + pass[3])
	if out := u.done("oaklock keys list; oaklock status"); strings.Contains(out, "damaged") {
		t.Errorf("with the file put back: %s", out)
	}
}
