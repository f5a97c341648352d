package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
)

func (p *program) resetCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "reset",
		Short: "Take away your keys and everything else that Oaklock keeps",
		Long: `Ends Oaklock, takes its keys out of the system's keychain, and deletes what is in its profile folder: the sites, the
settings, the log, and the encrypted file with keys where there is one. It no longer starts at login. It cannot be undone.

The keys stay valid at their providers until you end them there.`,
		Args: needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, err := p.folder()
			if err != nil {
				return err
			}
			err = p.confirm(cmd.Context(), yes, "This takes away your keys, the sites, the settings and the log in "+home+". It cannot be undone. Go on?",
				"This takes everything away and cannot be undone.")
			if err != nil {
				return err
			}
			return p.reset(cmd.Context(), home)
		},
	}
	yesFlag(cmd, &yes)
	return cmd
}

func (p *program) reset(ctx context.Context, home string) error {
	client, err := p.client()
	if err != nil {
		return err
	}
	what := "Oaklock has ended, and its"
	if err := client.Quit(ctx); errors.Is(err, control.ErrNotRunning) {
		what = "Oaklock's"
	} else if err != nil {
		return err
	}
	stopped, cancel := context.WithTimeout(ctx, graceToQuit)
	defer cancel()
	if err := client.WaitStopped(stopped); err != nil {
		return fmt.Errorf("the agent was told to quit and is still there, so nothing was removed: %w", err)
	}
	removed, err := p.host.Reset(ctx, home)
	for errors.Is(err, control.ErrRunning) && stopped.Err() == nil { // it no longer answers, and has not quite ended
		select {
		case <-time.After(20 * time.Millisecond):
		case <-stopped.Done():
		}
		removed, err = p.host.Reset(ctx, home)
	}
	if err != nil {
		return err
	}
	p.screen.line("%s sites, settings and log are gone. Keys removed from this machine: %d.", what, removed.Keys)
	if len(removed.Providers) > 0 {
		p.screen.line("They stay valid at the providers until you end them there: %s.", strings.Join(removed.Providers, ", "))
	}
	if len(removed.Left) == 0 {
		return nil
	}
	p.notes.line("This could not be removed:")
	for _, left := range removed.Left {
		p.notes.line("  %s", left)
	}
	return errSaid
}
