package cli

import (
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
)

func (p *program) logCommand() *cobra.Command {
	var f control.LogFilter
	var since, until string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "log",
		Short: "List the last requests; never what was in them",
		Args:  needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("number") && (f.Limit < 1 || f.Limit > 1000) {
				return usage("-n takes a number from 1 to 1000.")
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
			entries, err := client.Log(cmd.Context(), f)
			if err != nil {
				return err
			}
			if asJSON {
				return list(p.screen, entries)
			}
			if len(entries) == 0 {
				p.screen.line("No request yet.")
				return nil
			}
			p.sayEntries(entries)
			return nil
		},
	}
	cmd.Flags().StringVar(&f.Origin, "site", "", "only this origin")
	cmd.Flags().StringVar(&f.Provider, "provider", "", "only this provider")
	cmd.Flags().StringVar(&f.Model, "model", "", "only this model")
	cmd.Flags().IntVar(&f.Status, "status", 0, "only this status, such as 402, or 4 for all from 400 to 499")
	cmd.Flags().StringVar(&f.Code, "code", "", "only this code of Oaklock's, such as budget_exhausted")
	cmd.Flags().StringVar(&f.Only, "only", "", "only what was refused, or what was served")
	cmd.Flags().StringVar(&since, "since", "", "from then on: 7d, 12h, 4w, or a date such as 2026-01-31")
	cmd.Flags().StringVar(&until, "until", "", "before then, in the same forms")
	cmd.Flags().Int64Var(&f.Before, "before", 0, "only what came before the entry with this ID")
	cmd.Flags().IntVarP(&f.Limit, "number", "n", 100, "how many, newest first")
	jsonFlag(cmd, &asJSON)
	cmd.AddCommand(p.logVerify())
	return cmd
}

func (p *program) sayEntries(entries []control.Entry) {
	rows := [][]string{{"ID", "TIME", "SITE", "PROVIDER", "MODEL", "ANSWER", "IN", "OUT", "COST", "MS"}}
	for _, e := range entries {
		answer := strconv.Itoa(e.Status)
		if e.Code != "" {
			answer += " " + e.Code
		}
		model := e.Model
		if model == "" {
			model = e.Endpoint
		}
		rows = append(rows, []string{
			strconv.FormatInt(e.ID, 10), time.UnixMilli(e.Time).Format("2006-01-02 15:04:05"),
			e.Origin, e.Provider, model, answer, tokenCount(e.Input), tokenCount(e.Output), costText(e), count(e.Millis),
		})
	}
	p.screen.table(rows)
}

// costText is what an entry cost: a dash where that is not known, and a tilde before what no provider has confirmed.
func costText(e control.Entry) string {
	switch {
	case e.Cost < 0:
		return "–"
	case e.Estimated:
		return "~" + usd(e.Cost)
	}
	return usd(e.Cost)
}
