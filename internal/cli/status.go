package cli

import (
	"github.com/spf13/cobra"
	"slices"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/money"
)

func (p *program) statusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what holds now",
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
				return p.screen.json(state)
			}
			p.sayState(state)
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

var sentences = map[string]string{
	"on":     "Oaklock is on.",
	"paused": "Oaklock is paused: no site gets an answer until you resume.",
	"locked": "Oaklock is locked: no key is in memory, and no site gets an answer until you unlock.",
}

func (p *program) sayState(s control.State) {
	sentence, ok := sentences[s.State]
	if !ok {
		sentence = "Oaklock is " + s.State + "."
	}
	if s.State == "on" && outOfReach(s.Vault) {
		sentence = "Oaklock is on, but your keys are out of reach, so no site gets an answer."
	}
	p.screen.line("%s", sentence)
	keys := money.Count(int64(s.Keys))
	switch {
	case s.Vault.Kind == "file":
		keys += ", in a file that a passphrase protects"
	case s.Vault.Status != "unavailable": // else there may be none, which stands below
		keys += ", in the system's keychain"
	}
	if s.UnusableKeys > 0 {
		keys += "; " + money.Count(int64(s.UnusableKeys)) + " more cannot be used (see why with: oaklock keys list)"
	}
	rows := [][]string{
		{"Endpoint", s.Endpoint + " (a page sets " + s.Endpoint + "/llm/openai, or another provider)"},
		{"Keys", keys},
		{"Sites", money.Count(int64(s.Sites))},
		{"Today", todayText(s.Today)},
		{"Profile", s.Home},
		{"Version", s.Version + ", started " + when(s.Started, p.now(), "")},
	}
	if l := s.Overall.Limits; l != (control.Limits{}) {
		rows = slices.Insert(rows, 4, []string{"Limit", limitsText(l) + "; used: " + usedText(l, s.Overall.Use)})
	}
	p.screen.table(rows)
	if s.Vault.Message != "" {
		p.screen.advice("%s", s.Vault.Message)
		if open := OpenKeys(s.Vault); open != "" {
			p.screen.advice("  Open your keys with: %s", open)
		}
	}
	if len(s.Running) > 0 {
		p.screen.line("")
		p.screen.line("Being answered now (end one with: oaklock stop ID)")
		rows := [][]string{{"ID", "SITE", "PROVIDER", "MODEL", "SINCE", "COST"}}
		for _, r := range s.Running {
			cost := "–"
			if r.Cost >= 0 {
				cost = "~" + money.USD(r.Cost) + ", at most " + money.USD(r.Reserved)
			}
			rows = append(rows, []string{r.ID, r.Origin, r.Provider, r.Model, when(r.Started, p.now(), ""), cost})
		}
		p.screen.table(rows)
	}
	if questions := append(s.Questions, s.Missed...); len(questions) > 0 {
		p.screen.line("")
		p.sayQuestions(questions)
	}
	p.sayStopped(s)
	for _, problem := range s.Problems {
		p.screen.line("")
		p.screen.line("%s", problem.Message)
		p.screen.advice("  %s", problem.Fix)
	}
}

func (p *program) stopCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "stop ID",
		Short: "End one answer that is running",
		Args:  needs("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			if err := client.StopRunning(cmd.Context(), args[0]); err != nil {
				return err
			}
			p.screen.line("Stopped.")
			return nil
		},
	}
}
