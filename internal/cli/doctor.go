package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
)

func (p *program) doctorCommand() *cobra.Command {
	var asJSON, attacks bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is wrong and what to do",
		Long: `Says what is wrong and what to do.

With --attack it also attacks Oaklock the way hostile pages, other users of this machine and careless providers would,
and says of each attack whether Oaklock held. That takes up to a minute. Your keys and grants are not touched: what could
use a key is tried on a second Oaklock with a made-up one, and yours gets only what changes nothing. With a Chromium in the
path, hostile pages run in it, in a profile of their own.`,
		Args: needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if attacks {
				return p.attack(cmd.Context(), asJSON)
			}
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
	cmd.Flags().BoolVar(&attacks, "attack", false, "attack this Oaklock, and say what held")
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
