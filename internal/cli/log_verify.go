package cli

import (
	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
)

func (p *program) logVerify() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that the log is as Oaklock wrote it",
		Long: `Reads the whole log and checks it: each line carries a code over itself and the line before, the code of the newest is sealed with
a key in your keychain, and the sums by which limits are held must not be less than the lines. It names the first line that does
not fit. Oaklock does the same by itself at every start.`,
		Args: needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			c, err := client.VerifyLog(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				err = p.screen.json(c)
			} else {
				p.sayLogCheck(c)
			}
			if err == nil && c.Broken {
				return errSaid
			}
			return err
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (p *program) sayLogCheck(c control.LogCheck) {
	switch {
	case c.Broken:
		p.screen.line("%s", c.Message)
		if c.Lines > 0 {
			p.screen.line("Before that %s as Oaklock wrote them, from %d to %d.", are(c.Lines, "line"), c.First, c.Last)
		}
		p.screen.line("Nothing was deleted by this. If you know what it was, confirm it with: oaklock sites trust")
	case c.Lines == 0:
		p.screen.line("There is no line to check.")
	default:
		p.screen.line("The log is as Oaklock wrote it: %s, from %d to %d.", number(c.Lines, "line"), c.First, c.Last)
	}
	if c.Before > 0 {
		p.screen.line("%s not checked: older than the codes, or confirmed by you.", are(c.Before, "line"))
	}
	if !c.Sealed {
		p.screen.line("Its end was not checked, because your keys are not open. Unlock with: oaklock unlock")
	}
}

// are is a number of things and its verb.
func are(n int64, what string) string { return number(n, what) + " " + isAre(n) }
