package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
)

// errArgument refuses a key on the line. It does not repeat it.
var errArgument = usage("A key is never given on the command line: every program on this machine can read it there, and the shell keeps it in its history. " +
	"Run the command with the provider alone and paste the key when asked, or pipe it in.\n" +
	"If that was a real key, take it out of the history, or make a new one at the provider.")

func (p *program) keysCommand() *cobra.Command {
	verbs := []*cobra.Command{p.keysAdd(), p.keysList(), p.keysTest(), p.keysLimit(), p.keysRemove()}
	for _, verb := range verbs {
		verb.PreRunE = noKeyOnTheLine
	}
	return group("keys", "Add, list, test, limit and remove keys", append(verbs, p.keysImport())...)
}

// keyShaped is what is a key, or part of one, rather than a provider's ID (at most 32 characters) or a label (at most 40).
var keyShaped = regexp.MustCompile(`^(?:sk[-_]|gsk_|xai-|AIza|AQ\.)[\w.-]{16,}$|^[[:alnum:]]{32,}$|^[\w.-]{41,}$`)

// noKeyOnTheLine looks where a provider or a label should stand: that is where a key is typed by whoever does not know better.
func noKeyOnTheLine(cmd *cobra.Command, args []string) error {
	if label := cmd.Flag("label"); label != nil {
		// A script whose variable is empty means none of the keys that there are.
		if label.Changed && strings.TrimSpace(label.Value.String()) == "" {
			return usage("--label wants the name of a key. Nothing was changed.")
		}
		args = append(args, label.Value.String())
	}
	if slices.ContainsFunc(args, keyShaped.MatchString) {
		return errArgument
	}
	return nil
}

func (p *program) keysAdd() *cobra.Command {
	var add control.AddKey
	var test, noTest, yes bool
	cmd := &cobra.Command{
		Use:   "add PROVIDER",
		Short: "Store a key: asked for here, or read from standard input",
		Long: `Stores a key in the system's keychain, or where you chose. It is asked for without showing it, and tested at once; from a pipe it is
read as it comes, and tested only with --test. Blanks and quotes around it are no part of it, nor is a name in front of it, as in a
line of a .env file. Before it takes the place of another key it asks; where nobody sits at the terminal to be asked, it wants --yes:

  oaklock keys add openai
  printf %s "$KEY" | oaklock keys add openai --label personal`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return errArgument
			}
			return needs("PROVIDER")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if test && noTest {
				return usage("Test it or do not: --test and --no-test exclude each other.")
			}
			add.Provider = args[0]
			client, err := p.client()
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			// Before the question: nobody should type a key for an agent that is not there.
			if _, err := client.State(ctx); err != nil {
				return err
			}
			_, person := p.terminal()
			if err := p.mayReplace(ctx, client, add, yes); err != nil {
				return err
			}
			if add.Secret, err = p.keyToAdd(ctx, add.Provider, person); err != nil {
				return err
			}
			key, err := client.AddKey(ctx, add)
			if err != nil {
				return err
			}
			p.saySaved(key)
			if test || person && !noTest {
				return p.testKey(ctx, client, control.KeyRef{Provider: key.Provider, Label: key.Label})
			}
			return nil
		},
	}
	// pflag repeats what it does not understand, and -sk-… is read as flags.
	cmd.SetFlagErrorFunc(func(*cobra.Command, error) error {
		return usage("This command does not know that option. (A key is never given on the command line.)")
	})
	cmd.Flags().StringVar(&add.Label, "label", "", "a name for this key, when a provider has several (default \"default\")")
	cmd.Flags().BoolVar(&add.Anyway, "anyway", false, "store it although it looks like another provider's")
	cmd.Flags().BoolVar(&test, "test", false, "test it at the provider after saving (what happens by itself when you are asked for the key)")
	cmd.Flags().BoolVar(&noTest, "no-test", false, "do not test it")
	yesFlag(cmd, &yes)
	return cmd
}

// mayReplace asks before a key takes the place of another, and before it is typed or read.
func (p *program) mayReplace(ctx context.Context, client *control.Client, add control.AddKey, yes bool) error {
	keys, err := client.Keys(ctx)
	if err != nil {
		return err
	}
	label := strings.TrimSpace(add.Label)
	if label == "" {
		label = "default"
	}
	for _, k := range keys {
		if k.Provider != add.Provider || k.Label != label || k.Trouble == control.KeyGone { // of that one nothing is left to be replaced
			continue
		}
		replaces := fmt.Sprintf("This replaces the %s key %q, which ends in %s. (To keep both, give the new one a name with --label.)", k.Provider, k.Label, k.Hint)
		return p.confirm(ctx, yes, replaces+" Go on?", replaces)
	}
	return nil
}

func (p *program) saySaved(key control.Key) {
	replaced := ""
	if key.Replaced != "" {
		replaced = fmt.Sprintf(" It replaces the one that ended in %s.", key.Replaced)
	}
	p.screen.line("Saved the %s key %q, which ends in %s.%s It goes to %s and nowhere else.", key.Provider, key.Label, key.Hint, replaced, key.Endpoint)
}

func (p *program) keyToAdd(ctx context.Context, provider string, person bool) (key string, err error) {
	if person {
		key, err = p.askSecret(ctx, fmt.Sprintf("The key for %s (it is not shown):", provider), true)
	} else {
		var piped []byte
		piped, err = heed(ctx, func() ([]byte, error) { return readSecret(p.host.Stdin) })
		key = string(piped)
		clear(piped)
	}
	if errors.Is(err, errTooLong) {
		return "", usage("This is too long to be a key. Nothing was changed.")
	}
	if err != nil {
		return "", err
	}
	if key = strings.TrimSpace(key); key == "" { // pasting and pipes bring blanks along
		return "", usage("There was no key. Nothing was changed.")
	}
	return key, nil
}

// testKey says how the provider answers, and fails when the key does not work.
func (p *program) testKey(ctx context.Context, client *control.Client, key control.KeyRef) error {
	result, err := client.TestKey(ctx, key)
	if err != nil {
		return err
	}
	return p.sayTest(result)
}

func (p *program) sayTest(result control.KeyTest) error {
	switch {
	case result.Works:
		p.screen.line("The provider says that it works.")
		return nil
	case result.Status == 0:
		p.notes.line("%s", result.Message)
	default:
		p.notes.line("The provider does not take it (%d): %s", result.Status, result.Message)
	}
	return errSaid
}

func (p *program) keysList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the keys; never the keys themselves",
		Args:  needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			keys, err := client.Keys(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return list(p.screen, keys)
			}
			if len(keys) == 0 {
				p.screen.line("There is no key yet. Add one with: oaklock keys add openai")
				return nil
			}
			rows := [][]string{{"PROVIDER", "LABEL", "ENDS IN", "GOES TO", "LIMIT", "USED", "ADDED", "LAST USED"}}
			for _, k := range keys {
				to := k.Endpoint
				if why := keyTrouble(k); why != "" {
					to += " (" + why + ")"
				}
				rows = append(rows, []string{k.Provider, k.Label, k.Hint, to, limitsText(k.Limits), usedText(k.Limits, k.Use), when(k.Added, p.now(), "–"), when(k.LastUsed, p.now(), "never")})
			}
			p.screen.table(rows)
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// keyTrouble says why no site can use a key, and what to do.
func keyTrouble(k control.Key) string {
	switch {
	case k.Usable:
		return ""
	case k.Trouble == control.KeyGone && k.Vault == "file":
		return "its file is gone: add the key again, or remove it"
	case k.Trouble == control.KeyGone:
		return "gone from the keychain: add the key again, or remove it"
	case k.Trouble == control.KeyDamaged:
		return "its file is damaged: add the key again, or put back a copy of the folder vault"
	case k.Trouble == control.KeyNoProvider:
		return "there is no such provider any more: remove the key, or add the provider again"
	case k.Trouble == control.KeyChanged:
		return "another program has changed this entry: add the key again"
	case k.Trouble == control.KeyLimitLost:
		return "another program may have changed its limits: set them anew with: oaklock keys limit"
	case k.Trouble == control.KeyElsewhere && k.Vault == "file":
		return "it lies in the file, which is not in use: add it again, or go back with: oaklock settings set vault file"
	case k.Trouble == control.KeyElsewhere:
		return "it lies in the keychain, which is not in use: add it again, or go back with: oaklock settings set vault keychain"
	}
	return "the provider has moved: add the key again"
}

func (p *program) keysTest() *cobra.Command {
	var key control.KeyRef
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "test PROVIDER",
		Short: "Ask the provider whether a key works",
		Args:  needs("PROVIDER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			key.Provider = args[0]
			result, err := client.TestKey(cmd.Context(), key)
			if err != nil {
				return err
			}
			if !asJSON {
				return p.sayTest(result)
			}
			if err := p.screen.json(result); err != nil || result.Works {
				return err
			}
			return errSaid
		},
	}
	cmd.Flags().StringVar(&key.Label, "label", "", "which of the provider's keys")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (p *program) keysRemove() *cobra.Command {
	var key control.KeyRef
	var yes bool
	cmd := &cobra.Command{
		Use:   "remove PROVIDER",
		Short: "Take a key out of the keychain",
		Long: `Takes a key out of the system's keychain, or out of where you chose. It asks first; where nobody sits at the terminal to be
asked, it wants --yes. The key stays valid at the provider until you end it there.`,
		Args: needs("PROVIDER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			key.Provider = args[0]
			if key, err = whichKey(cmd.Context(), client, key); err != nil {
				return err
			}
			err = p.confirm(cmd.Context(), yes, fmt.Sprintf("Remove the %s key %q? It stays valid at the provider.", key.Provider, key.Label),
				fmt.Sprintf("This takes away the %s key %q.", key.Provider, key.Label))
			if err != nil {
				return err
			}
			if err := client.RemoveKey(cmd.Context(), key); err != nil {
				return err
			}
			p.screen.line("Removed the %s key %q. It stays valid at the provider until you end it there.", key.Provider, key.Label)
			return nil
		},
	}
	cmd.Flags().StringVar(&key.Label, "label", "", "which of the provider's keys")
	yesFlag(cmd, &yes)
	return cmd
}

// whichKey completes a reference without a label as the agent does, so that what is removed can be named.
func whichKey(ctx context.Context, client *control.Client, key control.KeyRef) (control.KeyRef, error) {
	if key.Label != "" {
		return key, nil
	}
	keys, err := client.Keys(ctx)
	if err != nil {
		return key, err
	}
	var own []string
	for _, k := range keys {
		if k.Provider == key.Provider {
			own = append(own, k.Label)
		}
	}
	if key.Label = "default"; len(own) == 1 {
		key.Label = own[0]
	}
	return key, nil
}

func yesFlag(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "yes", false, "do not ask")
}

func jsonFlag(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "json", false, "print JSON")
}
