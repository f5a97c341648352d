package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oaklock/oaklock/internal/appkey"
	"github.com/oaklock/oaklock/internal/consent"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/provider"
)

// offeredDaysLoopback is what a developer's page is offered: any program that gets hold of its port inherits the grant.
const offeredDaysLoopback = 1

// Sites lists every site that something was decided about.
func (a *Agent) Sites(ctx context.Context) ([]control.Site, error) {
	counts, err := a.ledger.Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("count requests: %w", err)
	}
	out := []control.Site{}
	for _, s := range a.grants.Sites() {
		out = append(out, a.showSite(s, counts))
	}
	return out, nil
}

// showSite shows one site, or one app.
func (a *Agent) showSite(s grant.Site, counts map[string]int64) control.Site {
	c := control.Site{Origin: s.Origin.String(), Site: s.Origin.Site(), State: "expired", LastUsed: millis(s.LastUsed),
		Requests: counts[s.Origin.String()], Grants: []control.Grant{}}
	for _, d := range s.Denials {
		c.Denials = append(c.Denials, control.Denial{Provider: d.Provider, Until: millis(d.Until)})
	}
	for _, g := range s.Grants {
		cg := control.Grant{Provider: g.Provider, Name: a.providerName(g.Provider), Terms: showTerms(g.Terms),
			GivenAt: millis(g.Given), GivenBy: g.GivenBy, LastUsed: millis(g.LastUsed), Expired: g.Expired, Unproven: g.Unproven,
			Use: showUse(a.ledger.SiteUse(s.Origin, g.Provider), g.Limits)}
		switch {
		case g.Unproven && c.State == "expired":
			c.State = "unproven"
		case !g.Expired && !g.Unproven:
			c.State = "allowed"
		}
		c.Grants = append(c.Grants, cg)
	}
	switch {
	case s.Blocked:
		c.State = "blocked"
	case c.State == "allowed" && a.brake.Paused(s.Origin):
		c.State = "paused"
	case c.State != "allowed" && !s.DeniedUntil.IsZero():
		c.State, c.Until = "denied", millis(s.DeniedUntil)
	}
	return c
}

func (a *Agent) providerName(id string) string {
	if p, ok := a.catalogue.Load().Provider(id); ok {
		return p.Name
	}
	return id
}

func showTerms(t grant.Terms) control.Terms {
	c := control.Terms{Classes: []string{}, Models: slices.Clone(t.Models), Limits: control.Limits(t.Limits),
		ExpiresAt: millis(t.Expires), UntilQuit: t.UntilQuit, Credential: t.Credential}
	for _, class := range t.Classes {
		c.Classes = append(c.Classes, string(class))
	}
	if c.Models == nil {
		c.Models = []string{}
	}
	return c
}

// readTerms turns what a door was told into terms; what does not make sense is said in one sentence.
func readTerms(c control.Terms, now time.Time) (grant.Terms, error) {
	t := grant.Terms{Models: c.Models, Limits: grant.Limits(c.Limits), UntilQuit: c.UntilQuit, Credential: c.Credential}
	for _, class := range c.Classes {
		t.Classes = append(t.Classes, provider.Class(class))
	}
	switch {
	case c.Days < 0 || c.Days > 366:
		return t, &control.Error{Code: control.BadInput, Message: "A grant lasts 1 to 366 days, or until Oaklock quits."}
	case c.UntilQuit:
	case c.ExpiresAt != 0:
		t.Expires = time.UnixMilli(c.ExpiresAt)
		if left := t.Expires.Sub(now); left <= 0 || left > 367*24*time.Hour {
			return t, &control.Error{Code: control.BadInput, Message: "A grant ends in the future, within 366 days."}
		}
	case c.Days > 0:
		t.Expires = now.Add(time.Duration(c.Days) * 24 * time.Hour)
	default:
		return t, &control.Error{Code: control.BadInput, Message: "A grant needs an end: a number of days, or until Oaklock quits."}
	}
	if err := errors.Join(t.Check(), grant.CheckModelNames(t.Models)); err != nil {
		return t, &control.Error{Code: control.BadInput, Message: sentence(err)}
	}
	return t, nil
}

// readAllow reads what is to be allowed.
func (a *Agent) readAllow(providers []string, c control.Terms) (grant.Terms, error) {
	if len(providers) == 0 {
		return grant.Terms{}, &control.Error{Code: control.BadInput, Message: "Say which provider may be used, such as openai."}
	}
	for _, id := range providers {
		if !a.catalogue.Load().Has(id) {
			return grant.Terms{}, a.noProvider()
		}
	}
	return readTerms(c, a.o.Now())
}

// AllowSite gives or replaces the grants of a site for some providers.
func (a *Agent) AllowSite(ctx context.Context, in control.AllowSite) error {
	o, err := newOrigin(in.Origin)
	if err != nil {
		return err
	}
	if o.Kind() == origin.App && !a.apps.Has(o) {
		return a.appError(appkey.ErrNotFound)
	}
	if a.ownAddress(o) {
		return &control.Error{Code: control.BadInput, Message: "This is the address of Oaklock itself, where there is no page. Give that of the page, such as http://localhost:5173."}
	}
	t, err := a.readAllow(in.Providers, in.Terms)
	if err != nil {
		return err
	}
	a.readySeal(ctx)
	err = a.grants.Allow(ctx, o, in.Providers, t, control.Door(ctx))
	if err == nil || errors.Is(err, grant.ErrNotSaved) {
		a.consent.WakeOrigin(o)
		a.consent.Forget(o)
		a.ahead(in.Providers) //nolint:contextcheck // the connection outlives the call
	}
	return a.decided(err)
}

// newOrigin is a site that something new is decided about, so it must be one that there can be.
func newOrigin(s string) (origin.Origin, error) {
	o, err := userOrigin(s)
	if err != nil {
		return o, err
	}
	if err := o.Exists(); err != nil {
		return o, &control.Error{Code: control.BadInput, Message: sentence(err)}
	}
	return o, nil
}

// ownAddress says that the origin is what pages send requests to. No page can have it.
func (a *Agent) ownAddress(o origin.Origin) bool {
	return slices.ContainsFunc([]string{"127.0.0.1", "localhost", "[::1]"}, func(host string) bool {
		return o.String() == fmt.Sprintf("http://%s:%d", host, a.listener.Port())
	})
}

// ahead connects to providers that a site was just allowed: its request comes soon.
func (a *Agent) ahead(ids []string) {
	for _, id := range ids {
		if p, ok := a.catalogue.Load().Provider(id); ok {
			a.upstream.Open(p.BaseURL)
		}
	}
}

// RevokeSite takes back what a site may do, also in the middle of an answer.
func (a *Agent) RevokeSite(ctx context.Context, s control.SiteRef) error {
	o, err := userOrigin(s.Origin)
	if err != nil {
		return err
	}
	return a.tookAway(a.grants.Revoke(ctx, o, s.Provider))
}

// DenySite refuses a site for a while: one provider, or all of them. What it was allowed there ends; a denial that left it
// working would be none.
func (a *Agent) DenySite(ctx context.Context, s control.SiteRef) error {
	o, err := userOrigin(s.Origin)
	if err != nil {
		return err
	}
	ids := []string{s.Provider}
	if s.Provider == "" {
		ids = nil
		for _, p := range a.catalogue.Load().Providers() {
			ids = append(ids, p.ID)
		}
	} else if !a.catalogue.Load().Has(s.Provider) {
		return a.noProvider()
	}
	err = a.grants.Revoke(ctx, o, s.Provider)
	if errors.Is(err, grant.ErrNotFound) {
		err = nil
	}
	_, unsaved := a.grants.Deny(ctx, o, ids)
	err = errors.Join(err, unsaved)
	a.consent.WakeOrigin(o)
	a.consent.Forget(o)
	return a.tookAway(err)
}

// BlockSite refuses a site for good.
func (a *Agent) BlockSite(ctx context.Context, s control.SiteRef) error {
	o, err := newOrigin(s.Origin)
	if err != nil {
		return err
	}
	if o.Kind() == origin.App && !a.apps.Has(o) {
		return a.appError(appkey.ErrNotFound)
	}
	err = a.grants.Block(ctx, o)
	a.consent.WakeOrigin(o)
	a.consent.Forget(o)
	return a.tookAway(err)
}

// UnblockSite forgets a site's block and denials; it may ask again.
func (a *Agent) UnblockSite(ctx context.Context, s control.SiteRef) error {
	o, err := userOrigin(s.Origin)
	if err != nil {
		return err
	}
	if !a.grants.Refused(o) {
		return &control.Error{Code: control.NotFound, Message: "This site is neither blocked nor denied, so there was nothing to undo. See the sites with: oaklock sites list"}
	}
	return a.decided(a.grants.Unblock(ctx, o))
}

// AnswerAllow answers a question with the offer as it stands, or with terms of the user's.
func (a *Agent) AnswerAllow(ctx context.Context, in control.Answer) error {
	terms := in.Terms
	if terms == nil {
		q, err := a.question(in.ID)
		if err != nil {
			return err
		}
		offer := a.offer(q)
		terms = &offer
	}
	t, err := readTerms(*terms, a.o.Now())
	if err != nil {
		return err
	}
	providers := in.Providers
	if q, err := a.question(in.ID); err == nil && len(providers) == 0 {
		for _, w := range q.Wishes {
			providers = append(providers, w.Provider)
		}
	}
	a.readySeal(ctx)
	err = a.consent.Allow(ctx, in.ID, in.Providers, t, control.Door(ctx))
	if err == nil || errors.Is(err, grant.ErrNotSaved) {
		a.ahead(providers) //nolint:contextcheck // the connection outlives the call
	}
	return a.decided(err)
}

// AnswerDeny refuses what a question asks, for a while.
func (a *Agent) AnswerDeny(ctx context.Context, in control.Answer) error {
	_, err := a.consent.Deny(ctx, in.ID)
	return a.tookAway(err)
}

// AnswerBlock refuses the question's site for good.
func (a *Agent) AnswerBlock(ctx context.Context, in control.Answer) error {
	return a.tookAway(a.consent.Block(ctx, in.ID))
}

func (a *Agent) question(id string) (consent.Question, error) {
	id = strings.ToLower(strings.TrimSpace(id))
	open, missed := a.consent.All()
	for _, q := range append(open, missed...) {
		if q.ID == id {
			return q, nil
		}
	}
	return consent.Question{}, a.decided(consent.ErrNoQuestion)
}

// decided is the end of every decision: what it took away has ended when it returns, watchers look again, and errors
// become sentences.
func (a *Agent) decided(err error) error {
	a.pages.Recheck()
	defer a.changed()
	say := func(code, message string) error { return &control.Error{Code: code, Message: message} }
	switch {
	case err == nil:
		return nil
	case errors.Is(err, grant.ErrNotSaved): // which a problem says as long as it is so
		a.log.Error("a decision was not saved", "error", err)
		return nil
	case errors.Is(err, consent.ErrNoQuestion):
		return say(control.NotFound, "There is no such question; it may have been answered already.")
	case errors.Is(err, consent.ErrNotAsked):
		return say(control.BadInput, "The question is not about this provider.")
	case errors.Is(err, grant.ErrOvertaken):
		return say(control.Refused, "The site was blocked, denied or revoked at the same time, and that holds. Nothing was allowed.")
	case errors.Is(err, grant.ErrNotFound):
		return say(control.NotFound, "This site has nothing to take back.")
	case errors.Is(err, grant.ErrTerms):
		return say(control.BadInput, sentence(err))
	}
	return saving(err)
}

// tookAway is decided for what takes something away, which is in force also where it could not be saved.
func (a *Agent) tookAway(err error) error {
	if !outOfReach(err) {
		return a.decided(err)
	}
	a.pages.Recheck()
	a.changed()
	a.log.Error("a decision was not saved", "error", err)
	return &control.Error{Code: control.Unavailable, Message: "This holds from now on, but it could not be saved: the disk is full, or the folder of Oaklock cannot be written. " +
		"Oaklock goes on trying; should it end before that, the site is again what it was before: make room first."}
}

// OpenQuestions are those that requests wait for, oldest first.
func (a *Agent) OpenQuestions() []control.Question { return a.questions(a.consent.Questions(), false) }

// questions shows the broker's questions as the user sees them.
func (a *Agent) questions(list []consent.Question, missed bool) []control.Question {
	out := make([]control.Question, 0, len(list))
	keys := a.keys.List()
	for _, q := range list {
		c := control.Question{ID: q.ID, Origin: q.Origin.String(), Site: q.Origin.Site(), Asked: millis(q.Asked), Waiting: q.Waiting,
			Providers: []control.QuestionProvider{}, Granted: []string{}, Warnings: a.warnings(q), Browser: q.Through.Name,
			Denials: a.grants.Denials(q.Origin), Offer: a.offer(q)}
		if !missed {
			c.Deadline = millis(q.Deadline)
		}
		for _, w := range q.Wishes {
			p := control.QuestionProvider{ID: w.Provider, Name: a.providerName(w.Provider), Model: w.Model, Stored: w.Stored, Keys: []string{}}
			for _, k := range keys {
				if k.Provider == w.Provider && a.keyTrouble(k) == "" {
					p.Keys = append(p.Keys, k.Label)
				}
			}
			p.HasKey = len(p.Keys) > 0
			c.Providers = append(c.Providers, p)
		}
		for _, p := range a.catalogue.Load().Providers() {
			if st, _ := a.grants.Lookup(q.Origin, p.ID); st == grant.Granted {
				c.Granted = append(c.Granted, p.ID)
			}
		}
		out = append(out, c)
	}
	return out
}

// offer is what a question offers at first: what was asked, less where the page itself asked for less.
func (a *Agent) offer(q consent.Question) control.Terms {
	t := control.Terms{Classes: []string{string(provider.Inference)}, Models: []string{"*"}, Days: a.settings.offeredDays(),
		Limits: control.Limits{CostDay: a.settings.offeredCostDay()}}
	if q.Origin.Loopback() {
		t.Days = offeredDaysLoopback
	}
	for _, w := range q.Wishes {
		if len(w.Models) > 0 {
			t.Models = w.Models
		}
		if w.CostDay > 0 && w.CostDay < t.Limits.CostDay {
			t.Limits.CostDay = w.CostDay
		}
	}
	return t
}

func (a *Agent) warnings(q consent.Question) []control.Warning {
	o := q.Origin
	out := []control.Warning{}
	if o.Loopback() {
		out = append(out, control.Warning{Code: "localhost", Message: "This is a page on your own machine. Any program that later uses the same port gets what you allow here."})
	}
	if o.Shared() {
		out = append(out, control.Warning{Code: "shared_host", Message: "Many people publish pages on " + o.Host()[strings.Index(o.Host(), ".")+1:] + ". Look closely at the name before it."})
	}
	if q.Through.Name != "" && !q.Through.Browser {
		out = append(out, control.Warning{Code: "not_browser", Message: "This comes from the program " + q.Through.Name + ", which is no browser that Oaklock knows. A program can give itself the name of any site."})
	}
	if message := a.unpriced(q); message != "" {
		out = append(out, control.Warning{Code: control.NoPrice, Message: message})
	}
	return out
}

// unpriced says what a question asks for that has no price; nothing where it offers no limit in dollars. Where no model is named it looks
// at the user's own providers alone: the others' have prices.
func (a *Agent) unpriced(q consent.Question) string {
	if a.offer(q).Limits.CostDay == 0 {
		return ""
	}
	var none []string
	command := ""
	without := func(w consent.Wish, model, shown string) {
		none = append(none, shown+" at "+w.Provider)
		command = control.SetsPrice(w.Provider, model)
	}
	prices := a.prices.Load()
	for _, w := range q.Wishes {
		models := w.Models
		if w.Model != "" && !slices.Contains(models, w.Model) {
			models = append(slices.Clone(models), w.Model)
		}
		for _, model := range models {
			if _, ok := prices.Find(w.Provider, model); !ok {
				without(w, model, model)
			}
		}
		if p, ok := a.catalogue.Load().Provider(w.Provider); ok && p.Custom && len(models) == 0 && !prices.Any(w.Provider) {
			without(w, "", "any model")
		}
	}
	slices.Sort(none) // the providers of one call are asked about in no order
	switch len(none) {
	case 0:
		return ""
	case 1:
	default:
		command = control.SetsPrice("PROVIDER", "")
	}
	return fmt.Sprintf("Oaklock knows no price of %s, so a limit in dollars refuses it. Set it, 0 where it is free, with: %s", someOf(none), command)
}

func userOrigin(s string) (origin.Origin, error) {
	o, err := origin.FromUser(s)
	if err != nil {
		return o, &control.Error{Code: control.BadInput, Message: sentence(err)}
	}
	return o, nil
}
