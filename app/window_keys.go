package app

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/envkeys"
)

// foundKeys are those of the file that the user has picked last. They stay here: the page gets their last four characters.
type foundKeys struct {
	mu   sync.Mutex
	keys []envkeys.Found    // guarded by mu
	show []control.FoundKey // guarded by mu
}

// The places where FindKeys looks.
const (
	inEnvironment = "environment"
	inFile        = "file"
	nowhere       = "" // forgets what was found before
)

// fileID sets the IDs of keys from a file apart from those of the environment, which the agent gave.
const fileID = "file "

// FindKeys looks for credentials: in "environment", which is the agent's, since the window is given none with keys in it; in a
// "file", which the user picks in the system's own dialog; and "" forgets what was found. No credential reaches the page.
// title stands above that dialog, in the page's language. A dialog that the user closes finds nothing, in no file.
func (a *API) FindKeys(where, title string) (control.FoundKeys, error) {
	a.found.set(nil, nil)
	switch where {
	case nowhere:
		return control.FoundKeys{Keys: []control.FoundKey{}}, nil
	case inEnvironment:
		return ask(a, a.agent.FoundKeys)
	case inFile:
		return a.findInFile(title)
	}
	return control.FoundKeys{}, &control.Error{Code: control.BadInput, Message: "Keys are looked for in the environment or in a file."}
}

func (a *API) findInFile(title string) (none control.FoundKeys, err error) {
	path, err := a.pick(title)
	if err != nil || path == "" {
		return control.FoundKeys{Keys: []control.FoundKey{}}, err
	}
	text, err := readPicked(path)
	if err != nil {
		return none, &control.Error{Code: control.BadInput, Message: "This file could not be read, so nothing was looked for."}
	}
	providers, err := a.Providers()
	if err != nil {
		return none, err
	}
	stored, err := a.Keys()
	if err != nil {
		return none, err
	}
	all, err := envkeys.File(text, envkeys.IDs(providers))
	if err != nil {
		return none, &control.Error{Code: control.BadInput, Message: "This is not a text file with lines such as OPENAI_API_KEY=…. Nothing was changed."}
	}
	var failed error
	show := envkeys.Offer(all, providers, stored, func(provider, secret string) bool {
		has, err := ask(a, func(ctx context.Context) (control.HasKeyAnswer, error) {
			return a.agent.HasKey(ctx, control.HasKey{Provider: provider, Secret: secret})
		})
		failed = errors.Join(failed, err)
		return has.Stored
	})
	if failed != nil {
		return none, failed
	}
	for i := range show {
		show[i].ID = fileID + show[i].ID
	}
	a.found.set(all, show)
	return control.FoundKeys{Where: path, Keys: show}, nil
}

func readPicked(path string) ([]byte, error) {
	s, err := os.Stat(path)
	if err != nil || !s.Mode().IsRegular() || s.Size() > envkeys.MaxFile {
		return nil, errors.New("not a file with keys")
	}
	f, err := os.Open(path) //nolint:gosec // the user has picked it
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, envkeys.MaxFile))
}

// ImportKey stores one of the credentials that FindKeys found last, under a label that may be empty for the one offered. It stays
// where it was found.
func (a *API) ImportKey(id, label string) (control.Key, error) {
	rest, ok := strings.CutPrefix(id, fileID)
	if !ok {
		return ask(a, func(ctx context.Context) (control.Key, error) {
			return a.agent.TakeKey(ctx, control.TakeKey{ID: id, Label: label})
		})
	}
	k, err := a.found.get(rest)
	if err != nil {
		return control.Key{}, err
	}
	if label != "" {
		k.Label = label
	}
	return ask(a, func(ctx context.Context) (control.Key, error) { return a.agent.AddKey(ctx, k) })
}

func (f *foundKeys) set(keys []envkeys.Found, show []control.FoundKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keys, f.show = keys, show
}

func (f *foundKeys) get(id string) (control.AddKey, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := strconv.Atoi(id)
	if err != nil || n < 0 || n >= len(f.keys) {
		return control.AddKey{}, &control.Error{Code: control.NotFound, Message: "There is no such key any more. Pick the file again."}
	}
	return control.AddKey{Provider: f.keys[n].Provider, Label: f.show[n].Label, Secret: f.keys[n].Secret}, nil
}
