package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
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
	p.screen.line("%s", sentence)
	vault := "in the system's keychain"
	if s.Vault.Kind == "file" {
		vault = "in a file that a passphrase protects"
	}
	p.screen.table([][]string{
		{"Endpoint", s.Endpoint + " (a page sets " + s.Endpoint + "/llm/openai, or another provider)"},
		{"Keys", count(int64(s.Keys)) + ", " + vault},
		{"Sites", count(int64(s.Sites))},
		{"Today", todayText(s.Today)},
		{"Profile", s.Home},
		{"Version", s.Version + ", started " + when(s.Started, p.now(), "")},
	})
	if s.Vault.Message != "" {
		p.screen.line("%s", s.Vault.Message)
	}
	if len(s.Running) > 0 {
		p.screen.line("")
		p.screen.line("Being answered now (end one with: oaklock stop ID)")
		rows := [][]string{{"ID", "SITE", "PROVIDER", "MODEL", "SINCE"}}
		for _, r := range s.Running {
			rows = append(rows, []string{r.ID, r.Origin, r.Provider, r.Model, when(r.Started, p.now(), "")})
		}
		p.screen.table(rows)
	}
	if questions := append(s.Questions, s.Missed...); len(questions) > 0 {
		p.screen.line("")
		p.sayQuestions(questions)
	}
	for _, problem := range s.Problems {
		p.screen.line("")
		p.screen.line("%s", problem.Message)
		p.screen.line("  %s", problem.Fix)
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

func (p *program) doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is wrong and what to do",
		Args:  needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			well, problems, err := p.examine(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				err = list(p.screen, problems)
			} else {
				p.sayHealth(well, problems)
			}
			if err == nil && len(problems) > 0 {
				return errSaid
			}
			return err
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (p *program) sayHealth(well []string, problems []control.Problem) {
	for _, sentence := range well {
		p.screen.line("fine     %s", sentence)
	}
	for _, problem := range problems {
		p.screen.line("problem  %s", problem.Message)
		p.screen.line("         %s", problem.Fix)
	}
}

// examine says what is well and what is not.
func (p *program) examine(ctx context.Context) (well []string, problems []control.Problem, err error) {
	client, err := p.client()
	if err != nil {
		return nil, nil, err
	}
	if p.host.HasDisplay() {
		well = append(well, "There is a display for the window.")
	} else {
		well = append(well, "There is no display here: everything is done with commands.")
	}
	state, err := client.State(ctx)
	switch {
	case errors.Is(err, control.ErrNotRunning):
		return well, []control.Problem{{
			Code: "not_running", Message: "Oaklock is not running.", Fix: "Start it with: oaklock agent --headless, or oaklock for the window.",
		}}, nil
	case errors.Is(err, control.ErrFolder):
		return well, []control.Problem{{Code: "folder", Message: "The profile folder is not safe to use.", Fix: err.Error()}}, nil
	case err != nil:
		return nil, nil, err
	}
	well = append(well, "Oaklock "+state.Version+" is running, and pages reach it at "+state.Endpoint+".")
	if problem, ok := vaultProblem(state); ok {
		problems = append(problems, problem)
	} else if state.Vault.Status == "ready" {
		well = append(well, "The keys can be read.")
	}
	return well, append(problems, state.Problems...), nil
}

// vaultProblem says what keeps the keys from being read, unless the agent says it among its own problems.
func vaultProblem(s control.State) (control.Problem, bool) {
	fix := map[string]string{
		"locked":      "Unlock with: oaklock unlock",
		"new":         "Choose its passphrase with: oaklock unlock",
		"unavailable": "Start a keychain (on Linux: gnome-keyring or KeePassXC), or keep the keys in a file with: oaklock settings set vault file, then oaklock unlock",
		"denied":      "Allow Oaklock in the system's keychain, then: oaklock unlock",
	}[s.Vault.Status]
	for _, p := range s.Problems {
		if strings.Contains(p.Code, "keychain") || strings.Contains(p.Code, "vault") {
			return control.Problem{}, false
		}
	}
	message := s.Vault.Message
	if message == "" {
		message = "The keys cannot be read."
	}
	return control.Problem{Code: "vault_" + s.Vault.Status, Message: message, Fix: fix}, fix != ""
}
