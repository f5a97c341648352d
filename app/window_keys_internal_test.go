package app

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/envkeys"
)

// storing is an agent that has two providers, one stored key, and takes more.
type storing struct {
	windowAgent
	got   []control.AddKey
	taken []control.TakeKey
}

func (s *storing) Providers(context.Context) ([]control.Provider, error) {
	return []control.Provider{{ID: "openai", Name: "OpenAI"}, {ID: "groq", Name: "Groq"}}, nil
}

func (s *storing) Keys(context.Context) ([]control.Key, error) {
	return []control.Key{{Provider: "groq", Label: "default", Hint: "-old"}}, nil
}

func (s *storing) AddKey(_ context.Context, k control.AddKey) (control.Key, error) {
	s.got = append(s.got, k)
	return control.Key{Provider: k.Provider, Label: k.Label}, nil
}

func (s *storing) FoundKeys(context.Context) (control.FoundKeys, error) {
	return control.FoundKeys{Keys: []control.FoundKey{{ID: "0"}}}, nil
}

func (s *storing) HasKey(_ context.Context, q control.HasKey) (control.HasKeyAnswer, error) {
	return control.HasKeyAnswer{Stored: q.Secret == inGroq}, nil
}

func (s *storing) TakeKey(_ context.Context, k control.TakeKey) (control.Key, error) {
	s.taken = append(s.taken, k)
	return control.Key{}, nil
}

// none of these is a key.
const (
	inOpenAI = "sk-not-a-key-0123456789-one"
	inGroq   = "gsk_not-a-key-0123456789-old"
	inGroq2  = "gsk_not-a-key-0123456789-new"
)

func TestKeysFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("OPENAI_API_KEY=" + inOpenAI + "\nGROQ_API_KEY=" + inGroq + "\nVITE_GROQ_KEY=" + inGroq2 + "\n")
	agent, picked := &storing{}, path
	api := newAPI(agent, nil)
	above := ""
	api.pick = func(title string) (string, error) { above = title; return picked, nil }

	found, err := api.FindKeys("file", "Un archivo")
	if err != nil {
		t.Fatal(err)
	}
	if above != "Un archivo" {
		t.Errorf("above the dialog stands %q", above)
	}
	b, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{inOpenAI, inGroq, inGroq2} {
		if strings.Contains(string(b), key[:len(key)-4]) {
			t.Errorf("the page gets a key: %s", b)
		}
	}
	want := []control.FoundKey{
		{ID: "file 0", Provider: "openai", Name: "OpenAI", Variables: []string{"OPENAI_API_KEY"}, Line: 1, Hint: "-one", Label: "default"},
		{ID: "file 1", Provider: "groq", Name: "Groq", Variables: []string{"GROQ_API_KEY"}, Line: 2, Hint: "-old", Label: "groq_api_key", Stored: true},
		{ID: "file 2", Provider: "groq", Name: "Groq", Variables: []string{"VITE_GROQ_KEY"}, Line: 3, Hint: "-new", Label: "vite_groq_key"},
	}
	if found.Where != path || !slices.EqualFunc(found.Keys, want, func(a, b control.FoundKey) bool {
		return a.ID == b.ID && a.Provider == b.Provider && a.Name == b.Name && slices.Equal(a.Variables, b.Variables) && a.Line == b.Line &&
			a.Hint == b.Hint && a.Label == b.Label && a.Stored == b.Stored
	}) {
		t.Errorf("found %+v", found)
	}
	for _, take := range [][2]string{{"file 0", ""}, {"file 2", "work"}} {
		if _, err := api.ImportKey(take[0], take[1]); err != nil {
			t.Error(err)
		}
	}
	if want := []control.AddKey{{Provider: "openai", Label: "default", Secret: inOpenAI}, {Provider: "groq", Label: "work", Secret: inGroq2}}; !slices.Equal(agent.got, want) {
		t.Errorf("stored %+v", agent.got)
	}
	gone := func(when, id string) {
		t.Helper()
		var no *control.Error
		if _, err := api.ImportKey(id, ""); !errors.As(err, &no) || no.Code != control.NotFound {
			t.Errorf("%s, %q: %v", when, id, err)
		}
	}
	for _, id := range []string{"file 3", "file -1", "file ", "file x"} {
		gone("never found", id)
	}
	picked = "" // the user closes the dialog
	if found, err := api.FindKeys("file", "Un archivo"); err != nil || found.Where != "" || found.Keys == nil || len(found.Keys) > 0 {
		t.Errorf("no file: %+v, %v", found, err)
	}
	gone("after another look", "file 0")

	picked = path
	for name, text := range map[string]string{"no text": "\x00", "too long": strings.Repeat("#", envkeys.MaxFile+1)} {
		write(text)
		var no *control.Error
		if _, err := api.FindKeys("file", "Un archivo"); !errors.As(err, &no) || no.Code != control.BadInput || strings.Contains(no.Message, path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	picked = t.TempDir()
	if _, err := api.FindKeys("file", "Un archivo"); err == nil {
		t.Error("a folder was read")
	}
	if len(agent.got) != 2 {
		t.Errorf("stored more: %+v", agent.got)
	}
}

func TestKeysFromTheEnvironment(t *testing.T) {
	agent := &storing{}
	api := newAPI(agent, nil)
	if found, err := api.FindKeys("environment", ""); err != nil || len(found.Keys) != 1 {
		t.Errorf("found %+v, %v", found, err)
	}
	if _, err := api.ImportKey("0", "mine"); err != nil || !slices.Equal(agent.taken, []control.TakeKey{{ID: "0", Label: "mine"}}) {
		t.Errorf("took %+v, %v", agent.taken, err)
	}
	if _, err := api.FindKeys("/etc/passwd", ""); err == nil {
		t.Error("the page chose a file")
	}
}
