package cli

import (
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
)

func (p *program) logCommand() *cobra.Command {
	var f control.LogFilter
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "log",
		Short: "List the last requests; never what was in them",
		Args:  needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("number") && (f.Limit < 1 || f.Limit > 1000) {
				return usage("-n takes a number from 1 to 1000.")
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
	cmd.Flags().Int64Var(&f.Before, "before", 0, "only what came before the entry with this ID")
	cmd.Flags().IntVarP(&f.Limit, "number", "n", 100, "how many, newest first")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (p *program) sayEntries(entries []control.Entry) {
	rows := [][]string{{"ID", "TIME", "SITE", "PROVIDER", "MODEL", "ANSWER", "IN", "OUT", "MS"}}
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
			e.Origin, e.Provider, model, answer, tokenCount(e.Input), tokenCount(e.Output), count(e.Millis),
		})
	}
	p.screen.table(rows)
}

func (p *program) usageCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "usage",
		Short: "Say what was used today",
		Args:  needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			state, err := client.State(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return p.screen.json(state.Today)
			}
			p.screen.line("Today: %s.", todayText(state.Today))
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func todayText(t control.Today) string {
	return number(t.Requests, "request") + ", " + count(t.Refused) + " refused, " +
		number(t.Input, "token") + " in, " + count(t.Output) + " out"
}
