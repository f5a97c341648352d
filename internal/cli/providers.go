package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/command"
	"github.com/oaklock/oaklock/internal/control"
)

func (p *program) providersCommand() *cobra.Command {
	return group("providers", "See, add and change providers",
		p.providersList(), p.providersSet(), p.providersReset(), p.providersRemove())
}

func (p *program) providersList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the providers, and what a page sets to use each",
		Args:  needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			providers, err := client.Providers(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return list(p.screen, providers)
			}
			rows := [][]string{{"PROVIDER", "NAME", "KEYS", "A PAGE SETS", "GOES TO"}}
			for _, r := range providers {
				to := r.BaseURL
				switch {
				case r.Custom:
					to += " (added by you)"
				case r.BaseURL != r.Default:
					to += " (changed by you)"
				}
				rows = append(rows, []string{r.ID, r.Name, strconv.Itoa(r.Keys), r.Prefix, to})
			}
			p.screen.table(rows)
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (p *program) providersSet() *cobra.Command {
	var set control.SetProvider
	cmd := &cobra.Command{
		Use:   "set ID --base-url URL",
		Short: "Change where a provider is, or add an OpenAI-compatible one",
		Long: `Changes where a provider is, or adds an OpenAI-compatible one under a new ID. A key goes only to the address that it was given for: after a
change it is asked for again.`,
		Args: needs("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if set.BaseURL == "" {
				return usage("Say where the provider is, with --base-url. To go back to what Oaklock knows: oaklock providers reset ID")
			}
			set.ID = args[0]
			return p.setProvider(cmd, set)
		},
	}
	cmd.Flags().StringVar(&set.BaseURL, "base-url", "", "its address, such as https://llm.example/v1")
	cmd.Flags().StringVar(&set.Name, "name", "", "a name for a new one")
	cmd.Flags().StringVar(&set.Auth, "auth", "", "how a new one takes the key: bearer, x-api-key, api-key or a header's name (default bearer)")
	return cmd
}

func (p *program) providersReset() *cobra.Command {
	return &cobra.Command{
		Use:   "reset ID",
		Short: "Go back to the address that Oaklock knows",
		Args:  needs("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.setProvider(cmd, control.SetProvider{ID: args[0]})
		},
	}
}

func (p *program) setProvider(cmd *cobra.Command, set control.SetProvider) error {
	client, err := p.client()
	if err != nil {
		return err
	}
	r, err := client.SetProvider(cmd.Context(), set)
	if err != nil {
		return err
	}
	next := "A key that was given for another address is asked for again."
	if r.Keys == 0 {
		next = "Add a key with: oaklock keys add " + command.Word(r.ID, "PROVIDER")
	}
	p.screen.advice("%s goes to %s. A page sets %s. %s", r.ID, r.BaseURL, r.Prefix, next)
	return nil
}

func (p *program) providersRemove() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "remove ID",
		Short: "Remove a provider that you added, or the address that you gave another",
		Long: `Removes a provider that you added; one that Oaklock knows goes back to the address that Oaklock knows. It asks first; where
nobody sits at the terminal to be asked, it wants --yes. Keys stay stored, and go nowhere but to the address that they were given for.`,
		Args: needs("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			providers, err := client.Providers(cmd.Context())
			if err != nil {
				return err
			}
			// Nobody is asked where nothing would be taken away: the agent says that.
			if i := slices.IndexFunc(providers, func(r control.Provider) bool { return r.ID == args[0] && (r.Custom || r.BaseURL != r.Default) }); i >= 0 {
				question, says := removal(providers[i])
				if err := p.confirm(cmd.Context(), yes, question, says); err != nil {
					return err
				}
			}
			if err := client.RemoveProvider(cmd.Context(), args[0]); err != nil {
				return err
			}
			return p.sayRemoved(cmd.Context(), client, args[0])
		},
	}
	yesFlag(cmd, &yes)
	return cmd
}

// removal says what is taken away with a provider of the user's, or with the address that one has from the user.
func removal(r control.Provider) (question, says string) {
	if r.Custom {
		return fmt.Sprintf("Remove the provider %s at %s? Its keys stay stored and go nowhere.", r.ID, r.BaseURL),
			fmt.Sprintf("This takes away the provider %s at %s.", r.ID, r.BaseURL)
	}
	return fmt.Sprintf("Forget the address %s? %s then goes to %s again, and a key that was given for the other address is asked for again.", r.BaseURL, r.ID, r.Default),
		fmt.Sprintf("This takes away the address %s; %s then goes to %s again.", r.BaseURL, r.ID, r.Default)
}

// sayRemoved says where one of the catalogue's is again, or that another is gone, and which of its keys lead nowhere now.
func (p *program) sayRemoved(ctx context.Context, client *control.Client, id string) error {
	providers, err := client.Providers(ctx)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(providers, func(r control.Provider) bool { return r.ID == id }); i >= 0 {
		p.screen.line("%s goes to %s again.", id, providers[i].BaseURL)
	} else {
		p.screen.line("Removed %s.", id)
	}
	keys, err := client.Keys(ctx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		switch why := keyTrouble(k); {
		case k.Provider != id || why == "":
		case k.Trouble == control.KeyNoProvider:
			p.screen.line("Its key %q is still stored and goes nowhere. Take it away with: oaklock keys remove %s", k.Label, control.KeyWords(k.Provider, k.Label))
		default:
			p.screen.line("Its key %q cannot be used (%s).", k.Label, why)
		}
	}
	return nil
}
