package cli

import (
	"net/http"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/money"
)

// logQuery is what narrows the log, as it is typed.
type logQuery struct {
	f            control.LogFilter
	since, until string
}

func (q *logQuery) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&q.f.Origin, "site", "", "only this origin")
	cmd.Flags().StringVar(&q.f.Provider, "provider", "", "only this provider")
	cmd.Flags().StringVar(&q.f.Model, "model", "", "only this model")
	cmd.Flags().IntVar(&q.f.Status, "status", 0, "only this status, such as 402, or 4 for all from 400 to 499")
	cmd.Flags().StringVar(&q.f.Code, "code", "", "only this code of Oaklock's, such as budget_exhausted")
	cmd.Flags().StringVar(&q.f.Only, "only", "", "only what was refused, or what was served")
	cmd.Flags().StringVar(&q.since, "since", "", "from then on: 7d, 12h, 4w, or a date such as 2026-01-31")
	cmd.Flags().StringVar(&q.until, "until", "", "before then, in the same forms")
}

func (q *logQuery) filter(now time.Time) (f control.LogFilter, err error) {
	f = q.f
	if f.Since, err = parseMoment(q.since, now); err != nil {
		return f, err
	}
	f.Until, err = parseMoment(q.until, now)
	return f, err
}

func (p *program) logCommand() *cobra.Command {
	var q logQuery
	var before int64
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "log",
		Short: "List the last requests; never what was in them",
		Args:  needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("number") && (limit < 1 || limit > 1000) {
				return usage("-n takes a number from 1 to 1000.")
			}
			if before < 0 { // 0: of all
				return usage("--before takes the ID of an entry, a number from 1.")
			}
			f, err := q.filter(p.now())
			if err != nil {
				return err
			}
			f.Before, f.Limit = before, limit
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
				if f == (control.LogFilter{Limit: f.Limit}) {
					p.screen.line("No request yet.")
				} else {
					p.screen.line("No request in the log is like that. See all of them with: oaklock log")
				}
				return nil
			}
			p.sayEntries(entries)
			return nil
		},
	}
	q.flags(cmd)
	cmd.Flags().Int64Var(&before, "before", 0, "only what came before the entry with this ID")
	cmd.Flags().IntVarP(&limit, "number", "n", 100, "how many, newest first")
	jsonFlag(cmd, &asJSON)
	cmd.AddCommand(p.logVerify(), p.logExport())
	return cmd
}

func (p *program) sayEntries(entries []control.Entry) {
	rows := [][]string{{"ID", "TIME", "SITE", "PROVIDER", "MODEL", "ANSWER", "IN", "OUT", "COST", "MS"}}
	for _, e := range entries {
		model := e.Model
		if model == "" {
			model = e.Endpoint
		}
		rows = append(rows, []string{
			strconv.FormatInt(e.ID, 10), time.UnixMilli(e.Time).Format("2006-01-02 15:04:05"),
			e.Origin, e.Provider, model, answerText(e), tokenCount(e.Input), tokenCount(e.Output), costText(e), money.Count(e.Millis),
		})
	}
	p.screen.table(rows)
}

// answerText is how an entry ended: its status, with Oaklock's own code where it refused. An answer that had begun was cut.
func answerText(e control.Entry) string {
	answer := strconv.Itoa(e.Status)
	switch {
	case e.Code == "":
		return answer
	case e.Status >= http.StatusBadRequest:
		return answer + " " + e.Code
	case e.Status == http.StatusOK && e.Code == "budget_exhausted": // no limit is used up
		return answer + " cut: more than reserved"
	}
	return answer + " cut: " + e.Code
}

// costText is what an entry cost: a dash where that is not known, and a tilde before what no provider has confirmed.
func costText(e control.Entry) string {
	switch {
	case e.Cost < 0:
		return "–"
	case e.Estimated:
		return "~" + money.USD(e.Cost)
	}
	return money.USD(e.Cost)
}
