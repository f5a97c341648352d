package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/owner"
)

// graceToQuit is how long "oaklock quit" waits for the agent to be gone.
const graceToQuit = 15 * time.Second

var errPort = usage("A port is a number from 1 to 65535, or 0 for any that is free.")

func isPort(n int) bool { return n >= 0 && n <= 65535 }

func (p *program) agentCommand() *cobra.Command {
	var o AgentOptions
	var file string
	var fd int
	cmd := &cobra.Command{
		Use:   "agent",
		Short: "Run the agent in the foreground",
		Long: `Runs the agent in the foreground until it is told to quit, or by Ctrl-C.

On a machine without a keychain the keys can lie in a file that a passphrase protects: with "oaklock settings set vault file"
from then on, with --vault file for this start alone. The agent asks for the passphrase through "oaklock unlock" and the window;
for unattended starts it can come from a file or a file descriptor. Where the keys lie in the keychain, such a start is refused.`,
		Args: needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			flags := cmd.Flags()
			switch {
			case o.Vault != "" && o.Vault != "keychain" && o.Vault != "file":
				return usage("A vault is keychain or file.")
			case flags.Changed("port") && !isPort(o.Port):
				return errPort
			case flags.Changed("passphrase-file") && flags.Changed("passphrase-fd"):
				return usage("Give the passphrase by a file or by a file descriptor, not by both.")
			case flags.Changed("passphrase-fd") && fd != 0 && fd < 3:
				return usage("A file descriptor to read from is 0, or a number from 3.")
			}
			var err error
			if flags.Changed("passphrase-file") {
				o.Passphrase, err = passphraseFromFile(cmd.Context(), file)
			} else if flags.Changed("passphrase-fd") {
				o.Passphrase, err = p.passphraseFromDescriptor(cmd.Context(), fd)
			}
			if err != nil {
				return err
			}
			if o.Home, err = p.folder(); err != nil {
				return err
			}
			p.warnRoot()
			return p.host.RunAgent(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.Headless, "headless", false, "no window, no tray, no notifications")
	cmd.Flags().BoolVar(&o.AtLogin, "at-login", false, "the desktop starts it: where no tray comes up, open the window")
	_ = cmd.Flags().MarkHidden("at-login") // for the entry in the list of what starts at login
	cmd.Flags().IntVar(&o.Port, "port", -1, "port for pages; 0 for any that is free (default: the setting, 6255 at first)")
	cmd.Flags().StringVar(&o.Vault, "vault", "", "where the keys lie for this start alone: keychain or file (default: the setting vault, the keychain at first)")
	cmd.Flags().StringVar(&file, "passphrase-file", "", "file with the passphrase of the file vault, read again at each unlock")
	cmd.Flags().IntVar(&fd, "passphrase-fd", -1, "file descriptor to read that passphrase from, once")
	cmd.Flags().Lookup("port").DefValue = "0" // which no help shows
	cmd.Flags().Lookup("passphrase-fd").DefValue = "0"
	return cmd
}

// passphraseFromFile looks once at the start, so that a wrong name is told now and not at the first unlock.
func passphraseFromFile(ctx context.Context, path string) (func() ([]byte, error), error) {
	secret, err := heed(ctx, func() ([]byte, error) { return readSecretFile(path) })
	if err != nil {
		return nil, err
	}
	clear(secret)
	return func() ([]byte, error) { return readSecretFile(path) }, nil
}

// passphraseFromDescriptor reads once, because a pipe gives nothing twice.
func (p *program) passphraseFromDescriptor(ctx context.Context, fd int) (func() ([]byte, error), error) {
	from := p.host.Stdin
	if fd != 0 {
		f := os.NewFile(uintptr(fd), "the passphrase")
		defer func() { _ = f.Close() }()
		from = f
	}
	secret, err := heed(ctx, func() ([]byte, error) { return readSecret(from) })
	if err != nil {
		return nil, fmt.Errorf("read the passphrase from file descriptor %d: %w", fd, err)
	}
	if len(secret) == 0 {
		return nil, fmt.Errorf("there is no passphrase on file descriptor %d", fd)
	}
	return func() ([]byte, error) { return bytes.Clone(secret), nil }, nil
}

// warnRoot says that Oaklock is made to run as a user; it goes on, because containers run as root.
func (p *program) warnRoot() {
	if who := owner.Elevated(); who != "" {
		p.notes.line("Oaklock runs as %s here. It does not need that, and it is safer to run it as yourself.", who)
	}
}

// show is "oaklock" without a command.
func (p *program) show(ctx context.Context) error {
	home, err := p.folder()
	if err != nil {
		return err
	}
	client := control.Dial(home)
	if _, err := client.State(ctx); errors.Is(err, control.ErrNotRunning) {
		p.warnRoot()
		// Another start may have won in between: then its agent is the one to show.
		if err := p.host.StartAgent(ctx, home); err != nil && !errors.Is(err, control.ErrRunning) {
			return err
		}
	} else if err != nil {
		return err
	}
	why := "there is no display here"
	if p.host.HasDisplay() {
		shown, err := client.Show(ctx)
		if err != nil {
			return err
		}
		switch shown.How {
		case "forward":
			p.screen.line("Oaklock is running; its window comes forward.")
			return nil
		case "started":
			p.screen.line("Oaklock is running; its window opens.")
			return nil
		}
		// The agent was started where there is no display, or told to do without: the window is a program like this one, and
		// there is a display here.
		if err := p.host.OpenWindow(home); err == nil {
			p.screen.line("Oaklock is running; its window opens.")
			return nil
		}
		if shown.Message != "" {
			why = shown.Message
		}
	}
	state, err := client.State(ctx)
	if err != nil {
		return err
	}
	p.sayHeadless(state, why)
	return nil
}

func (p *program) sayHeadless(state control.State, why string) {
	p.screen.line("Oaklock runs without a window at %s (%s).", state.Endpoint, why)
	if state.Vault.Message != "" {
		p.screen.line("%s", state.Vault.Message)
	}
	steps := [][]string{
		{"  Add a key:", "oaklock keys add openai"},
		{"  Point a page at it:", state.Endpoint + "/llm/openai as the base URL"},
		{"  When the page asks:", "oaklock pending, then oaklock allow ID"},
		{"  Try it without a key:", "oaklock demo"},
		{"  See what holds:", "oaklock status"},
	}
	if open := OpenKeys(state.Vault); open != "" {
		steps = append([][]string{{"  Before all else:", open}}, steps...)
	}
	for _, step := range steps {
		step[1] = p.screen.here(step[1])
	}
	p.screen.table(steps)
}

// outOfReach says that no key can be used, as far as it is known.
func outOfReach(v control.Vault) bool { return v.Status != "" && v.Status != "ready" }

// OpenKeys is the commands that are needed before a key can be kept or used; empty where it can.
func OpenKeys(v control.Vault) string {
	switch v.Status {
	case "unavailable":
		return "oaklock settings set vault file, then oaklock unlock"
	case "new", "locked":
		return "oaklock unlock"
	}
	return ""
}

func (p *program) demoCommand() *cobra.Command {
	var o DemoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Try it all with a page and a provider of its own",
		Long: `Runs a demo page and a demo provider on this machine until Ctrl-C, so that asking, allowing, pausing and locking
can be tried without a key and without the network.`,
		Args: needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !isPort(o.Port) {
				return errPort
			}
			var err error
			if o.Home, err = p.folder(); err != nil {
				return err
			}
			return p.host.RunDemo(cmd.Context(), o)
		},
	}
	cmd.Flags().IntVar(&o.Port, "port", 6256, "port of the demo page")
	return cmd
}

func (p *program) quitCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "quit",
		Short: "End the agent and its window",
		Long: `Ends the agent and its window. Where something that you took away could not be saved, because the disk is full, it asks
first, and elsewhere than at a terminal it does not quit without --yes: what is not saved would be again as it was before.`,
		Args: needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			if !yes {
				if err := p.mayQuit(cmd.Context(), client); err != nil {
					return err
				}
			}
			if err := client.Quit(cmd.Context()); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), graceToQuit)
			defer cancel()
			if err := client.WaitStopped(ctx); err != nil {
				return fmt.Errorf("the agent was told to quit and is still there: %w", err)
			}
			p.screen.line("Oaklock has quit.")
			return nil
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "quit also where that undoes what could not be saved")
	return cmd
}

// mayQuit asks where something is in force that the end of the agent undoes.
func (p *program) mayQuit(ctx context.Context, client *control.Client) error {
	state, err := client.State(ctx)
	if err != nil {
		return err
	}
	for _, problem := range state.Problems {
		if problem.Code != control.Unsaved {
			continue
		}
		p.notes.line("%s", problem.Message)
		p.notes.advice("  %s", problem.Fix)
		return p.confirm(ctx, false, "Quit all the same?", "Oaklock has not quit, because that would undo this.")
	}
	return nil
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which version this is",
		Args:  needs(),
		Run:   func(*cobra.Command, []string) { p.sayVersion() },
	}
}

func (p *program) sayVersion() { p.screen.line("oaklock %s", p.host.Version) }
