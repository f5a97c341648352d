package cli

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/money"
)

// dimensions are what sums can be told apart by, and their heading.
var dimensions = map[string]string{"day": "DAY", "site": "SITE", "provider": "PROVIDER", "model": "MODEL", "key": "KEY"}

func (p *program) usageCommand() *cobra.Command {
	var f control.UsageFilter
	var since, until string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "usage",
		Short: "Say what was used and what it cost",
		Long: `Says what was used today; with --by or --since, sums over a longer time, the dearest first or by day.

  oaklock usage
  oaklock usage --by site --since 7d
  oaklock usage --by day,model --since 2026-01-01 --json`,
		Args: needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, by := range f.By {
				if dimensions[by] == "" {
					return usage("Sums are by day, site, provider, model or key.")
				}
			}
			var err error
			if f.Since, err = parseMoment(since, p.now()); err != nil {
				return err
			}
			if f.Until, err = parseMoment(until, p.now()); err != nil {
				return err
			}
			client, err := p.client()
			if err != nil {
				return err
			}
			if !slices.ContainsFunc([]string{"by", "since", "until", "site", "provider", "model"}, cmd.Flags().Changed) {
				return p.today(cmd, client, asJSON)
			}
			sums, err := client.Usage(cmd.Context(), f)
			if err != nil {
				return err
			}
			if asJSON {
				return list(p.screen, sums)
			}
			p.saySums(f.By, sums)
			return nil
		},
	}
	listFlag(cmd.Flags(), &f.By, "by", "what the sums are told apart by: day, site, provider, model, key, or several")
	cmd.Flags().StringVar(&since, "since", "", "from then on: 7d, 12h, 4w, or a date such as 2026-01-31")
	cmd.Flags().StringVar(&until, "until", "", "up to then, in the same forms")
	cmd.Flags().StringVar(&f.Origin, "site", "", "only this origin")
	cmd.Flags().StringVar(&f.Provider, "provider", "", "only this provider")
	cmd.Flags().StringVar(&f.Model, "model", "", "only this model")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (p *program) today(cmd *cobra.Command, client *control.Client, asJSON bool) error {
	state, err := client.State(cmd.Context())
	if err != nil {
		return err
	}
	if asJSON {
		return p.screen.json(state.Today)
	}
	p.screen.line("Today: %s.", todayText(state.Today))
	return nil
}

func todayText(t control.Today) string {
	text := number(t.Requests, "request") + ", " + money.Count(t.Refused) + " refused, " +
		number(t.Input, "token") + " in, " + money.Count(t.Output) + " out, " + money.USD(t.Cost)
	if t.Estimated > 0 {
		text += " (" + money.USD(t.Estimated) + " of it estimated)"
	}
	if t.Unpriced > 0 {
		text += ", and " + number(t.Unpriced, "request") + " without a price"
	}
	return text
}

func (p *program) saySums(by []string, sums []control.UsageSum) {
	if len(sums) == 0 {
		p.screen.line("Nothing was used in that time.")
		return
	}
	heading := []string{}
	for _, d := range by {
		heading = append(heading, dimensions[d])
	}
	rows := [][]string{append(heading, "REQUESTS", "REFUSED", "IN", "OUT", "COST")}
	var total control.UsageSum
	for _, s := range sums {
		row := []string{}
		for _, d := range by {
			name := map[string]string{"day": s.Day, "site": s.Origin, "provider": s.Provider, "model": s.Model, "key": s.Key}[d]
			if name == "" && s.Requests == 0 {
				name = "(refused)"
			}
			row = append(row, name)
		}
		rows = append(rows, append(row, sumCells(s)...))
		total.Requests += s.Requests
		total.Refused += s.Refused
		total.Input += s.Input
		total.Output += s.Output
		total.Cost += s.Cost
		total.Estimated += s.Estimated
		total.Unpriced += s.Unpriced
	}
	if len(by) > 0 {
		row := append([]string{"total"}, make([]string, len(by)-1)...)
		rows = append(rows, slices.Concat(row, sumCells(total)))
	}
	p.screen.table(rows)
	if total.Estimated > 0 {
		p.screen.line("%s of it is estimated: where an answer was cut before the provider said what it took, the most that it can have been counts.", money.USD(total.Estimated))
	}
	if total.Unpriced > 0 {
		p.screen.line("%s had no price, and %s not in the cost.", number(total.Unpriced, "request"), isAre(total.Unpriced))
	}
}

func isAre(n int64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func sumCells(s control.UsageSum) []string {
	return []string{money.Count(s.Requests), money.Count(s.Refused), money.Count(s.Input), money.Count(s.Output), money.USD(s.Cost)}
}

var dateForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)

// parseMoment reads --since and --until: a time before now, or a date, in milliseconds; 0 for nothing.
func parseMoment(value string, now time.Time) (int64, error) {
	if value == "" {
		return 0, nil
	}
	if dateForm.MatchString(value) {
		t, err := time.ParseInLocation(time.DateOnly, value, now.Location())
		if err != nil {
			return 0, usage("There is no day %q.", value)
		}
		return t.UnixMilli(), nil
	}
	m := spanForm.FindStringSubmatch(value)
	if m == nil {
		return 0, usage("%q is no time that Oaklock knows. Use 12h, 7d, 4w, or a date such as 2026-01-31.", value)
	}
	n, _ := strconv.Atoi(m[1])
	switch m[2] {
	case "d":
		return now.AddDate(0, 0, -n).UnixMilli(), nil
	case "w":
		return now.AddDate(0, 0, -7*n).UnixMilli(), nil
	}
	return now.Add(-time.Duration(n) * map[string]time.Duration{"m": time.Minute, "h": time.Hour}[m[2]]).UnixMilli(), nil
}

// usedText says how much of the limits that there are is used, such as "$0.12 of $1.00 a day".
func usedText(l control.Limits, u control.Use) string {
	var parts []string
	add := func(limit, used, held int64, text func(int64) string, per string) {
		if limit == 0 {
			return
		}
		part := text(used)
		if held > 0 {
			part += " and " + text(held) + " reserved"
		}
		parts = append(parts, part+" "+per)
	}
	tokens := func(n int64) string { return number(n, "token") }
	requests := func(n int64) string { return number(n, "request") }
	add(l.CostDay, u.Used.CostDay, u.Held.CostDay, money.USD, "today")
	add(l.CostWeek, u.Used.CostWeek, u.Held.CostWeek, money.USD, "this week")
	add(l.CostMonth, u.Used.CostMonth, u.Held.CostMonth, money.USD, "this month")
	add(l.TokensDay, u.Used.TokensDay, u.Held.TokensDay, tokens, "today")
	add(l.TokensWeek, u.Used.TokensWeek, u.Held.TokensWeek, tokens, "this week")
	add(l.TokensMonth, u.Used.TokensMonth, u.Held.TokensMonth, tokens, "this month")
	add(l.RequestsPerMinute, u.Used.RequestsPerMinute, 0, requests, "in the last minute")
	add(l.AtOnce, u.Held.AtOnce, 0, requests, "under way")
	return strings.Join(parts, ", ")
}
