package e2e_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
)

// gone are the providers whose default key is listed as gone.
func (s *story) gone() map[string]bool {
	s.Helper()
	keys, err := s.Keys(s.Context())
	s.must(nil, err)
	out := map[string]bool{}
	for _, k := range keys {
		if k.Trouble == control.KeyGone {
			out[k.Provider] = true
		}
	}
	return out
}

// The keychain is not asked at each list, and yet a list is fresh where something has changed.
func TestAListAsksTheKeychainNowAndThen(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.gone()
	began, before := time.Now(), s.vault.listed()
	for range 20 {
		s.gone()
	}
	if asked, most := s.vault.listed()-before, 1+int(time.Since(began)/(2*time.Second)); asked > most {
		t.Errorf("20 lists asked the keychain %d times, and at most %d were right", asked, most)
	}

	takes := func(provider string) {
		t.Helper()
		s.must(nil, s.vault.Delete(t.Context(), keychain.ID{Provider: provider, Label: "default"}))
	}
	// A key was added, one was removed, Oaklock was unlocked.
	for provider, change := range map[string]func() error{
		"openai": func() error {
			_, err := s.AddKey(t.Context(), control.AddKey{Provider: "groq", Secret: s.key, Anyway: true})
			return err
		},
		"anthropic": func() error { return s.RemoveKey(t.Context(), control.KeyRef{Provider: "google", Label: "default"}) },
		"mistral":   func() error { return s.Unlock(t.Context(), control.Unlock{}) },
	} {
		s.gone()
		takes(provider)
		s.must(nil, change())
		if !s.gone()[provider] {
			t.Errorf("after the change the key of %s is listed as if it were there", provider)
		}
	}

	// The keychain was away, and comes back with one key less.
	s.vault.breakWith(keychain.ErrUnavailable)
	s.must(nil, s.Unlock(t.Context(), control.Unlock{}))
	if s.gone()["groq"] {
		t.Error("a keychain that is not there says that a key is gone")
	}
	s.vault.breakWith(nil)
	takes("groq")
	if !s.gone()["groq"] {
		t.Error("the keychain is back, and the list is that of before")
	}
}

// What counts as a key is one that a site can use: in the state, in a question, and where a site is allowed by hand.
func TestKeysThatCanBeUsedAreCounted(t *testing.T) {
	t.Parallel()
	s := begin(t)
	counts := func(when string, usable, not int) {
		t.Helper()
		if st := s.state(); st.Keys != usable || st.UnusableKeys != not {
			t.Errorf("%s: %d keys and %d that cannot be used, not %d and %d", when, st.Keys, st.UnusableKeys, usable, not)
		}
	}
	counts("at first", 4, 0)
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "mistral", BaseURL: "https://moved.example"}))
	counts("after a provider has moved", 3, 1)
	s.must(nil, s.vault.Delete(t.Context(), keychain.ID{Provider: "google", Label: "default"}))
	s.must(nil, s.Unlock(t.Context(), control.Unlock{})) // for a fresh list
	s.gone()
	counts("after one was taken out of the keychain", 2, 2)
	const fix = "Add it again with: oaklock keys add google --label default; or take it off the list with: oaklock keys remove google --label default"
	if st := s.state(); !slices.ContainsFunc(st.Problems, func(p control.Problem) bool { return p.Code == "key_gone" && p.Fix == fix }) {
		t.Errorf("the problems are %+v", st.Problems)
	}

	asks := func(has bool) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		answer := s.chatting(ctx, site)
		if q := s.question(); q.Providers[0].HasKey != has {
			t.Errorf("the question says that there is a key: %v", !has)
		}
		cancel()
		<-answer
		s.must(nil, s.BlockSite(t.Context(), control.SiteRef{Origin: site}))
		s.must(nil, s.UnblockSite(t.Context(), control.SiteRef{Origin: site}))
	}
	asks(true)
	s.must(s.SetSetting(t.Context(), "vault", "file"))
	s.must(nil, s.Unlock(t.Context(), control.Unlock{Passphrase: "correct horse battery", Create: true}))
	counts("with another vault", 0, 4)
	asks(false)
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Secret: s.key, Anyway: true}))
	counts("with a key there", 1, 3)
	asks(true)
}

// A key that another program has put in the place of the user's goes nowhere, and the list says so.
func TestAKeyThatWasExchanged(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allow(site, "openai")
	s.works(site)
	s.must(nil, s.vault.Put(t.Context(), keychain.ID{Provider: "openai", Label: "default"}, []byte("sk-proj-of-somebody-else-1234567890")))
	s.must(nil, s.Lock(t.Context()))
	s.must(nil, s.Unlock(t.Context(), control.Unlock{}))
	if a := s.chat(site); a.status != 423 {
		t.Errorf("with another key it got %v", a)
	}
	keys, err := s.Keys(t.Context())
	s.must(keys, err)
	if i := slices.IndexFunc(keys, func(k control.Key) bool { return k.Provider == "openai" }); keys[i].Usable || keys[i].Trouble != control.KeyChanged {
		t.Errorf("the key is %+v", keys[i])
	}
	if _, err := s.TestKey(t.Context(), keyRef("openai")); err == nil || !strings.Contains(err.Error(), "which you did not give to Oaklock") {
		t.Errorf("a test of it gives %v", err)
	}
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Secret: s.key, Anyway: true}))
	s.works(site)
}
