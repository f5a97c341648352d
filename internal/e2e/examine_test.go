package e2e_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/demo"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// checks are what the doctor finds, by their codes.
func (s *story) checks() map[string]control.Check {
	s.Helper()
	all, err := s.Examine(s.Context())
	s.must(nil, err)
	out := map[string]control.Check{}
	for _, c := range all {
		if _, twice := out[c.Code]; twice {
			s.Errorf("%s is told twice", c.Code)
		}
		if c.Message == "" || c.State != control.Fine && c.Fix == "" {
			s.Errorf("a check that does not say what to do: %+v", c)
		}
		out[c.Code] = c
	}
	return out
}

// Of a healthy Oaklock the doctor says so, of each part. It leaves no key behind, and asks providers without one.
func TestExamineAHealthyOaklock(t *testing.T) {
	t.Parallel()
	desktop := control.Check{Code: "no_tray", State: control.Note, Message: "No tray.", Fix: "Get one."}
	s := beginWith(t, oaktest.ProviderOptions{TLS: true}, func(o *agent.Options) {
		o.Examine = func(context.Context) []control.Check { return []control.Check{desktop} }
		o.Autostart = &fakeAutostart{on: true}
	})
	s.agent.AddProblem(control.Problem{Code: "no_tray", Message: "The same, as the agent says it.", Fix: "x"})
	s.agent.AddProblem(control.Problem{Code: "else", Message: "Something else.", Fix: "Do."})
	keys := len(s.vault.m)
	checks := s.checks()
	for _, code := range []string{"port", "no_ipv6", "vault", "database", "disk", "folder", "clock", "login", "provider_openai", "provider_anthropic", "provider_google", "provider_mistral"} {
		if checks[code].State != control.Fine {
			t.Errorf("%s: %+v", code, checks[code])
		}
	}
	if os.Geteuid() == 0 != (checks["root"].State == control.Wrong) {
		t.Errorf("root: %+v", checks["root"])
	}
	if checks["no_tray"] != desktop || checks["else"].State != control.Wrong {
		t.Errorf("what others know: %+v, %+v", checks["no_tray"], checks["else"])
	}
	if len(s.vault.m) != keys {
		t.Errorf("the vault has %d keys, had %d", len(s.vault.m), keys)
	}
	for _, r := range s.provider.Requests() {
		if r.Method != http.MethodGet || strings.Contains(r.Header.Get("Authorization")+r.Header.Get("X-Api-Key")+r.Header.Get("X-Goog-Api-Key"), s.key) {
			t.Errorf("a provider was asked by %s with %v", r.Method, r.Header)
		}
	}
}

// What is wrong is said, with what to do, and nothing else looks wrong because of it.
func TestExamineAnIllOaklock(t *testing.T) {
	t.Parallel()
	late := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-3*time.Hour).UTC().Format(http.TimeFormat))
	}))
	t.Cleanup(late.Close)
	s := beginWith(t, oaktest.ProviderOptions{TLS: true}, func(o *agent.Options) {
		o.RootCAs = o.RootCAs.Clone()
		o.RootCAs.AddCert(late.Certificate())
	})
	move := func(id, base string) { s.must(s.SetProvider(t.Context(), control.SetProvider{ID: id, BaseURL: base})) }
	move("anthropic", "http://127.0.0.1:1")
	move("google", "https://nowhere.invalid")
	move("demo", "http://127.0.0.1:1")
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "demo", Secret: demo.Key}))
	checks := s.checks()
	if c := checks["provider_demo"]; c.State != control.Note || !strings.Contains(c.Fix, "oaklock demo") {
		t.Errorf("the demo, which does not run: %+v", c)
	}
	for code, says := range map[string]string{"provider_anthropic": "nothing answers there", "provider_google": "could not be looked up"} {
		if c := checks[code]; c.State != control.Wrong || !strings.Contains(c.Message, says) {
			t.Errorf("%s: %+v", code, c)
		}
	}
	if checks["provider_openai"].State != control.Fine || checks["clock"].State != control.Fine {
		t.Errorf("the others: %+v, %+v", checks["provider_openai"], checks["clock"])
	}
	for _, id := range []string{"openai", "mistral", "google", "anthropic"} {
		move(id, late.URL)
	}
	if c := s.checks()["clock"]; c.State != control.Wrong || !strings.Contains(c.Message, "3h0m0s ahead") {
		t.Errorf("the clock: %+v", c)
	}
	move("google", "https://nowhere.invalid")
	s.must(s.SetSetting(t.Context(), "proxy", "http://127.0.0.1:1"))
	if c := s.checks()["provider_google"]; c.State != control.Wrong || !strings.Contains(c.Message, "the proxy") || !strings.Contains(c.Fix, "proxy off") {
		t.Errorf("a proxy that is none: %+v", c)
	}
	s.must(s.SetSetting(t.Context(), "proxy", "off"))
	s.must(nil, s.Lock(t.Context()))
	if c := s.checks()["vault"]; c.State != control.Note || !strings.Contains(c.Fix, "oaklock unlock") {
		t.Errorf("locked: %+v", c)
	}
	for _, broken := range []struct {
		err  error
		code string
	}{{keychain.ErrLocked, "vault_locked"}, {keychain.ErrUnavailable, "vault_unavailable"}, {keychain.ErrDenied, "vault_denied"}} {
		s.vault.breakWith(broken.err)
		if c := s.checks()[broken.code]; c.State != control.Wrong {
			t.Errorf("%v: %+v", broken.err, c)
		}
	}
}

// A provider whose certificate nobody vouches for is one that something between may be.
func TestExamineAnUntrustedProvider(t *testing.T) {
	t.Parallel()
	s := beginWith(t, oaktest.ProviderOptions{TLS: true}, func(o *agent.Options) { o.RootCAs = nil })
	if c := s.checks()["provider_openai"]; c.State != control.Wrong || !strings.Contains(c.Message, "not one that this machine trusts") {
		t.Errorf("it is %+v", c)
	}
}
