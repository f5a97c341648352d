package e2e_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// Keys in the environment of the agent are shown by their ends, and stored when the user says so, under a label that replaces no
// other key.
func TestKeysFromTheAgentsEnvironment(t *testing.T) {
	t.Parallel()
	key := oaktest.Key("openai")
	s := begin(t, func(o *agent.Options) {
		o.Environ = []string{"OPENAI_API_KEY=" + key, "XAI_API_KEY=xai-0123456789abcdef", "PATH=/bin"}
	})
	found, err := s.FoundKeys(t.Context())
	s.must(nil, err)
	if len(found.Keys) != 2 || found.Where != "" || found.Keys[0].Hint != key[len(key)-4:] || found.Keys[0].Label != "openai_api_key" || found.Keys[1].Label != "default" {
		t.Fatalf("found %+v", found)
	}
	k, err := s.TakeKey(t.Context(), control.TakeKey{ID: found.Keys[1].ID})
	if err != nil || k.Provider != "xai" || k.Label != "default" || k.Hint != "cdef" {
		t.Errorf("took %+v, %v", k, err)
	}
	if found, err = s.FoundKeys(t.Context()); err != nil || !found.Keys[1].Stored {
		t.Errorf("then %+v, %v", found, err)
	}
	var no *control.Error
	for _, id := range []string{"2", "-1", "", "OPENAI_API_KEY"} {
		if _, err := s.TakeKey(t.Context(), control.TakeKey{ID: id}); !errors.As(err, &no) || no.Code != control.NotFound {
			t.Errorf("%q: %v", id, err)
		}
	}
	oaktest.Scan(t, key, oaktest.Path(s.home))
}

// Two keys that end alike are two keys; and the same one is known under whatever name it is stored.
func TestWhatIsStoredIsKnownByTheKeyItself(t *testing.T) {
	t.Parallel()
	const stored, other = "gsk_yyyyyyyyyyyyyyyy0001", "gsk_zzzzzzzzzzzzzzzz0001"
	s := begin(t, func(o *agent.Options) { o.Environ = []string{"GROQ_API_KEY=" + other, "VITE_GROQ_KEY=" + stored} })
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "groq", Label: "work", Secret: stored}))
	found, err := s.FoundKeys(t.Context())
	s.must(nil, err)
	if len(found.Keys) != 2 || found.Keys[0].Stored || !found.Keys[1].Stored {
		t.Errorf("found %+v", found.Keys)
	}
	for key, want := range map[string]bool{stored: true, other: false} {
		if has, err := s.HasKey(t.Context(), control.HasKey{Provider: "groq", Secret: key}); err != nil || has.Stored != want {
			t.Errorf("%s: %+v, %v", key, has, err)
		}
	}
	if has, err := s.HasKey(t.Context(), control.HasKey{Provider: "xai", Secret: stored}); err != nil || has.Stored {
		t.Errorf("for another provider: %+v, %v", has, err)
	}
}

// A key takes the place of another with a word: whoever can be asked is asked before, and a script reads it afterwards.
func TestAKeyThatReplacesAnother(t *testing.T) {
	t.Parallel()
	s := begin(t)
	added := func() int64 {
		t.Helper()
		keys, err := s.Keys(t.Context())
		s.must(nil, err)
		return keys[slices.IndexFunc(keys, func(k control.Key) bool { return k.Provider == "groq" })].Added
	}
	const first, second = "gsk_yyyyyyyyyyyyyyyyfirs", "gsk_zzzzzzzzzzzzzzzzseco"
	if k, err := s.AddKey(t.Context(), control.AddKey{Provider: "groq", Secret: first, Careful: true}); err != nil || k.Replaced != "" {
		t.Errorf("the first: %+v, %v", k, err)
	}
	var no *control.Error
	_, err := s.AddKey(t.Context(), control.AddKey{Provider: "groq", Secret: second, Careful: true})
	if !errors.As(err, &no) || no.Code != control.Doubtful || !strings.Contains(no.Message, "ends in firs") {
		t.Errorf("the second: %v", err)
	}
	has := func(key string) bool {
		t.Helper()
		h, err := s.HasKey(t.Context(), control.HasKey{Provider: "groq", Secret: key})
		s.must(nil, err)
		return h.Stored
	}
	if !has(first) || has(second) {
		t.Error("it was replaced without a yes")
	}
	now := time.Now().UnixMilli()
	k, err := s.AddKey(t.Context(), control.AddKey{Provider: "groq", Secret: second, Careful: true, Anyway: true})
	if err != nil || k.Replaced != "firs" || k.Hint != "seco" || has(first) || !has(second) {
		t.Errorf("after a yes: %+v, %v", k, err)
	}
	if at := added(); at < now || at != k.Added {
		t.Errorf("it was added at %d or later, and is listed as of %d", now, at)
	}
	if k, err = s.AddKey(t.Context(), control.AddKey{Provider: "groq", Secret: first}); err != nil || k.Replaced != "seco" {
		t.Errorf("a script: %+v, %v", k, err)
	}

	// Of a key that somebody has deleted in the keychain nothing is left to be replaced.
	s.must(nil, s.vault.Delete(t.Context(), keychain.ID{Provider: "groq", Label: "default"}))
	s.must(nil, s.Unlock(t.Context(), control.Unlock{})) // for a fresh list
	if !s.gone()["groq"] {
		t.Fatal("the key is not gone")
	}
	if k, err := s.AddKey(t.Context(), control.AddKey{Provider: "groq", Secret: second, Careful: true}); err != nil || k.Replaced != "" || !has(second) {
		t.Errorf("in the place of a key that is gone: %+v, %v", k, err)
	}
}

// What stands around a key comes from the line that it was copied from: it is cut, whichever door it comes by, and what is only half there
// is refused.
func TestAKeyInQuotes(t *testing.T) {
	t.Parallel()
	s := begin(t)
	const key = "gsk_yyyyyyyyyyyyyyyyfirs"
	for _, pasted := range []string{`"` + key + `"`, `'` + key + `'`, `export GROQ_API_KEY="` + key + `"  # mine`} {
		s.must(s.AddKey(t.Context(), control.AddKey{Provider: "groq", Secret: pasted}))
		if has, err := s.HasKey(t.Context(), control.HasKey{Provider: "groq", Secret: key}); err != nil || !has.Stored {
			t.Errorf("%s: %+v, %v", pasted, has, err)
		}
		s.must(nil, s.RemoveKey(t.Context(), control.KeyRef{Provider: "groq"}))
	}
	var no *control.Error
	for _, half := range []string{key + `"`, `'` + key, `GROQ_API_KEY="` + key} {
		if _, err := s.AddKey(t.Context(), control.AddKey{Provider: "groq", Secret: half, Anyway: true}); !errors.As(err, &no) || no.Code != control.BadInput {
			t.Errorf("%s: %v", half, err)
		}
	}
}
