package agent

import (
	"context"
	"fmt"
	"time"

	"github.com/oaklock/oaklock/internal/appkey"
	"github.com/oaklock/oaklock/internal/brake"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/money"
	"github.com/oaklock/oaklock/internal/origin"
)

func showUse(u ledger.Use, l grant.Limits) control.Use {
	return control.Use{Used: control.Limits(u.Used), Held: control.Limits(u.Held), Left: control.Limits(u.Left(l)),
		DayEnds: millis(u.Day), WeekEnds: millis(u.Week), MonthEnds: millis(u.Month)}
}

func (a *Agent) overall() control.Overall {
	l := a.settings.limits()
	if a.settings.capped.Load() {
		l = grant.Limits{} // a problem says what holds instead
	}
	return control.Overall{Limits: control.Limits(l), Use: showUse(a.ledger.AllUse(), l)}
}

func showToday(t ledger.Totals) control.Today {
	return control.Today{Requests: t.Requests, Refused: t.Refused, Input: t.Input, Output: t.Output,
		Cost: t.Cost, Estimated: t.Estimated, Unpriced: t.Unpriced}
}

// overLimit are the sites that a limit refused and that could go on if it were raised.
func (a *Agent) overLimit() []control.OverLimit {
	out := []control.OverLimit{}
	for _, h := range a.ledger.Hits() {
		if _, priced := a.prices.Load().Find(h.Provider, h.Model); h.NoPrice() && priced {
			continue // the user has set one since
		}
		st, g := a.grants.Lookup(h.Origin, h.Provider)
		if st != grant.Granted || h.Scope == ledger.Site && g.ID != h.GrantID {
			continue // it was taken away, or changed since
		}
		if h.Scope == ledger.All && a.settings.capped.Load() || h.Scope == ledger.Key && a.ledger.KeyLimits(h.Provider, h.Credential) == ledger.NothingGoes {
			continue // no limit that could be raised
		}
		o := control.OverLimit{Origin: h.Origin.String(), Provider: h.Provider, Name: a.providerName(h.Provider), Model: h.Model,
			Scope: string(h.Scope), Limit: string(h.Name), Ceiling: h.Limit, Used: h.Used, Held: h.Held, Need: h.Need,
			Resets: millis(h.Resets), At: millis(h.Time)}
		switch {
		case h.NoPrice():
			o.Code = "price_unknown"
			o.Message = fmt.Sprintf("%s asked for %s of %s, which has no price here, so its limit of cost cannot be held.", o.Origin, h.Model, o.Name)
		case h.Rate():
			o.Code = "rate_limited"
			o.Message = fmt.Sprintf("%s has come to the limit of %s for %s.", o.Origin, h.LimitError.Name.Text(h.Limit), whose(h, o.Name))
		case h.LimitError.Name == grant.OutputTokens:
			o.Code = "budget_exhausted"
			o.Message = fmt.Sprintf("%s has come to the limit of %s for %s: its request asks for an answer of up to %s.", o.Origin,
				h.LimitError.Name.Text(h.Limit), whose(h, o.Name), h.LimitError.Name.Amount(h.Need))
		default:
			o.Code = "budget_exhausted"
			o.Message = fmt.Sprintf("%s has come to the limit of %s for %s. Used so far: %s. Its next request can take %s.", o.Origin,
				h.LimitError.Name.Text(h.Limit), whose(h, o.Name), h.LimitError.Name.Amount(h.Used), h.LimitError.Name.Amount(h.Need))
			if h.Held > 0 {
				o.Message = fmt.Sprintf("%s has come to the limit of %s for %s. Used so far: %s, and reserved for requests under way: %s. Its next request can take %s.", o.Origin,
					h.LimitError.Name.Text(h.Limit), whose(h, o.Name), h.LimitError.Name.Amount(h.Used), h.LimitError.Name.Amount(h.Held), h.LimitError.Name.Amount(h.Need))
			}
		}
		if h.Scope == ledger.Key {
			o.Credential = h.Credential
		}
		if !h.NoPrice() {
			o.RaiseTo = raised(h)
		}
		out = append(out, o)
	}
	return out
}

func whose(h ledger.Hit, provider string) string {
	switch h.Scope {
	case ledger.Key:
		return "the " + provider + " key " + h.Credential
	case ledger.All:
		return "everything"
	case ledger.Site:
	}
	return provider
}

// raised is what one click offers: twice the limit, or what the request needs where that is more, in whole cents.
func raised(h ledger.Hit) int64 {
	n := max(2*h.Limit, h.Used+h.Held+h.Need)
	switch h.LimitError.Name {
	case grant.CostDay, grant.CostWeek, grant.CostMonth:
		const cent = 10_000
		n = (n + cent - 1) / cent * cent
	case grant.TokensDay, grant.TokensWeek, grant.TokensMonth, grant.RequestsPerMinute, grant.AtOnce, grant.OutputTokens:
	}
	return n
}

// RaiseLimit changes one limit and nothing else.
func (a *Agent) RaiseLimit(ctx context.Context, in control.RaiseLimit) error {
	name := grant.LimitName(in.Limit)
	var limits grant.Limits
	if limits.Of(name) == nil {
		return &control.Error{Code: control.BadInput, Message: "There is no limit of this name."}
	}
	if in.To <= 0 {
		return &control.Error{Code: control.BadInput, Message: "A limit is raised to an amount above zero."}
	}
	a.readySeal(ctx)
	a.changes.Lock()
	defer a.changes.Unlock()
	switch in.Scope {
	case control.OfSite:
		return a.raiseSite(ctx, in, name)
	case control.OfKey:
		limits = a.ledger.KeyLimits(in.Provider, in.Credential)
		*limits.Of(name) = in.To
		_, err := a.limitKey(ctx, control.KeyRef{Provider: in.Provider, Label: in.Credential}, limits)
		return err
	case control.OfAll:
		limits = a.settings.limits()
		*limits.Of(name) = in.To
		_, err := a.setSetting(ctx, overallLimit, limits.String())
		return err
	}
	return &control.Error{Code: control.BadInput, Message: "A limit is of a site, of a key, or over everything."}
}

func (a *Agent) raiseSite(ctx context.Context, in control.RaiseLimit, name grant.LimitName) error {
	o, err := userOrigin(in.Origin)
	if err != nil {
		return err
	}
	if o.Kind() == origin.App && !a.apps.Has(o) {
		return a.appError(appkey.ErrNotFound)
	}
	if !a.catalogue.Load().Has(in.Provider) {
		return a.noProvider()
	}
	st, g := a.grants.Lookup(o, in.Provider)
	if st != grant.Granted {
		return &control.Error{Code: control.NotFound, Message: fmt.Sprintf("%s may not use %s now, so there is no limit to raise. See what it may do with: oaklock sites list", o, a.providerName(in.Provider))}
	}
	t := g.Terms
	*t.Limits.Of(name) = in.To
	return a.decided(a.grants.Allow(ctx, o, []string{in.Provider}, t, control.Door(ctx)))
}

// LimitKey sets the limits of a credential over all sites.
func (a *Agent) LimitKey(ctx context.Context, in control.LimitKey) (control.Key, error) {
	a.readySeal(ctx)
	a.changes.Lock()
	defer a.changes.Unlock()
	return a.limitKey(ctx, control.KeyRef{Provider: in.Provider, Label: in.Label}, grant.Limits(in.Limits))
}

func (a *Agent) limitKey(ctx context.Context, r control.KeyRef, l grant.Limits) (control.Key, error) {
	id := a.keyID(r)
	for _, c := range a.keys.List() {
		if c.ID != id {
			continue
		}
		if err := l.Check(); err != nil {
			return control.Key{}, &control.Error{Code: control.BadInput, Message: sentence(err)}
		}
		if err := a.ledger.LimitKey(ctx, id.Provider, id.Label, l); err != nil {
			return control.Key{}, saving(err)
		}
		a.changed()
		return a.showKey(c), nil
	}
	return control.Key{}, &control.Error{Code: control.NotFound, Message: "There is no such key."}
}

// paused are the sites that ran away.
func (a *Agent) paused() []control.PausedSite {
	out := []control.PausedSite{}
	for _, p := range a.brake.List() {
		out = append(out, control.PausedSite{Origin: p.Origin.String(), Reason: string(p.Reason), Count: p.Count, Cost: p.Cost,
			At: millis(p.Time), Message: pausedSentence(p)})
	}
	return out
}

// Stopped are the sites that wait for the user, because they ran away or because a limit refused them, the latest first.
func (a *Agent) Stopped() ([]control.PausedSite, []control.OverLimit) {
	return a.paused(), a.overLimit()
}

func pausedSentence(p brake.Pause) string {
	what := ""
	switch p.Reason {
	case brake.SameRequests:
		what = fmt.Sprintf("it sent %d nearly equal requests within a minute", p.Count)
	case brake.OnlyErrors:
		what = fmt.Sprintf("%d of its requests in a row failed within a minute", p.Count)
	case brake.CostSurge:
		what = "it cost much more than usual"
	}
	if p.Cost > 0 {
		what += " (" + money.USD(p.Cost) + " in that minute)"
	}
	return fmt.Sprintf("%s is paused: %s.", p.Origin, what)
}

// ResumeSite lets a site go on that ran away.
func (a *Agent) ResumeSite(ctx context.Context, s control.SiteRef) error {
	o, err := userOrigin(s.Origin)
	if err != nil {
		return err
	}
	was, err := a.brake.Resume(ctx, o)
	if err != nil {
		return saving(err)
	}
	if !was {
		return &control.Error{Code: control.NotFound, Message: "This site is not paused."}
	}
	a.changed()
	return nil
}

// resumeAll lets every site go on, when the brake is switched off.
func (a *Agent) resumeAll(ctx context.Context, all []brake.Pause) error {
	for _, p := range all {
		if _, err := a.brake.Resume(ctx, p.Origin); err != nil {
			return err
		}
	}
	return nil
}

// Usage sums up the log.
func (a *Agent) Usage(ctx context.Context, f control.UsageFilter) ([]control.UsageSum, error) {
	in := ledger.UsageFilter{Origin: userText(f.Origin), Provider: f.Provider, Model: f.Model, Since: fromMillis(f.Since), Until: fromMillis(f.Until)}
	for _, by := range f.By {
		switch d := ledger.Dimension(by); d {
		case ledger.ByDay, ledger.BySite, ledger.ByProvider, ledger.ByModel, ledger.ByKey:
			in.By = append(in.By, d)
		default:
			return nil, &control.Error{Code: control.BadInput, Message: "Sums are by day, site, provider, model or key."}
		}
	}
	sums, err := a.ledger.Usage(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("sum up the log: %w", err)
	}
	out := make([]control.UsageSum, 0, len(sums))
	for _, s := range sums {
		out = append(out, control.UsageSum{Day: s.Day, Origin: s.Origin, Provider: s.Provider, Model: s.Model, Key: s.Credential,
			Requests: s.Requests, Refused: s.Refused, Input: s.Input, Output: s.Output, Cost: s.Cost, Estimated: s.Estimated, Unpriced: s.Unpriced})
	}
	return out, nil
}

// userText is an origin as the ledger has it, where the user typed one that can be understood.
func userText(typed string) string {
	if o, err := origin.FromUser(typed); err == nil {
		return o.String()
	}
	return typed
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
