//go:build unix

package e2e_test

import (
	"bytes"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// What a provider sends unasked does not end up in what the agent says of itself, which lies in the journal: net/http would put it
// there.
func TestAProviderWritesNothingIntoTheJournal(t *testing.T) {
	u := sit(t)
	key := oaktest.Key("openai")
	provider := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // with HTTP/1.1 alone
		_, _ = io.Copy(io.Discard, r.Body)
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, whole+"unasked: "+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")+"\r\n")
		_, _ = io.Copy(io.Discard, c) // until the agent hangs up
	}))
	defer provider.Close()
	roots := filepath.Join(filepath.Dir(u.home), "roots.pem")
	if err := os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: provider.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	u.env = append(u.env, "SSL_CERT_FILE="+roots) // the system's roots, for this agent
	b := u.agent(u.passphrase()...)
	ctx := t.Context()
	must := func(_ any, err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	must(u.SetProvider(ctx, control.SetProvider{ID: "openai", BaseURL: provider.URL}))
	must(u.AddKey(ctx, control.AddKey{Provider: "openai", Secret: key, Anyway: true}))
	must(nil, u.AllowSite(ctx, control.AllowSite{Origin: site, Providers: []string{"openai"}, Terms: freely(day("*"))}))
	for range 10 {
		if a := u.page(ctx, site); a.status != 200 || a.body != `{"a":1}` {
			t.Fatalf("%v", a)
		}
	}
	b.end(syscall.SIGTERM)
	oaktest.Scan(t, key, b.words.Bytes(), oaktest.Path(u.home))
	if words := b.words.Bytes(); bytes.Contains(words, []byte("nsolicited")) || bytes.Contains(words, []byte("unasked")) {
		t.Errorf("the agent says %s", words)
	}
}
