// Package cli is the command line: a client of the control socket, and nothing else. Whatever the window can do can be done here, with the
// same calls.
//
// Main is the way in; Host is what it needs of the program around it. Each file holds the commands of one noun. A command parses what was
// typed into the types of package control, asks the agent, and prints the answer: whether an origin, a model or a base URL is acceptable is
// the agent's to say, so that all doors agree.
//
// What the package refuses to do: take a secret as an argument (other programs and the shell's history see arguments), print a
// secret, and print what came from a page as it is (a model's name could hold escape sequences that repaint the terminal).
//
// How a command ended, scripts see by its exit status (exit.go).
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/oaklock/oaklock/internal/control"
)

// Main runs a command with its arguments (without the program's name) until it is done or a signal ends it, and returns the exit status.
func Main(args []string, host Host) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program whatever it is doing
	p := &program{host: host, screen: screen{w: host.Stdout}, notes: screen{w: host.Stderr}, now: time.Now}
	p.screen.home, p.notes.home = &p.home, &p.home
	root := p.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	return p.explain(cmd, err)
}

// program is one run of the command line.
type program struct {
	host   Host
	screen screen // what was asked for
	notes  screen // prompts, warnings and errors
	now    func() time.Time

	home  string // --home
	begun bool   // arguments and flags were understood; errors before that are about usage
}

func (p *program) root() *cobra.Command {
	cobra.MousetrapHelpText = "" // started by a double click, Oaklock opens its window like everywhere
	version := false
	root := &cobra.Command{
		Use:   "oaklock",
		Short: "Lets web pages use your API keys without seeing them",
		Long: `Oaklock lets web pages use your own API keys without ever seeing them.

Without a command it starts the agent where none runs, and brings its window forward.`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: func(*cobra.Command, []string) error { p.begun = true; return nil },
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return noCommand(cmd, args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if version {
				p.sayVersion()
				return nil
			}
			return p.show(cmd.Context())
		},
	}
	root.Flags().BoolVarP(&version, "version", "v", false, "print the version") // cobra's own would bring text/template along: see TestTheProgramHoldsNoMethodsThatNobodyCalls
	// What is wrong with an option is told without the words of Go's parser.
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		var none *pflag.NotExistError
		var bare *pflag.ValueRequiredError
		var wrong *pflag.InvalidValueError
		switch {
		case errors.As(err, &none) && (keyShaped.MatchString(none.GetSpecifiedName()) || keyShaped.MatchString(none.GetSpecifiedShortnames())):
			return errArgument
		case errors.As(err, &none) && none.GetSpecifiedShortnames() != "":
			return usage("%q is no option of this command, nor can a name or an amount begin with a dash.", "-"+none.GetSpecifiedShortnames())
		case errors.As(err, &none):
			return usage("%q is no option of this command.", "--"+none.GetSpecifiedName())
		case errors.As(err, &bare):
			return usage("--%s needs a value behind it.", bare.GetFlag().Name)
		case !errors.As(err, &wrong):
			return err
		}
		takes := "another value"
		switch wrong.GetFlag().Value.Type() {
		case "int", "int64":
			takes = "a whole number"
		case "bool":
			takes = "true or false"
		case "stringSlice":
			takes = "names on one line, with commas between"
		}
		return usage("--%s takes %s, not %q.", wrong.GetFlag().Name, takes, wrong.GetValue())
	})
	root.SetIn(p.host.Stdin)
	root.SetOut(p.host.Stdout)
	root.SetErr(p.host.Stderr)
	root.PersistentFlags().StringVar(&p.home, "home", "", "profile folder (default $OAKLOCK_HOME, or oaklock in your configuration folder)")
	root.AddCommand(
		p.agentCommand(), p.demoCommand(), p.quitCommand(), p.versionCommand(),
		p.keysCommand(), p.providersCommand(), p.pricesCommand(), p.sitesCommand(), p.appsCommand(),
		p.pendingCommand(), p.allowCommand(), p.denyCommand(), p.blockCommand(),
		p.statusCommand(), p.doctorCommand(), p.usageCommand(), p.logCommand(), p.stopCommand(),
		p.pauseCommand(), p.resumeCommand(), p.lockCommand(), p.unlockCommand(),
		p.settingsCommand(), p.resetCommand(),
	)
	p.complete(root)
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			cmd.Args = cobra.ArbitraryArgs
			cmd.RunE = func(*cobra.Command, []string) error {
				return usage("Say for which shell: bash, zsh, fish or powershell. Oaklock completes in no other.")
			}
			for _, shell := range cmd.Commands() {
				if shell.Name() == "bash" {
					shell.RunE = func(cmd *cobra.Command, _ []string) error {
						bare, err := cmd.Flags().GetBool("no-descriptions")
						return errors.Join(err, BashCompletion(root, root.OutOrStdout(), !bare))
					}
				}
			}
		}
	}
	return root
}

// group is a noun with verbs. Without a verb it shows them, and fails: a script that forgot one should not go on.
func group(use, short string, verbs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("Say what to do with it.")
			}
			return noCommand(cmd, args[0])
		},
	}
	cmd.AddCommand(verbs...)
	return cmd
}

// needs checks that a command was given exactly these arguments. What is too much is not repeated: it may be a key.
// noCommand says that there is none of this name, and which are like it.
func noCommand(cmd *cobra.Command, name string) error {
	if keyShaped.MatchString(name) {
		return errArgument // which does not repeat it
	}
	cmd.SuggestionsMinimumDistance = 2 // letters that are wrong; cobra's own, where it looks by itself
	like := cmd.SuggestionsFor(name)
	if len(like) == 0 {
		return usage("There is no command %q.", strings.TrimPrefix(cmd.CommandPath()+" "+name, "oaklock "))
	}
	for i := range like {
		like[i] = cmd.CommandPath() + " " + like[i]
	}
	return usage("There is no command %q. There is: %s", strings.TrimPrefix(cmd.CommandPath()+" "+name, "oaklock "), strings.Join(like, ", "))
}

func needs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usage("%s is missing.", names[len(args)])
		case len(args) > len(names):
			return usage("There is more on the line than this command takes, which is: %s", strings.TrimSuffix(cmd.UseLine(), " [flags]"))
		}
		return nil
	}
}

// folder is the profile folder that the command is about.
func (p *program) folder() (string, error) {
	home := p.home
	if home == "" {
		home = os.Getenv("OAKLOCK_HOME")
	}
	if home == "" {
		var err error
		if home, err = control.MainFolder(); err != nil {
			return "", fmt.Errorf("there is no configuration folder for this user (%w); choose a profile folder with --home", err)
		}
	}
	if home == "~" || strings.HasPrefix(home, "~/") {
		return "", fmt.Errorf("%q begins with a ~ that no shell has put your home folder for; write the path out, such as /home/you/oaklock", home)
	}
	return filepath.Abs(home)
}

// client asks the agent of the profile folder.
func (p *program) client() (*control.Client, error) {
	home, err := p.folder()
	if err != nil {
		return nil, err
	}
	return control.Dial(home), nil
}

// usageError is about what was typed.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// errSaid ends a command with status 1 when what there is to say was said.
var errSaid = errors.New("said already")

// explain prints an error as a sentence and returns the exit status.
func (p *program) explain(cmd *cobra.Command, err error) int {
	var typed *usageError
	var no *control.Error
	var silent *control.SilentError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errSaid):
		return statusFailed
	case errors.As(err, &typed), !p.begun:
		p.notes.text(err.Error())
		p.notes.line("See: %s --help", cmd.CommandPath())
		return statusUsage
	case errors.Is(err, control.ErrNotRunning):
		p.notes.advice("%s", notRunning)
		return statusNotRunning
	case errors.Is(err, control.ErrRunning):
		p.notes.line("Oaklock is already running for this profile folder. See it with: oaklock status")
		return StatusRunning
	case errors.As(err, &silent):
		p.notes.line("%s.", silent)
		return statusFailed
	case errors.As(err, &no):
		p.notes.advice("%s", no.Message)
		switch no.Code {
		case control.BadInput:
			return statusUsage
		case control.Doubtful:
			p.notes.line("If it is right all the same, say so with --anyway.")
			return statusRefused
		case control.Refused, control.Locked:
			return statusRefused
		}
		return statusFailed
	case errors.Is(err, errNoAnswer):
		p.notes.line("There was no answer. Nothing was changed.")
		return statusFailed
	case errors.Is(err, context.Canceled):
		p.notes.line("Stopped. What Oaklock had not done by then is not done; see: oaklock status")
		return statusFailed
	}
	p.notes.line("oaklock: %s", err)
	return statusFailed
}

const notRunning = "Oaklock is not running. Start it with: oaklock agent --headless, or oaklock for the window."
