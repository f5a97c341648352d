package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
)

func (p *program) sitesCommand() *cobra.Command {
	return group("sites", "See and change what sites may do",
		p.sitesList(), p.sitesAllow(), p.sitesTrust(),
		p.siteVerb("revoke", "Take back what a site was allowed; it may ask again",
			"%s may no longer use %s. It may ask again.", (*control.Client).RevokeSite, true),
		p.siteVerb("deny", "Refuse a site for a while",
			"%s is refused %s for a while.", (*control.Client).DenySite, true),
		p.siteVerb("block", "Refuse a site for good",
			"%s is blocked: it gets no answer and cannot ask.", (*control.Client).BlockSite, false),
		p.siteVerb("unblock", "Let a blocked or denied site ask again",
			"%s may ask again.", (*control.Client).UnblockSite, false),
		p.siteVerb("resume", "Let a site go on that was paused because it ran away",
			"%s goes on.", (*control.Client).ResumeSite, false),
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

// siteRows has a row for each grant, or one for a site without any.
func (p *program) siteRows(s control.Site) [][]string {
	if len(s.Grants) == 0 {
		until := ""
		if s.Until != 0 {
			until = "until " + when(s.Until, p.now(), "")
		}
		return [][]string{{s.Origin, s.State, "", "", "", "", until, "", when(s.LastUsed, p.now(), "never")}}
	}
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
	var f termFlags
	cmd := &cobra.Command{
		Use:   "allow ORIGIN --provider P --models M",
		Short: "Let a site use providers, without being asked by it",
		Long: `Lets a site use providers, in the place of what it was allowed for each of them before.
An origin is scheme, host and port, as in https://app.example. Not said: inference only, at most $1.00 a day, for 7 days.

  oaklock sites allow https://app.example --provider openai,anthropic --models '*' --limit 1.00/day --for 7d

With --stored the site may also use everything saved under this key at the provider: files, saved chats, batches, also
what you or others made there. What Oaklock saw being made by another site stays out of its reach.`,
		Args: needs("ORIGIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(f.providers) == 0 {
				return usage("Say which providers the site may use, such as --provider openai,anthropic.")
			}
			// All models are said and never meant by saying nothing.
			if len(f.models) == 0 {
				return usage("Say which models the site may use, such as --models gpt-5-mini, or --models '*' for all.")
			}
			terms := initial()
			if err := f.change(cmd, &terms, p.now()); err != nil {
				return err
			}
			client, err := p.client()
			if err != nil {
				return err
			}
			if err := client.AllowSite(cmd.Context(), control.AllowSite{Origin: args[0], Providers: f.providers, Terms: terms}); err != nil {
				return err
			}
			p.screen.line("%s may use %s: %s, %s, %s.", args[0], names(f.providers), mayText(terms), limitsText(terms.Limits), untilText(terms, p.now()))
			return nil
		},
	}
	f.on(cmd)
	return cmd
}

// siteVerb is an act on a site, or on one or more providers of it.
func (p *program) siteVerb(verb, short, done string, act func(*control.Client, context.Context, control.SiteRef) error, byProvider bool) *cobra.Command {
	var providers []string
	cmd := &cobra.Command{
		Use:   verb + " ORIGIN",
		Short: short,
		Args:  needs("ORIGIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			if !byProvider {
				if err := act(client, cmd.Context(), control.SiteRef{Origin: args[0]}); err != nil {
					return err
				}
				p.screen.line(done, args[0])
				return nil
			}
			what := "any provider"
			if len(providers) == 0 {
				err = act(client, cmd.Context(), control.SiteRef{Origin: args[0]})
			}
			for _, provider := range providers {
				if err = act(client, cmd.Context(), control.SiteRef{Origin: args[0], Provider: provider}); err != nil {
					break
				}
			}
			if err != nil {
				return err
			}
			if len(providers) > 0 {
				what = names(providers)
			}
			p.screen.line(done, args[0], what)
			return nil
		},
	}
	if byProvider {
		cmd.Flags().StringSliceVar(&providers, "provider", nil, "only for these providers")
	}
	return cmd
}
