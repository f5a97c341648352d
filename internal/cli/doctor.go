package cli

import (
	"context"
	"errors"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/system"
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
			checks, err := p.examine(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				err = list(p.screen, checks)
			} else {
				p.sayChecks(checks)
			}
			if err == nil && slices.ContainsFunc(checks, func(c control.Check) bool { return c.State == control.Wrong }) {
				return errSaid
			}
			return err
		},
	}
	jsonFlag(cmd, &asJSON)
	cmd.Flags().BoolVar(&attacks, "attack", false, "attack this Oaklock, and say what held")
	return cmd
}

func (p *program) sayChecks(checks []control.Check) {
	for _, c := range checks {
		p.screen.line("%-7s %s", c.State, c.Message)
		if c.Fix != "" {
			p.screen.advice("        %s", c.Fix)
		}
	}
}

// examine asks the agent, or where none runs looks at what can be seen without one.
func (p *program) examine(ctx context.Context) ([]control.Check, error) {
	home, err := p.folder()
	if err != nil {
		return nil, err
	}
	checks, err := control.Dial(home).Examine(ctx)
	var silent *control.SilentError
	switch {
	case err == nil:
	case errors.Is(err, control.ErrNotRunning):
		checks = []control.Check{{Code: "not_running", State: control.Wrong, Message: "Oaklock is not running.",
			Fix: "Start it with: oaklock agent --headless, or oaklock for the window."}}
		checks = append(checks, p.host.Examine(ctx, home)...)
	case errors.As(err, &silent):
		return []control.Check{{Code: "silent", State: control.Wrong, Message: silent.Error() + "."}}, nil
	case errors.Is(err, control.ErrFolder):
		return []control.Check{{Code: "folder", State: control.Wrong, Message: "The profile folder is not safe to use.", Fix: err.Error()}}, nil
	default:
		return nil, err
	}
	return append(checks, browserNote(system.For(runtime.GOOS))), nil
}

// browserNote is about what nobody but the user can look at.
func browserNote(words system.Words) control.Check {
	return control.Check{Code: "browser", State: control.Note,
		Message: "A site on the internet also needs your browser's own permission to reach this machine, which nobody but the browser knows of.",
		Fix: `The browser asks once for each site, to "access other apps and services on this device": click Allow. If it does not ask any more, it ` +
			`remembers a no. Click the icon left of the site's address: in Chromium, Chrome, Edge and Brave switch "Apps on device" on, in Firefox click ` +
			`the x beside "Blocked"; then load the page again. With pictures: browsers.md, which is ` + words.Browsers + ".",
	}
}
