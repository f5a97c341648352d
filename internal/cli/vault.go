package cli

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
)

// plain is a command that tells the agent one thing and says a sentence when it is done.
func (p *program) plain(use, short, done string, act func(*control.Client, context.Context) error) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			if err := act(client, cmd.Context()); err != nil {
				return err
			}
			p.screen.line("%s", done)
			return nil
		},
	}
}

func (p *program) pauseCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "pause",
		Short: "Stop answering pages, and end what is running",
		Args:  needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			if err := client.Pause(cmd.Context()); err != nil {
				return err
			}
			if state, err := client.State(cmd.Context()); err == nil && state.State == "locked" {
				p.screen.line("Paused, and locked as before: no site gets an answer until you have done both: oaklock unlock, oaklock resume")
				return nil
			}
			p.screen.line("Paused: no site gets an answer until you resume.")
			return nil
		},
	}
}

func (p *program) resumeCommand() *cobra.Command {
	return p.plain("resume", "Answer pages again",
		"Resumed: the sites that you allowed get answers again.", (*control.Client).Resume)
}

func (p *program) lockCommand() *cobra.Command {
	return p.plain("lock", "Forget the keys in memory until you unlock",
		"Locked: no key is in memory, and no site gets an answer until you unlock.", (*control.Client).Lock)
}

func (p *program) unlockCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "unlock",
		Short: "Open the keys again",
		Long: `Opens the keys again. Where they lie in a file the passphrase is the one that the agent was started with, or it is
asked for here. A file that has no passphrase yet gets one.`,
		Args: needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			if err := p.unlock(cmd.Context(), client, file); err != nil {
				return err
			}
			state, err := client.State(cmd.Context())
			if err == nil && outOfReach(state.Vault) { // nothing was there that could have been opened
				p.notes.line("Oaklock is no longer locked, but your keys are still out of reach. %s", state.Vault.Message)
				if open := OpenKeys(state.Vault); open != "" {
					p.notes.advice("  Open your keys with: %s", open)
				}
				return errSaid
			}
			p.screen.line("Unlocked.")
			if err == nil && state.State == "paused" {
				p.notes.line("It is still paused, so no site gets an answer. Go on with: oaklock resume")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "passphrase-file", "", "file with the passphrase")
	return cmd
}

// shortestPassphrase is what the agent takes for a new one, in characters.
const shortestPassphrase = 8

// patience is how long an unlock is silent; a keychain that shows no dialog answers at once.
const patience = 1500 * time.Millisecond

// whileDialogWaits says, while call lasts, that a keychain waits for the user in a dialog of its own, which may be behind another
// window or on another screen.
func (p *program) whileDialogWaits(ctx context.Context, client *control.Client, call func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- call() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
	}
	if state, err := client.State(ctx); err == nil && state.Vault.Kind == "keychain" && state.Vault.Status == "locked" {
		p.notes.line("Your keychain asks for its password in a dialog of its own. Answer it there; this command waits for up to 5 minutes.")
	}
	return <-ended
}

func (p *program) unlock(ctx context.Context, client *control.Client, file string) error {
	if file != "" {
		secret, err := heed(ctx, func() ([]byte, error) { return readSecretFile(file) })
		if err != nil {
			return err
		}
		defer clear(secret)
		state, err := client.State(ctx)
		if err != nil {
			return err
		}
		return client.Unlock(ctx, control.Unlock{Passphrase: string(secret), Create: state.Vault.Status == "new"})
	}
	// Without a passphrase first: the keychain needs none, and the agent may know the file's.
	first := p.whileDialogWaits(ctx, client, func() error { return client.Unlock(ctx, control.Unlock{}) })
	no := new(control.Error)
	if first == nil || !errors.As(first, &no) {
		return first
	}
	state, err := client.State(ctx)
	if err != nil {
		return err
	}
	_, person := p.terminal()
	if state.Vault.Kind != "file" {
		return first
	}
	if !person {
		return &control.Error{Code: no.Code, Message: no.Message + " It is asked for at a terminal; elsewhere name a file that has it: oaklock unlock --passphrase-file FILE."}
	}
	switch state.Vault.Status {
	case "locked":
		secret, err := p.askSecret(ctx, "Passphrase:", false)
		if err != nil {
			return err
		}
		return client.Unlock(ctx, control.Unlock{Passphrase: secret})
	case "new":
		p.notes.line("The keys will lie in a file that only this passphrase opens. Nobody can recover it.")
		secret, err := p.askSecret(ctx, "New passphrase:", false)
		if err != nil {
			return err
		}
		if utf8.RuneCountInString(secret) < shortestPassphrase { // before it is typed again
			return usage("The passphrase needs at least %d characters. Nothing was changed.", shortestPassphrase)
		}
		again, err := p.askSecret(ctx, "The same again:", false)
		if err != nil {
			return err
		}
		if secret != again {
			return usage("The two are not the same. Nothing was changed.")
		}
		return client.Unlock(ctx, control.Unlock{Passphrase: secret, Create: true})
	}
	return first
}
