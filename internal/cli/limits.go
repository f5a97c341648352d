package cli

import (
	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
)

// keysLimit limits a key over all sites.
func (p *program) keysLimit() *cobra.Command {
	var limits []string
	var rate string
	var off bool
	cmd := &cobra.Command{
		Use:   "limit PROVIDER [LABEL]",
		Short: "Limit what all sites together may take of a key",
		Long: `Limits what all sites together may take of a key, in the place of the limits that it had.

  oaklock keys limit openai --limit 5.00/day --limit 50.00/month
  oaklock keys limit openai work --off`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return needs("PROVIDER")(cmd, args)
		},
		ValidArgsFunction: p.completeProvider,
		RunE: func(cmd *cobra.Command, args []string) error {
			in := control.LimitKey{Provider: args[0]}
			if len(args) == 2 {
				in.Label = args[1]
			}
			if off == (len(limits) > 0 || rate != "") {
				return usage("Give a limit such as --limit 5.00/day, or --off to take it away.")
			}
			if err := parseLimits(limits, &in.Limits); err != nil {
				return err
			}
			if rate != "" {
				var err error
				if in.Limits.RequestsPerMinute, err = parseRate(rate); err != nil {
					return err
				}
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
	cmd.Flags().StringSliceVar(&limits, "limit", nil, "at most this much, such as 5.00/day, 50.00/month or 100000tokens/day; can be repeated")
	cmd.Flags().StringVar(&rate, "rate", "", "at most so many requests, such as 60/minute")
	cmd.Flags().BoolVar(&off, "off", false, "no limit any more")
	return cmd
}

// sitesRaise changes limits of a site and leaves the rest of what it may do as it is.
func (p *program) sitesRaise() *cobra.Command {
	var provider string
	var limits []string
	cmd := &cobra.Command{
		Use:   "raise ORIGIN --provider P --limit L",
		Short: "Change a site's limit and nothing else",
		Long: `Changes limits of a site, and nothing else of what it may do. Its next request goes by the new one.

  oaklock sites raise https://app.example --provider openai --limit 2.00/day`,
		Args: needs("ORIGIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if provider == "" || len(limits) == 0 {
				return usage("Say for which provider, and the new limit, such as --provider openai --limit 2.00/day.")
			}
			var l control.Limits
			if err := parseLimits(limits, &l); err != nil {
				return err
			}
			client, err := p.client()
			if err != nil {
				return err
			}
			for _, x := range []struct {
				name string
				to   int64
			}{
				{"costDay", l.CostDay}, {"costWeek", l.CostWeek}, {"costMonth", l.CostMonth},
				{"tokensDay", l.TokensDay}, {"tokensWeek", l.TokensWeek}, {"tokensMonth", l.TokensMonth},
			} {
				if x.to == 0 {
					continue
				}
				raise := control.RaiseLimit{Scope: control.OfSite, Origin: args[0], Provider: provider, Limit: x.name, To: x.to}
				if err := client.RaiseLimit(cmd.Context(), raise); err != nil {
					return err
				}
			}
			p.screen.line("%s and %s: %s.", args[0], provider, limitsText(l))
			return nil
		},
	}
	cmd.Flags().StringVar(&provider, "provider", "", "for this provider")
	cmd.Flags().StringSliceVar(&limits, "limit", nil, "at most this much, such as 2.00/day; can be repeated")
	return cmd
}

// sayStopped tells of sites that limits or the brake have stopped, and what to do.
func (p *program) sayStopped(s control.State) {
	for _, x := range s.Paused {
		p.screen.line("")
		p.screen.line("%s", x.Message)
		p.screen.line("  Let it go on with: oaklock sites resume %s", x.Origin)
	}
	for _, o := range s.OverLimit {
		p.screen.line("")
		p.screen.line("%s", o.Message)
		switch {
		case o.Code == "price_unknown":
			p.screen.line("  Set its price with: oaklock prices set %s %s", o.Provider, o.Model)
		case o.Resets != 0:
			p.screen.line("  It resets on %s. %s", when(o.Resets, p.now(), ""), p.raiseHint(o))
		default:
			p.screen.line("  %s", p.raiseHint(o))
		}
	}
}

// raiseHint is the command that raises a limit, as far as there is one that changes it alone.
func (p *program) raiseHint(o control.OverLimit) string {
	units := map[string]string{"costDay": "/day", "costWeek": "/week", "costMonth": "/month", "tokensDay": "tokens/day", "tokensWeek": "tokens/week", "tokensMonth": "tokens/month"}
	unit := units[o.Limit]
	if unit == "" {
		return "See its limits with: oaklock sites list"
	}
	amount := plainAmount(o.RaiseTo, o.Limit) + unit
	switch o.Scope {
	case control.OfKey:
		return "See the key's limits with: oaklock keys list"
	case control.OfAll:
		return "See the limit with: oaklock settings get limit"
	}
	return "Raise it with: oaklock sites raise " + o.Origin + " --provider " + o.Provider + " --limit " + amount
}
