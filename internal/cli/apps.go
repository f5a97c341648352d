package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/appkey"
	"github.com/oaklock/oaklock/internal/control"
)

func (p *program) appsCommand() *cobra.Command {
	return group("apps", "Let programs of this machine, which are no pages, use your keys", p.appsList(), p.appsAdd(), p.appsRemove())
}

func (p *program) appsList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the apps and what they may do",
		Args:  needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			apps, err := client.Apps(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return list(p.screen, apps)
			}
			if len(apps) == 0 {
				p.screen.line("No program of this machine has a key of Oaklock's. Make one with: oaklock apps add NAME")
				return nil
			}
			rows := [][]string{{"APP", "KEY ENDS IN", "STATE", "PROVIDER", "MODELS", "LIMIT", "HOLDS", "LAST USED"}}
			for _, a := range apps {
				rows = append(rows, p.appRows(a)...)
			}
			p.screen.table(rows)
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// appRows has a row for each grant, or one for an app without any.
func (p *program) appRows(a control.App) [][]string {
	if len(a.Grants) == 0 {
		return [][]string{{a.Name, a.Hint, a.State, "", "", "", "", when(a.LastUsed, p.now(), "never")}}
	}
	var rows [][]string
	for _, g := range a.Grants {
		state, until := a.State, untilText(g.Terms, p.now())
		if g.Expired {
			state, until = "expired", when(g.ExpiresAt, p.now(), "")
		}
		rows = append(rows, []string{a.Name, a.Hint, state, g.Provider, mayText(g.Terms), limitsText(g.Limits), until, when(g.LastUsed, p.now(), "never")})
	}
	return rows
}

func (p *program) appsAdd() *cobra.Command {
	var f termFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "add NAME --provider P --models M",
		Short: "Make a key for a program of this machine",
		Long: `Makes a key of Oaklock's own for one program of this machine that is no page, and shows it once. The program uses it
where it would use the provider's key, with Oaklock's address as its base URL. Not said: inference only, and the limit and
the time of the settings default_limit and default_days. What it does stands in the log as app:NAME.

  oaklock apps add notes --provider openai --models '*' --limit 1.00/day --for 30d

More is given, or less, with: oaklock sites allow app:NAME`,
		Args: needs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			terms, err := f.toAllow(cmd, "app", p.now())
			if err != nil {
				return err
			}
			client, err := p.client()
			if err != nil {
				return err
			}
			said, err := f.offered(cmd, client, "app:"+args[0], &terms)
			if err != nil {
				return err
			}
			state, err := client.State(cmd.Context())
			if err != nil {
				return err
			}
			key, sum := appkey.Make()
			app, err := client.AddApp(cmd.Context(), control.AddApp{
				Name: args[0], Sum: sum.String(), Hint: appkey.Hint(key), Providers: f.providers, Terms: terms})
			if err != nil {
				return err
			}
			if asJSON {
				return p.screen.json(newApp{Name: app.Name, Origin: app.Origin, Key: key, Bases: bases(state.Endpoint, f.providers)})
			}
			p.screen.line("The key of %s. It is shown this once and kept nowhere:", app.Name)
			p.screen.line("")
			p.screen.line("  %s", key)
			p.screen.line("")
			for _, provider := range f.providers {
				p.screen.line("Its base URL for %s: %s", provider, bases(state.Endpoint, f.providers)[provider])
			}
			p.screen.line("%s may use %s: %s.", app.Name, names(f.providers), p.termsText(terms, len(f.providers)))
			p.screen.text(said)
			return p.priceless(cmd.Context(), client, f.providers, terms)
		},
	}
	f.on(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// newApp is what "apps add --json" says.
type newApp struct {
	Name   string            `json:"name"`
	Origin string            `json:"origin"`
	Key    string            `json:"key"`
	Bases  map[string]string `json:"bases"` // base URL by provider
}

func bases(endpoint string, providers []string) map[string]string {
	out := map[string]string{}
	for _, id := range providers {
		out[id] = strings.TrimSuffix(endpoint, "/") + "/llm/" + id
	}
	return out
}

func (p *program) appsRemove() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "remove NAME",
		Short: "Make an app's key worth nothing, at once",
		Long: `Makes an app's key worth nothing, at once, and forgets what the app was allowed. It asks first; where nobody sits at the
terminal to be asked, it wants --yes. The key cannot be shown again, so the app then needs another one.`,
		Args: needs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			apps, err := client.Apps(cmd.Context())
			if err != nil {
				return err
			}
			// Nobody is asked about one that is not there: the agent says that.
			if slices.ContainsFunc(apps, func(a control.App) bool { return a.Name == args[0] }) {
				err := p.confirm(cmd.Context(), yes, fmt.Sprintf("Remove the app %s? Its key opens nothing from then on, and cannot be shown again.", args[0]),
					fmt.Sprintf("This takes away the app %s with its key.", args[0]))
				if err != nil {
					return err
				}
			}
			if err := client.RemoveApp(cmd.Context(), args[0]); err != nil {
				return err
			}
			p.screen.line("The key of %s opens nothing any more.", args[0])
			return nil
		},
	}
	yesFlag(cmd, &yes)
	return cmd
}
