package app

import (
	"context"

	"github.com/oaklock/oaklock/internal/control"
)

// Usage sums up the log by day, site, provider, model or key.
func (a *API) Usage(filter control.UsageFilter) ([]control.UsageSum, error) {
	return ask(a, func(ctx context.Context) ([]control.UsageSum, error) { return a.agent.Usage(ctx, filter) })
}

// RaiseLimit changes one limit and leaves the others as they are.
func (a *API) RaiseLimit(raise control.RaiseLimit) error { return do(a, a.agent.RaiseLimit, raise) }

// LimitKey sets what all sites together may take of a key.
func (a *API) LimitKey(k control.LimitKey) (control.Key, error) {
	return ask(a, func(ctx context.Context) (control.Key, error) { return a.agent.LimitKey(ctx, k) })
}

// ResumeSite lets a site go on that the brake has paused.
func (a *API) ResumeSite(ref control.SiteRef) error { return do(a, a.agent.ResumeSite, ref) }

// Doubts are in words what another program has changed, so that it is not in force.
func (a *API) Doubts() ([]string, error) { return ask(a, a.agent.Doubts) }

// Trust is the user's word that everything is as it should be, and puts it in force as it stands.
func (a *API) Trust() error { return act(a, a.agent.Trust) }
