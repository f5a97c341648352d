package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/command"
	"github.com/oaklock/oaklock/internal/control"
)

// limitFlags are the options that say limits: of a site, of a key.
type limitFlags struct {
	limits         []string
	rate           string
	atOnce, answer int64
	nothing        string // says how nothing is allowed, to whoever gives a limit of 0
}

// How nothing is allowed.
const (
	nothingSite     = "To allow a site nothing: oaklock sites block ORIGIN"
	nothingQuestion = "To allow nothing of what it asks: oaklock deny ID, or for good: oaklock block ID"
	nothingKey      = "So that no site uses a key: oaklock keys remove PROVIDER. To take its limit away: --off"
)

func (f *limitFlags) on(cmd *cobra.Command) {
	flags := cmd.Flags()
	listFlag(flags, &f.limits, "limit", "at most this much, such as 1.00/day, 20.00/month or 100000tokens/day; can be repeated")
	flags.StringVar(&f.rate, "rate", "", "at most so many requests, such as 30/minute")
	flags.Int64Var(&f.atOnce, "at-once", 0, "at most so many requests at once")
	flags.Int64Var(&f.answer, "output-tokens", 0, "at most so many tokens in one answer")
}

// given says whether any of them was typed.
func (f *limitFlags) given(cmd *cobra.Command) bool {
	return changedAny(cmd, "limit", "rate", "at-once", "output-tokens")
}

func changedAny(cmd *cobra.Command, names ...string) bool {
	return slices.ContainsFunc(names, cmd.Flags().Changed)
}

// change puts what was typed in the place of what the limits say; the rest stays.
func (f *limitFlags) change(cmd *cobra.Command, l *control.Limits) (err error) {
	changed := cmd.Flags().Changed
	if changed("limit") {
		if err = parseLimits(f.limits, f.nothing, l); err != nil {
			return err
		}
	}
	if changed("rate") {
		if l.RequestsPerMinute, err = parseRate(f.rate, f.nothing); err != nil {
			return err
		}
	}
	for _, of := range []struct {
		name  string
		typed int64
		into  *int64
	}{{"at-once", f.atOnce, &l.AtOnce}, {"output-tokens", f.answer, &l.OutputTokens}} {
		if !changed(of.name) {
			continue
		}
		if of.typed < 1 {
			return usage("--%s takes a number from 1.", of.name)
		}
		*of.into = of.typed
	}
	return nil
}

// each are the limits that there are, by the names that [control.RaiseLimit] takes.
func each(l control.Limits, do func(name string, to int64) error) error {
	for _, x := range []struct {
		name string
		to   int64
	}{
		{"costDay", l.CostDay}, {"costWeek", l.CostWeek}, {"costMonth", l.CostMonth},
		{"tokensDay", l.TokensDay}, {"tokensWeek", l.TokensWeek}, {"tokensMonth", l.TokensMonth},
		{"requestsPerMinute", l.RequestsPerMinute}, {"atOnce", l.AtOnce}, {"outputTokens", l.OutputTokens},
	} {
		if x.to == 0 {
			continue
		}
		if err := do(x.name, x.to); err != nil {
			return err
		}
	}
	return nil
}

// keysLimit limits a key over all sites.
func (p *program) keysLimit() *cobra.Command {
	f := limitFlags{nothing: nothingKey}
	var label string
	var off bool
	cmd := &cobra.Command{
		Use:   "limit PROVIDER --limit L",
		Short: "Limit what all sites together may take of a key",
		Long: `Limits what all sites together may take of a key, in the place of the limits that it had.

  oaklock keys limit openai --limit 5.00/day --limit 50.00/month
  oaklock keys limit openai --label work --off`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return needs("PROVIDER")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			in := control.LimitKey{Provider: args[0], Label: label}
			if len(args) == 2 { // as it was before there was --label
				if label != "" && label != args[1] {
					return usage("This names two keys, %q and %q. Name one, with --label.", args[1], label)
				}
				in.Label = args[1]
			}
			if off == f.given(cmd) {
				return usage("Give a limit such as --limit 5.00/day, or --off to take it away.")
			}
			if err := f.change(cmd, &in.Limits); err != nil {
				return err
			}
			client, err := p.client()
			if err != nil {
				return err
			}
			key, err := client.LimitKey(cmd.Context(), in)
			if err != nil {
				return err
			}
			p.screen.line("The %s key %q: %s.", key.Provider, key.Label, limitsText(key.Limits))
			return nil
		},
	}
	f.on(cmd)
	cmd.Flags().StringVar(&label, "label", "", "which of the provider's keys")
	cmd.Flags().BoolVar(&off, "off", false, "no limit any more")
	return cmd
}

// sitesRaise changes limits of a site and leaves the rest of what it may do as it is.
func (p *program) sitesRaise() *cobra.Command {
	var provider string
	f := limitFlags{nothing: nothingSite}
	cmd := &cobra.Command{
		Use:   "raise ORIGIN --limit L",
		Short: "Change a site's limit and nothing else",
		Long: `Changes limits of a site, and nothing else of what it may do: other limits, such as that of another period, stay as they are. Its next
request goes by the new one.

  oaklock sites raise https://app.example --provider openai --limit 2.00/day`,
		Args: needs("ORIGIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !f.given(cmd) {
				return usage("Say the new limit, such as --limit 2.00/day.")
			}
			var l control.Limits
			if err := f.change(cmd, &l); err != nil {
				return err
			}
			client, err := p.client()
			if err != nil {
				return err
			}
			if provider == "" {
				if provider, err = p.onlyProvider(cmd.Context(), client, args[0]); err != nil {
					return err
				}
			}
			was, err := p.site(cmd.Context(), client, args[0])
			if err != nil {
				return err
			}
			err = each(l, func(name string, to int64) error {
				return client.RaiseLimit(cmd.Context(), control.RaiseLimit{Scope: control.OfSite, Origin: args[0], Provider: provider, Limit: name, To: to})
			})
			if err != nil {
				return err
			}
			site, err := p.site(cmd.Context(), client, args[0])
			if err != nil {
				return err
			}
			of := func(g control.Grant) bool { return g.Provider == provider }
			if i := slices.IndexFunc(site.Grants, of); i >= 0 {
				l = site.Grants[i].Limits // with those that were not changed
				if j := slices.IndexFunc(was.Grants, of); j >= 0 {
					if err := p.unsaved(site, []string{provider}, was.Grants[j].Terms); err != nil {
						return err
					}
				}
			}
			p.screen.line("%s and %s: %s.", site.Origin, provider, limitsText(l))
			return nil
		},
	}
	cmd.Flags().StringVar(&provider, "provider", "", "for this provider; need not be said where the site may use one alone")
	f.on(cmd)
	return cmd
}

// onlyProvider is the one that a site may use.
func (p *program) onlyProvider(ctx context.Context, client *control.Client, origin string) (string, error) {
	site, err := p.site(ctx, client, origin)
	if err != nil {
		return "", err
	}
	var may []string
	for _, g := range site.Grants {
		may = append(may, g.Provider)
	}
	switch len(may) {
	case 0:
		return "", &control.Error{Code: control.NotFound, Message: fmt.Sprintf("%s is allowed nothing, so there is no limit to raise. See what is allowed with: oaklock sites list", site.Origin)}
	case 1:
		return may[0], nil
	}
	return "", usage("%s may use %s. Say for which of them, such as --provider %s.", site.Origin, names(may), command.Word(may[0], "PROVIDER"))
}

// sayStopped tells of sites that limits or the brake have stopped, and what to do.
func (p *program) sayStopped(s control.State) {
	for _, x := range s.Paused {
		p.screen.line("")
		p.screen.line("%s", x.Message)
		p.screen.line("  Let it go on with: oaklock sites resume %s", command.Word(x.Origin, "SITE"))
	}
	for _, o := range s.OverLimit {
		p.screen.line("")
		p.screen.line("%s", o.Message)
		switch {
		case o.Code == "price_unknown":
			p.screen.advice("  Set its price, 0 where it is free, with: %s", control.SetsPrice(o.Provider, o.Model))
		case o.Resets != 0:
			p.screen.advice("  It resets on %s. %s", when(o.Resets, p.now(), ""), p.raiseHint(o))
		default:
			p.screen.advice("  %s", p.raiseHint(o))
		}
	}
}

// raiseHint is the command that raises a limit, as far as there is one that changes it alone.
func (p *program) raiseHint(o control.OverLimit) string {
	switch {
	case o.Scope == control.OfKey:
		return "See the key's limits with: oaklock keys list"
	case o.Scope == control.OfAll:
		return "See the limit with: oaklock settings get limit"
	case raisedTo(o) == "":
		return "See its limits with: oaklock sites list"
	}
	return "Raise it with: oaklock sites raise " + command.Word(o.Origin, "SITE") + " --provider " + command.Word(o.Provider, "PROVIDER") + " " + raisedTo(o)
}

// raisedTo is the option that raises a limit, empty where there is none.
func raisedTo(o control.OverLimit) string {
	option := map[string]string{ //nolint:gosec // tokens of a model, and no credentials
		"costDay": "--limit %s/day", "costWeek": "--limit %s/week", "costMonth": "--limit %s/month",
		"tokensDay": "--limit %stokens/day", "tokensWeek": "--limit %stokens/week", "tokensMonth": "--limit %stokens/month",
		"requestsPerMinute": "--rate %s", "atOnce": "--at-once %s", "outputTokens": "--output-tokens %s",
	}[o.Limit]
	if option == "" {
		return ""
	}
	return fmt.Sprintf(option, plainAmount(o.RaiseTo, o.Limit))
}
