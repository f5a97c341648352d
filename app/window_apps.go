package app

import (
	"context"

	"github.com/oaklock/oaklock/internal/appkey"
	"github.com/oaklock/oaklock/internal/control"
)

// NewApp is an app with the key that the page has made for it and shows its owner once. The page makes it, and not this
// program, so that no method answers a key; the agent gets its SHA-256 alone.
type NewApp struct {
	Name      string        `json:"name"`
	Key       string        `json:"key"`
	Providers []string      `json:"providers"`
	Terms     control.Terms `json:"terms"`
}

// Apps lists the programs of this machine that have a key of Oaklock's own.
func (a *API) Apps() ([]control.App, error) { return ask(a, a.agent.Apps) }

// AddApp makes an app known and gives it its first grants.
func (a *API) AddApp(n NewApp) (control.App, error) {
	sum, err := appkey.Parse(n.Key)
	if err != nil {
		return control.App{}, &control.Error{Code: control.BadInput, Message: "The key of this app was not made as it should be, so nothing was added. Close this and try again."}
	}
	return ask(a, func(ctx context.Context) (control.App, error) {
		return a.agent.AddApp(ctx, control.AddApp{Name: n.Name, Sum: sum.String(), Hint: appkey.Hint(n.Key), Providers: n.Providers, Terms: n.Terms})
	})
}

// RemoveApp makes an app's key worth nothing.
func (a *API) RemoveApp(name string) error { return do(a, a.agent.RemoveApp, name) }

// TakeAppBack undoes RemoveApp.
func (a *API) TakeAppBack(name string) error { return do(a, a.agent.TakeAppBack, name) }
