package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/envkeys"
	"github.com/oaklock/oaklock/internal/system"
)

// importing is one run of "keys import".
type importing struct {
	env, list, asJSON, noTest, yes bool
	file                           string
}

// foundKey is a key with its secret, which is only ever sent to the agent.
type foundKey struct {
	control.FoundKey
	Where  string `json:"where"` // the file; empty for the environment
	secret string
}

func (p *program) keysImport() *cobra.Command {
	var in importing
	cmd := &cobra.Command{
		Use:   "import [FILE]",
		Short: "Move keys out of the environment or a .env file",
		Long: `Looks for API keys in the environment of this shell, or in a file such as .env, by names such as OPENAI_API_KEY. It shows
what it found by name and last four characters, asks, stores each key and tests it. What was found also stays where it is;
at the end stands where. Where nobody sits at the terminal, it does not ask.

  oaklock keys import
  oaklock keys import .env
  oaklock keys import --env .env        # both`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return errArgument
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				in.file = args[0]
			} else {
				in.env = true
			}
			return p.importKeys(cmd.Context(), in)
		},
	}
	cmd.Flags().BoolVar(&in.env, "env", false, "look in the environment (what happens without a file)")
	cmd.Flags().BoolVar(&in.list, "list", false, "only list what is found")
	cmd.Flags().BoolVar(&in.asJSON, "json", false, "only list what is found, as JSON")
	cmd.Flags().BoolVar(&in.noTest, "no-test", false, "do not test the keys")
	yesFlag(cmd, &in.yes)
	return cmd
}

func (p *program) importKeys(ctx context.Context, in importing) error {
	client, err := p.client()
	if err != nil {
		return err
	}
	found, err := p.findKeys(ctx, client, in)
	if err != nil {
		return err
	}
	if in.asJSON {
		return list(p.screen, found)
	}
	if len(found) == 0 {
		p.notes.line("No API key was found %s. Names such as OPENAI_API_KEY are looked for.", in.where())
		return errSaid
	}
	p.sayFound(found)
	if in.list {
		return nil
	}
	_, person := p.terminal()
	if err := p.confirm(ctx, in.yes || !person, "Store what is not stored yet?", ""); err != nil { // a script loses nothing by it
		return err
	}
	failed := false
	for i := range found {
		failed = !p.importKey(ctx, client, &found[i], in.noTest) || failed
	}
	p.sayWhatStays(found)
	if failed {
		return errSaid
	}
	return nil
}

func (in importing) where() string {
	switch {
	case in.file == "":
		return "in this environment"
	case in.env:
		return "in this environment and in " + in.file
	}
	return "in " + in.file
}

// findKeys looks where it was told to.
func (p *program) findKeys(ctx context.Context, client *control.Client, in importing) ([]foundKey, error) {
	providers, err := client.Providers(ctx)
	if err != nil {
		return nil, err
	}
	stored, err := client.Keys(ctx)
	if err != nil {
		return nil, err
	}
	var all []envkeys.Found
	if in.env {
		all = envkeys.Environment(os.Environ(), envkeys.IDs(providers))
	}
	fromEnv := len(all)
	if in.file != "" {
		text, err := heed(ctx, func() ([]byte, error) { return readText(in.file) })
		if err != nil {
			return nil, err
		}
		more, err := envkeys.File(text, envkeys.IDs(providers))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", in.file, err)
		}
		if passed := envkeys.Passed(text, envkeys.IDs(providers)); len(passed) > 0 {
			p.notes.line("Not read from %s, since the value is a placeholder or cut, a quote is not closed, or a shell would have to put it together: %s.", in.file, names(passed))
		}
		all = append(all, more...)
	}
	var found []foundKey
	var failed error
	offer := envkeys.Offer(all, providers, stored, func(provider, secret string) bool {
		has, err := client.HasKey(ctx, control.HasKey{Provider: provider, Secret: secret})
		failed = errors.Join(failed, err)
		return has.Stored
	})
	if failed != nil {
		return nil, failed
	}
	for i, k := range offer {
		f := foundKey{FoundKey: k, secret: all[i].Secret}
		if i >= fromEnv {
			f.Where = in.file
		}
		found = append(found, f)
	}
	return found, nil
}

// readText reads a file that is no longer than one with keys can be.
func readText(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the user named it
	switch {
	case errors.Is(err, fs.ErrNotExist) && keyShaped.MatchString(path):
		return nil, errArgument
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no file %s", path)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("you may not read the file %s", path)
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder; name a file in it, such as %s", path, filepath.Join(path, ".env"))
	}
	b, err := io.ReadAll(io.LimitReader(f, envkeys.MaxFile+1))
	if err == nil && len(b) > envkeys.MaxFile {
		err = errors.New("it is too long for a file with keys")
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return b, nil
}

func (p *program) sayFound(found []foundKey) {
	rows := [][]string{{"PROVIDER", "ENDS IN", "FOUND AS", "IN", "LABEL HERE"}}
	for _, k := range found {
		where := "the environment"
		if k.Where != "" {
			where = fmt.Sprintf("%s, line %d", k.Where, k.Line)
		}
		label := k.Label
		if k.Stored {
			label = "stored already"
		}
		rows = append(rows, []string{k.Provider, k.Hint, strings.Join(k.Variables, ", "), where, label})
	}
	p.screen.table(rows)
}

// importKey stores one key and says how that went; what was stored before counts as done.
func (p *program) importKey(ctx context.Context, client *control.Client, k *foundKey, noTest bool) bool {
	if k.Stored {
		return true
	}
	key, err := client.AddKey(ctx, control.AddKey{Provider: k.Provider, Label: k.Label, Secret: k.secret})
	if err != nil {
		p.notes.line("The %s key that ends in %s: %s", k.Provider, k.Hint, err)
		return false
	}
	k.Stored = true
	p.saySaved(key)
	if noTest {
		return true
	}
	if err := p.testKey(ctx, client, control.KeyRef{Provider: key.Provider, Label: key.Label}); err != nil {
		if !errors.Is(err, errSaid) {
			p.notes.line("It was not tested: %s", err)
		}
		return false
	}
	return true
}

// sayWhatStays names where the keys that are stored still stand. Nothing is deleted there: other programs may need it, and a file
// may be of more use than is seen from here.
func (p *program) sayWhatStays(found []foundKey) {
	var env, file []string
	path := ""
	for _, k := range found {
		if !k.Stored {
			continue
		}
		if k.Where == "" {
			env = append(env, k.Variables...)
		} else {
			file, path = append(file, k.Variables...), k.Where
		}
	}
	if len(file) > 0 {
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
		p.screen.line("%s still has %s: whoever can read it has the keys. Delete those lines when nothing else needs them.", path, strings.Join(file, ", "))
	}
	if len(env) > 0 {
		p.screen.line("This shell, and every program started from it, still has %s. Take out of where it is set, %s, what nothing else needs.",
			strings.Join(env, ", "), system.For(runtime.GOOS).Variables)
	}
}
