package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/command"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/origin"
)

func (p *program) sitesCommand() *cobra.Command {
	return group("sites", "See and change what sites may do",
		p.sitesList(), p.sitesAllow(), p.sitesTrust(),
		p.siteVerb("revoke", "Take back what a site was allowed; it may ask again", (*control.Client).RevokeSite, true, revoked),
		p.siteVerb("deny", "Refuse a site for a while, and take back what it was allowed", (*control.Client).DenySite, true, p.denied),
		p.siteVerb("block", "Refuse a site for good", (*control.Client).BlockSite, false, blocked),
		p.siteVerb("unblock", "Let a blocked or denied site ask again", (*control.Client).UnblockSite, false, unblocked),
		p.siteVerb("resume", "Let a site go on that was paused because it ran away", (*control.Client).ResumeSite, false, resumed),
		p.sitesRaise(),
	)
}

func (p *program) sitesList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the sites that you decided about",
		Args:  needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			sites, err := client.Sites(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return list(p.screen, sites)
			}
			if len(sites) == 0 {
				p.screen.line("No site was allowed or refused yet. A site asks by itself when it is used: see oaklock pending")
				return nil
			}
			rows := [][]string{siteColumns}
			for _, s := range sites {
				rows = append(rows, p.siteRows(s)...)
			}
			p.screen.table(rows)
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

var siteColumns = []string{"SITE", "STATE", "PROVIDER", "MODELS", "LIMIT", "USED", "HOLDS", "KEY", "LAST USED"}

// siteRows has a row for each grant and for what is denied until the same time, or one for a site without any.
func (p *program) siteRows(s control.Site) [][]string {
	last := when(s.LastUsed, p.now(), "never")
	rows := p.grantRows(s)
	byEnd := map[int64][]string{}
	for _, d := range s.Denials {
		byEnd[d.Until] = append(byEnd[d.Until], d.Provider)
	}
	for _, until := range slices.Sorted(maps.Keys(byEnd)) {
		rows = append(rows, []string{s.Origin, "denied", few(byEnd[until]), "", "", "", "until " + when(until, p.now(), ""), "", last})
	}
	if len(rows) == 0 {
		rows = [][]string{{s.Origin, s.State, "", "", "", "", "", "", last}}
	}
	return rows
}

// few are some names, and how many more there are.
func few(items []string) string {
	const shown = 3
	if len(items) <= shown+1 {
		return strings.Join(items, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(items[:shown], ", "), len(items)-shown)
}

func (p *program) grantRows(s control.Site) [][]string {
	var rows [][]string
	for _, g := range s.Grants {
		state, until := s.State, untilText(g.Terms, p.now())
		if g.Unproven {
			state = "unproven"
		}
		if g.Expired {
			state, until = "expired", when(g.ExpiresAt, p.now(), "")
		}
		key := g.Credential
		if key == "" {
			key = "the first"
		}
		rows = append(rows, []string{s.Origin, state, g.Provider, mayText(g.Terms), limitsText(g.Limits), usedText(g.Limits, g.Use), until, key, when(g.LastUsed, p.now(), "never")})
	}
	return rows
}

func (p *program) sitesAllow() *cobra.Command {
	f := termFlags{limitFlags: limitFlags{nothing: nothingSite}}
	cmd := &cobra.Command{
		Use:   "allow ORIGIN --provider P --models M",
		Short: "Let a site use providers, without being asked by it",
		Long: `Lets a site use providers, in the place of what it was allowed for each of them before.
An origin is scheme, host and port, as in https://app.example. Not said: inference only, and the limit and the time that a
question would offer: those of the settings default_limit and default_days, or 1 day where the page is on this machine.

  oaklock sites allow https://app.example --provider openai,anthropic --models '*' --limit 1.00/day --for 7d

With --stored the site may also use everything saved under this key at the provider: files, saved chats, batches, also
what you or others made there. What Oaklock saw being made by another site stays out of its reach.`,
		Args: needs("ORIGIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			terms, err := f.toAllow(cmd, "site", p.now())
			if err != nil {
				return err
			}
			client, err := p.client()
			if err != nil {
				return err
			}
			said, err := f.offered(cmd, client, args[0], &terms)
			if err != nil {
				return err
			}
			if err := client.AllowSite(cmd.Context(), control.AllowSite{Origin: args[0], Providers: f.providers, Terms: terms}); err != nil {
				return err
			}
			site, err := p.site(cmd.Context(), client, args[0])
			if err != nil {
				return err
			}
			if err := p.unsaved(site, f.providers, terms); err != nil {
				return err
			}
			p.screen.line("%s may use %s: %s.", asStored(args[0]), names(f.providers), p.termsText(terms, len(f.providers)))
			p.screen.text(said)
			if o, err := origin.FromUser(args[0]); err == nil && o.Loopback() {
				p.notes.line("This is a page on your own machine. Any program that later uses the same port gets what you have allowed here.")
			}
			if err := p.priceless(cmd.Context(), client, f.providers, terms); err != nil {
				return err
			}
			return p.missingKeys(cmd.Context(), client, f.providers, terms.Credential)
		},
	}
	f.on(cmd)
	return cmd
}

// unsaved fails with a sentence where what was just allowed could not be saved: it ends then with Oaklock, whatever was said.
func (p *program) unsaved(site control.Site, providers []string, said control.Terms) error {
	if said.UntilQuit {
		return nil
	}
	if slices.ContainsFunc(site.Grants, func(g control.Grant) bool { return g.UntilQuit && slices.Contains(providers, g.Provider) }) {
		p.notes.line("It is allowed until Oaklock quits, since this could not be saved. Make room on the disk, or make the folder of Oaklock writable, then allow it again.")
		return errSaid
	}
	return nil
}

// missingKeys says for which of the providers there is no key to use, and whether all are out of reach.
func (p *program) missingKeys(ctx context.Context, client *control.Client, providers []string, label string) error {
	keys, err := client.Keys(ctx)
	if err != nil {
		return err
	}
	if state, err := client.State(ctx); err == nil && len(keys) > 0 && outOfReach(state.Vault) {
		p.screen.line("Your keys are out of reach, so nothing is answered yet. %s", state.Vault.Message)
		if open := OpenKeys(state.Vault); open != "" {
			p.screen.line("  Open your keys with: %s", open)
		}
	}
	for _, id := range providers {
		var there []control.Key
		for _, k := range keys {
			if k.Provider == id && (label == "" || k.Label == label) {
				there = append(there, k)
			}
		}
		switch {
		case slices.ContainsFunc(there, func(k control.Key) bool { return k.Usable }):
		case len(there) > 0:
			p.screen.line("The %s key %q cannot be used, so nothing is answered (%s).", id, there[0].Label, keyTrouble(there[0]))
		case label == "":
			p.screen.line("There is no key for %s yet. Add one with: oaklock keys add %s", id, command.Word(id, "PROVIDER"))
		default:
			p.screen.line("There is no key %q for %s, so nothing is answered. Add it with: oaklock keys add %s", label, id, control.KeyWords(id, label))
		}
	}
	return nil
}

// asStored is a site as Oaklock writes it, whatever was typed and taken.
func asStored(typed string) string {
	o, err := origin.FromUser(typed)
	if err != nil {
		return typed
	}
	return o.String()
}

// site is all that is decided about a site; nothing for one that nothing is.
func (p *program) site(ctx context.Context, client *control.Client, typed string) (control.Site, error) {
	sites, err := client.Sites(ctx)
	if err != nil {
		return control.Site{}, err
	}
	for _, s := range sites {
		if s.Origin == asStored(typed) {
			return s, nil
		}
	}
	return control.Site{Origin: asStored(typed)}, nil
}

// maySay says how a site that nothing keeps out comes in again. An app never asks.
func maySay(site string) string {
	if strings.HasPrefix(site, "app:") {
		return "An app cannot ask; allow it with: oaklock sites allow " + command.Word(site, "SITE")
	}
	return "It may ask again."
}

// siteVerb is an act on a site, or on one or more providers of it. done says what is so now.
func (p *program) siteVerb(verb, short string, act func(*control.Client, context.Context, control.SiteRef) error, byProvider bool, done func(was, is control.Site, what string) string) *cobra.Command {
	var providers []string
	cmd := &cobra.Command{
		Use:   verb + " ORIGIN",
		Short: short,
		Args:  needs("ORIGIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if _, err := origin.FromUser(args[0]); verb == "block" && errors.Is(err, origin.ErrInsecure) {
				return usage("A page over plain http that is not on this machine gets no answer in any case, so there is nothing to block.")
			}
			client, err := p.client()
			if err != nil {
				return err
			}
			was, err := p.site(ctx, client, args[0])
			if err != nil {
				return err
			}
			what := "any provider"
			if len(providers) == 0 {
				err = act(client, ctx, control.SiteRef{Origin: args[0]})
			} else {
				what = names(providers)
				was.Grants = slices.DeleteFunc(was.Grants, func(g control.Grant) bool { return !slices.Contains(providers, g.Provider) })
			}
			for _, provider := range providers {
				if err = act(client, ctx, control.SiteRef{Origin: args[0], Provider: provider}); err != nil {
					break
				}
			}
			if err != nil {
				return err
			}
			is, err := p.site(ctx, client, args[0])
			if err != nil {
				return err
			}
			if len(providers) > 0 {
				is.Denials = slices.DeleteFunc(is.Denials, func(d control.Denial) bool { return !slices.Contains(providers, d.Provider) })
			}
			text := done(was, is, what)
			if name, app := strings.CutPrefix(is.Origin, "app:"); app && verb == "unblock" {
				apps, err := client.Apps(ctx)
				if err != nil {
					return err
				}
				if !slices.ContainsFunc(apps, func(a control.App) bool { return a.Name == name }) { // its block has outlasted it
					text = strings.Replace(text, maySay(is.Origin), "Make it a key with: oaklock apps add "+command.Word(name, "NAME"), 1)
				}
			}
			p.screen.advice("%s", text)
			return nil
		},
	}
	if byProvider {
		listFlag(cmd.Flags(), &providers, "provider", "only for these providers")
	}
	if verb == "revoke" || verb == "deny" || verb == "block" {
		cmd.Flags().Bool("yes", false, "changes nothing: this asks nothing first")
	}
	return cmd
}

func revoked(_, is control.Site, what string) string {
	return fmt.Sprintf("%s may no longer use %s. %s", is.Origin, what, maySay(is.Origin))
}

// denied says until when, and what the denial took away for good.
func (p *program) denied(was, is control.Site, what string) string {
	var until int64
	for _, d := range is.Denials {
		until = max(until, d.Until)
	}
	span := "for a while"
	if until != 0 {
		span = "until " + when(until, p.now(), "")
	}
	text := fmt.Sprintf("%s is refused %s %s.", is.Origin, what, span)
	var lost []string
	for _, g := range was.Grants {
		if !g.Expired {
			lost = append(lost, g.Provider)
		}
	}
	if len(lost) > 0 {
		text += " What it was allowed for " + names(lost) + " is taken back, and does not come back by itself."
	}
	if strings.HasPrefix(is.Origin, "app:") {
		return text + " " + maySay(is.Origin)
	}
	return text + " Then it may ask again."
}

func blocked(_, is control.Site, _ string) string {
	return is.Origin + " is blocked: it gets no answer and cannot ask."
}

func unblocked(was, is control.Site, _ string) string {
	state := "denied"
	if was.State == "blocked" {
		state = "blocked"
	}
	return fmt.Sprintf("%s is not %s any more. %s", is.Origin, state, maySay(is.Origin))
}

func resumed(_, is control.Site, _ string) string { return is.Origin + " goes on." }
