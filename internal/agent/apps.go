package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/oaklock/oaklock/internal/appkey"
	"github.com/oaklock/oaklock/internal/command"
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
	// The block of an app outlasts it; making it anew is no word about that.
	if o, err := origin.ForApp(in.Name); err == nil && !a.apps.Has(o) {
		if st, _ := a.grants.Lookup(o, ""); st == grant.Blocked {
			return control.App{}, &control.Error{Code: control.Refused,
				Message: fmt.Sprintf("An app of this name is blocked, so nothing was changed. Unblock it first with: oaklock sites unblock %s; or choose another name.", command.Word(o.String(), "SITE"))}
		}
	}
	a.readySeal(ctx)
	app, err := a.apps.Add(ctx, in.Name, in.Sum, in.Hint)
	if err != nil {
		return control.App{}, a.appError(err)
	}
	err = a.grants.Allow(ctx, app.Origin, in.Providers, t, control.Door(ctx))
	if err := a.decided(err); err != nil {
		_, unmade := a.apps.Remove(ctx, in.Name)
		a.tryAppsAgain() //nolint:contextcheck // it goes on after the call
		return control.App{}, errors.Join(err, unmade)
	}
	return control.App{Name: app.Name(), Origin: app.Origin.String(), Hint: app.Hint, Added: millis(app.Added), State: "allowed",
		Grants: []control.Grant{}}, nil
}

// removedApps are those that can be taken back for a moment, by name. There is nothing secret in them: sums, and what was allowed.
type removedApps struct {
	mu   sync.Mutex
	apps map[string]removedApp // guarded by mu
}

type removedApp struct {
	app    appkey.App
	grants []grant.SiteGrant
	until  time.Time
}

// put keeps one, and forgets those whose moment is over.
func (r *removedApps) put(a removedApp) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.apps == nil {
		r.apps = map[string]removedApp{}
	}
	maps.DeleteFunc(r.apps, func(_ string, b removedApp) bool { return time.Now().After(b.until) })
	r.apps[a.app.Name()] = a
}

// take gives one to whoever is first.
func (r *removedApps) take(name string) (removedApp, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := r.apps[name]
	delete(r.apps, name)
	return a, ok && time.Now().Before(a.until)
}

// RemoveApp makes an app's key worth nothing and takes back all that it was allowed, also in the middle of an answer. For a
// moment TakeAppBack undoes it.
func (a *Agent) RemoveApp(ctx context.Context, name string) error {
	o, err := origin.ForApp(name)
	if err != nil {
		return a.appError(err)
	}
	var grants []grant.SiteGrant
	for _, s := range a.grants.Sites() {
		if s.Origin == o {
			grants = s.Grants
		}
	}
	app, unsaved := a.apps.Remove(ctx, name)
	if errors.Is(unsaved, appkey.ErrNotFound) {
		return a.appError(unsaved)
	}
	a.tryAppsAgain() //nolint:contextcheck // it goes on after the call
	a.removed.put(removedApp{app, grants, time.Now().Add(undoTime)})
	err = a.grants.Revoke(ctx, o, "")
	if errors.Is(err, grant.ErrNotFound) {
		err = nil
	}
	return a.tookAway(errors.Join(unsaved, err))
}

// TakeAppBack undoes RemoveApp: the app's key opens again what it opened. Permissions that have ended stay ended.
func (a *Agent) TakeAppBack(ctx context.Context, name string) error {
	gone, ok := a.removed.take(name)
	if !ok {
		return &control.Error{Code: control.NotFound, Message: "This app can no longer be taken back. Make it a new key with: oaklock apps add."}
	}
	if err := a.apps.Restore(ctx, gone.app); err != nil {
		return a.appError(err)
	}
	var unsaved error
	for _, g := range gone.grants {
		if g.Expired || !g.Expires.IsZero() && a.o.Now().After(g.Expires) {
			continue
		}
		unsaved = errors.Join(unsaved, a.grants.Allow(ctx, gone.app.Origin, []string{g.Provider}, g.Terms, g.GivenBy))
	}
	return a.decided(unsaved)
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
