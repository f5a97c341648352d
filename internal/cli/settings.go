package cli

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
)

// settingsCommand lists without a verb: there is nothing else to mean.
func (p *program) settingsCommand() *cobra.Command {
	var asJSON bool
	run := func(cmd *cobra.Command, _ []string) error { return p.settingsList(cmd, asJSON) }
	cmd := &cobra.Command{Use: "settings", Short: "See and change settings", Args: needs(), RunE: run}
	all := &cobra.Command{Use: "list", Short: "List the settings", Args: needs(), RunE: run}
	jsonFlag(cmd, &asJSON)
	jsonFlag(all, &asJSON)
	cmd.AddCommand(all, p.settingsGet(), p.settingsSet())
	return cmd
}

func (p *program) settingsList(cmd *cobra.Command, asJSON bool) error {
	client, err := p.client()
	if err != nil {
		return err
	}
	settings, err := client.Settings(cmd.Context())
	if err != nil {
		return err
	}
	if asJSON {
		return list(p.screen, settings)
	}
	rows := [][]string{{"NAME", "VALUE", "DEFAULT", ""}}
	for _, s := range settings {
		value := s.Value
		if value == "" {
			value = "unknown"
		}
		rows = append(rows, []string{s.Name, value, s.Default, s.Help})
	}
	p.screen.table(rows)
	return nil
}

func (p *program) settingsGet() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "get NAME",
		Short: "Print the value of a setting",
		Args:  needs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			settings, err := client.Settings(cmd.Context())
			if err != nil {
				return err
			}
			for _, s := range settings {
				if s.Name != args[0] {
					continue
				}
				if s.Value == "" {
					return &control.Error{Code: control.Refused, Message: fmt.Sprintf("Oaklock cannot tell what %s is set to: another program may have changed it. See what holds meanwhile with: oaklock status", s.Name)}
				}
				if asJSON {
					return p.screen.json(s)
				}
				p.screen.line("%s", s.Value)
				return nil
			}
			return &control.Error{Code: control.NotFound, Message: "There is no setting of this name. See those that there are with: oaklock settings"}
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (p *program) settingsSet() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "set NAME VALUE",
		Short: "Change a setting",
		Args:  needs("NAME", "VALUE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			before, err := client.Settings(cmd.Context())
			if err != nil {
				return err
			}
			s, err := client.SetSetting(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			p.screen.line("%s is %s.", s.Name, s.Value)
			same := slices.ContainsFunc(before, func(b control.Setting) bool { return b.Name == s.Name && b.Value == s.Value })
			if s.Name == "vault" && !same {
				p.screen.line("Keys stay where they lie: add here those that you want to use. Open it with: oaklock unlock")
			}
			if s.Name != "port" {
				return nil
			}
			state, err := client.State(cmd.Context())
			if err == nil && strconv.Itoa(state.Port) != s.Value {
				p.screen.line("It holds from the next start on: oaklock quit, then start Oaklock again.")
			}
			return err
		},
	}
	// pflag takes -5s for options, and speaks of shorthands.
	cmd.SetFlagErrorFunc(func(*cobra.Command, error) error { return usage("No setting has a value that begins with a dash.") })
	return cmd
}
