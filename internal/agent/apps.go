package agent

import (
	"context"
	"errors"
	"fmt"

	"github.com/oaklock/oaklock/internal/appkey"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/origin"
)

// Apps lists the programs of this machine that have a key of Oaklock's own, with what they may do.
func (a *Agent) Apps(ctx context.Context) ([]control.App, error) {
	counts, err := a.ledger.Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("count requests: %w", err)
	}
	sites := map[origin.Origin]grant.Site{}
	for _, s := range a.grants.Sites() {
		sites[s.Origin] = s
	}
	out := []control.App{}
	for _, app := range a.apps.List() {
		c := control.App{Name: app.Name(), Origin: app.Origin.String(), Hint: app.Hint, Added: millis(app.Added), State: "none",
			Requests: counts[app.Origin.String()], Grants: []control.Grant{}}
		if s, ok := sites[app.Origin]; ok {
			shown := a.showSite(s, counts)
			c.State, c.LastUsed, c.Grants = shown.State, shown.LastUsed, shown.Grants
		}
		out = append(out, c)
	}
	return out, nil
}

// AddApp makes an app known by the sum of its key, and gives it its first grants.
func (a *Agent) AddApp(ctx context.Context, in control.AddApp) (control.App, error) {
	t, err := a.readAllow(in.Providers, in.Terms)
	if err != nil {
		return control.App{}, err
	}
	a.readySeal(ctx)
	app, err := a.apps.Add(ctx, in.Name, in.Sum, in.Hint)
	if err != nil {
		return control.App{}, a.appError(err)
	}
	err = a.grants.Allow(ctx, app.Origin, in.Providers, t, control.Door(ctx))
	if err := a.decided(err); err != nil {
		return control.App{}, errors.Join(err, a.apps.Remove(ctx, in.Name))
	}
	return control.App{Name: app.Name(), Origin: app.Origin.String(), Hint: app.Hint, Added: millis(app.Added), State: "allowed",
		Grants: []control.Grant{}}, nil
}

// RemoveApp makes an app's key worth nothing and takes back all that it was allowed, also in the middle of an answer.
func (a *Agent) RemoveApp(ctx context.Context, name string) error {
	o, err := origin.ForApp(name)
	if err != nil {
		return a.appError(err)
	}
	unsaved := a.apps.Remove(ctx, name)
	if errors.Is(unsaved, appkey.ErrNotFound) {
		return a.appError(unsaved)
	}
	err = a.grants.Revoke(ctx, o, "")
	if errors.Is(err, grant.ErrNotFound) {
		err = nil
	}
	return a.tookAway(errors.Join(unsaved, err))
}

// appError turns the errors about apps into sentences.
func (a *Agent) appError(err error) error {
	say := func(code, message string) error { return &control.Error{Code: code, Message: message} }
	switch {
	case errors.Is(err, appkey.ErrTaken):
		return say(control.Refused, "There is an app of this name already. Remove it first, or choose another name; nothing was changed.")
	case errors.Is(err, appkey.ErrNotFound):
		return say(control.NotFound, "There is no app of this name. Make one with: oaklock apps add.")
	case errors.Is(err, appkey.ErrTooMany), errors.Is(err, appkey.ErrSum), errors.Is(err, origin.ErrAppName):
		return say(control.BadInput, sentence(err))
	}
	return saving(err)
}
