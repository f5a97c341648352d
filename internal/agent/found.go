package agent

import (
	"context"
	"os"
	"strconv"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/envkeys"
)

// found looks through the agent's own environment. What it holds was there for every program of this login before Oaklock, and
// the window, which is not given it, could not look.
func (a *Agent) found(ctx context.Context) ([]envkeys.Found, []control.FoundKey, error) {
	providers, err := a.Providers(ctx)
	if err != nil {
		return nil, nil, err
	}
	stored, err := a.Keys(ctx)
	if err != nil {
		return nil, nil, err
	}
	environ := a.o.Environ
	if environ == nil {
		environ = os.Environ()
	}
	all := envkeys.Environment(environ, envkeys.IDs(providers))
	return all, envkeys.Offer(all, providers, stored, func(provider, secret string) bool {
		return a.hasKey(ctx, provider, secret)
	}), nil
}

// HasKey says whether a provider has this very key, under whatever label. What cannot be read now does not count, so that no
// key is called stored that is not.
func (a *Agent) HasKey(ctx context.Context, q control.HasKey) (control.HasKeyAnswer, error) {
	return control.HasKeyAnswer{Stored: a.hasKey(ctx, q.Provider, q.Secret)}, nil
}

func (a *Agent) hasKey(ctx context.Context, provider, text string) bool {
	raw := []byte(text)
	defer clear(raw)
	for _, c := range a.keys.List() {
		if c.Provider == provider && a.keys.Is(ctx, c.ID, raw) {
			return true
		}
	}
	return false
}

// FoundKeys looks for credentials in the environment that the agent was started with.
func (a *Agent) FoundKeys(ctx context.Context) (control.FoundKeys, error) {
	_, offer, err := a.found(ctx)
	return control.FoundKeys{Keys: offer}, err
}

// TakeKey stores one of them as AddKey does.
func (a *Agent) TakeKey(ctx context.Context, t control.TakeKey) (control.Key, error) {
	all, offer, err := a.found(ctx)
	if err != nil {
		return control.Key{}, err
	}
	n, err := strconv.Atoi(t.ID)
	if err != nil || n < 0 || n >= len(all) {
		return control.Key{}, &control.Error{Code: control.NotFound, Message: "There is no such key in the environment any more."}
	}
	if t.Label == "" {
		t.Label = offer[n].Label
	}
	return a.AddKey(ctx, control.AddKey{Provider: all[n].Provider, Label: t.Label, Secret: all[n].Secret})
}
