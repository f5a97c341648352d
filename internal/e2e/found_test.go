package e2e_test

import (
	"errors"
	"testing"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/control"
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
