package cli

import (
	"slices"
	"strconv"

	"github.com/spf13/cobra"

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
		next = "Add a key with: oaklock keys add " + r.ID
	}
	p.screen.line("%s goes to %s. A page sets %s. %s", r.ID, r.BaseURL, r.Prefix, next)
	return nil
}

func (p *program) providersRemove() *cobra.Command {
	return &cobra.Command{
		Use:   "remove ID",
		Short: "Remove a provider that you added",
		Args:  needs("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			if err := client.RemoveProvider(cmd.Context(), args[0]); err != nil {
				return err
			}
			p.screen.line("Removed %s.", args[0])
			keys, err := client.Keys(cmd.Context())
			if err != nil {
				return err
			}
			providers, err := client.Providers(cmd.Context())
			if err != nil || slices.ContainsFunc(providers, func(r control.Provider) bool { return r.ID == args[0] }) {
				return err // one of the catalogue's, which is still there
			}
			for _, k := range keys {
				if k.Provider == args[0] {
					p.screen.line("Its key %q is still stored and goes nowhere. Take it away with: oaklock keys remove %s --label %s", k.Label, k.Provider, k.Label)
				}
			}
			return nil
		},
	}
}
