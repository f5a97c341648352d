package cli

import (
	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
)

func (p *program) sitesTrust() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "trust",
		Short: "Confirm what another program has changed",
		Long: `Confirms everything that Oaklock was told, as it stands now. It is needed after a backup was put back, or when the keychain
was emptied: Oaklock then cannot tell its own list of sites from one that somebody else has changed, and honours nothing in it.

Look first at what would be in force: oaklock sites list`,
		Args: needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			doubts, err := client.Doubts(cmd.Context())
			if err != nil {
				return err
			}
			if len(doubts) == 0 {
				p.screen.line("There is nothing to confirm: everything is as Oaklock left it.")
				return nil
			}
			sites, err := client.Sites(cmd.Context())
			if err != nil {
				return err
			}
			p.sayDoubts(doubts, sites)
			if err := p.confirm(cmd.Context(), yes, "Put all of this in force?", "Look at what this would put in force."); err != nil {
				return err
			}
			if err := client.Trust(cmd.Context()); err != nil {
				return err
			}
			p.screen.line("Confirmed: everything is in force as it stands.")
			return nil
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// sayDoubts lists what is not in force, and the terms of those sites in full.
func (p *program) sayDoubts(doubts []string, sites []control.Site) {
	p.screen.line("Not in force, because another program may have changed it:")
	for _, d := range doubts {
		p.screen.line("  %s", d)
	}
	rows := [][]string{siteColumns}
	for _, s := range sites {
		some := s
		some.Grants = nil
		for _, g := range s.Grants {
			if g.Unproven {
				some.Grants = append(some.Grants, g)
			}
		}
		if len(some.Grants) > 0 {
			rows = append(rows, p.siteRows(some)...)
		}
	}
	if len(rows) > 1 {
		p.screen.line("")
		p.screen.table(rows)
	}
}
