package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/money"
)

func (p *program) pricesCommand() *cobra.Command {
	return group("prices", "See and change what models cost", p.pricesList(), p.pricesSet(), p.pricesReset())
}

func (p *program) pricesList() *cobra.Command {
	var asJSON, mine bool
	cmd := &cobra.Command{
		Use:   "list [PROVIDER]",
		Short: "List what models cost, in dollars for a million tokens",
		Long: `Lists what models cost, in US dollars for a million tokens, each with the day on which its source was read. Prices come with Oaklock and are
never fetched. A model that is not listed has no known price: a site with a limit in dollars cannot use it until you set one.`,
		Args: func(cmd *cobra.Command, args []string) error {
			return needs([]string{"PROVIDER"}[:min(len(args), 1)]...)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			all, err := client.Prices(cmd.Context())
			if err != nil {
				return err
			}
			shown := []control.Price{}
			for _, r := range all {
				if (len(args) == 0 || r.Provider == args[0]) && (r.Edited || !mine) {
					shown = append(shown, r)
				}
			}
			if len(shown) == 0 {
				if err := p.noPrice(cmd.Context(), client, args, mine); err != nil {
					return err
				}
				if !asJSON {
					return nil
				}
			}
			if asJSON {
				out := make([]priceJSON, 0, len(shown))
				for _, r := range shown {
					out = append(out, priceForScripts(r))
				}
				return list(p.screen, out)
			}
			rows := [][]string{{"PROVIDER", "MODEL", "INPUT", "CACHED", "OUTPUT", "MORE", "AS OF", "SOURCE"}}
			for _, r := range shown {
				rows = append(rows, []string{r.Provider, r.Model, rateText(r.Input, r), rateText(r.CachedInput, r), rateText(r.Output, r), moreText(r), r.Date, sourceText(r)})
			}
			p.screen.table(rows)
			return nil
		},
	}
	cmd.Flags().BoolVar(&mine, "mine", false, "only those that you set")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// noPrice says why none is listed; a provider that there is not is an error.
func (p *program) noPrice(ctx context.Context, client *control.Client, args []string, mine bool) error {
	of := ""
	if len(args) == 1 {
		providers, err := client.Providers(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(providers, func(r control.Provider) bool { return r.ID == args[0] }) {
			return &control.Error{Code: control.NotFound, Message: "There is no provider of this name. See those that there are with: oaklock providers list"}
		}
		of = " of " + args[0]
	}
	if mine {
		p.notes.line("You have set no price%s.", of)
		return nil
	}
	p.notes.line("No price%s is known. Set one with: oaklock prices set PROVIDER MODEL --input DOLLARS --output DOLLARS", of)
	return nil
}

// rateText is a rate, or a dash where there is none of its own.
func rateText(rate int64, r control.Price) string {
	if rate == 0 && (r.Input != 0 || r.Output != 0 || r.Image != 0 || r.Second != 0 || r.Character != 0) {
		return "–"
	}
	return money.USD(rate)
}

// moreText is what else costs.
func moreText(r control.Price) string {
	var parts []string
	for _, f := range []struct {
		rate int64
		what string
	}{
		{r.CacheWrite, "into a cache"}, {r.AudioInput, "audio in"}, {r.AudioOutput, "audio out"}, {r.Image, "a picture"}, {r.Search, "a search"},
		{r.Second, "a million seconds"}, {r.Character, "a million characters"},
	} {
		if f.rate != 0 {
			parts = append(parts, money.USD(f.rate)+" "+f.what)
		}
	}
	if r.LongAbove > 0 {
		parts = append(parts, "above "+money.Count(r.LongAbove)+" tokens "+money.USD(r.LongInput)+" in, "+money.USD(r.LongOutput)+" out")
	}
	if r.Note != "" {
		parts = append(parts, r.Note)
	}
	return strings.Join(parts, "; ")
}

func sourceText(r control.Price) string {
	if r.Edited && r.Known {
		return "set by you, over " + r.Source
	}
	return r.Source
}

// priceJSON is a price as scripts read it: dollars as exact decimal numbers.
type priceJSON struct {
	Provider    string      `json:"provider"`
	Model       string      `json:"model"`
	Aliases     []string    `json:"aliases"`
	Input       json.Number `json:"input"`
	CachedInput json.Number `json:"cachedInput"`
	CacheWrite  json.Number `json:"cacheWrite"`
	Output      json.Number `json:"output"`
	AudioInput  json.Number `json:"audioInput"`
	AudioOutput json.Number `json:"audioOutput"`
	Image       json.Number `json:"image"`
	Search      json.Number `json:"search"`
	Second      json.Number `json:"second"`
	Character   json.Number `json:"character"`
	LongAbove   int64       `json:"longAbove"`
	LongInput   json.Number `json:"longInput"`
	LongOutput  json.Number `json:"longOutput"`
	MaxOutput   int64       `json:"maxOutput"`
	Date        string      `json:"date"`
	Source      string      `json:"source"`
	Note        string      `json:"note"`
	Edited      bool        `json:"edited"`
	Known       bool        `json:"known"`
}

func priceForScripts(r control.Price) priceJSON {
	return priceJSON{
		Provider: r.Provider, Model: r.Model, Aliases: append([]string{}, r.Aliases...),
		Input: dollars(r.Input), CachedInput: dollars(r.CachedInput), CacheWrite: dollars(r.CacheWrite), Output: dollars(r.Output),
		AudioInput: dollars(r.AudioInput), AudioOutput: dollars(r.AudioOutput), Image: dollars(r.Image), Search: dollars(r.Search),
		Second: dollars(r.Second), Character: dollars(r.Character),
		LongAbove: r.LongAbove, LongInput: dollars(r.LongInput), LongOutput: dollars(r.LongOutput), MaxOutput: r.MaxOutput,
		Date: r.Date, Source: r.Source, Note: r.Note, Edited: r.Edited, Known: r.Known,
	}
}

// dollars is an amount as an exact decimal number.
func dollars(millionths int64) json.Number {
	text := fmt.Sprintf("%d.%06d", millionths/money.Dollar, millionths%money.Dollar)
	return json.Number(strings.TrimSuffix(strings.TrimRight(text, "0"), "."))
}

var decimalDollars = regexp.MustCompile(`^\$?([0-9]{1,6})(?:\.([0-9]{1,6}))?$`)

// parseDollars reads an amount exactly; what cannot be said in millionths of a dollar is refused.
func parseDollars(value string) (int64, error) {
	m := decimalDollars.FindStringSubmatch(value)
	if m == nil {
		return 0, usage("%q is no price. A price is US dollars for a million tokens, such as 1.25 or 0.075.", value)
	}
	n, err := strconv.ParseInt(m[1]+(m[2] + "000000")[:6], 10, 64)
	if err != nil {
		return 0, usage("%q is no price.", value)
	}
	return n, nil
}

func (p *program) pricesSet() *cobra.Command {
	var asJSON bool
	rates := []struct{ flag, name, help string }{
		{"input", "input", "a million tokens of input"},
		{"cached-input", "cachedInput", "a million tokens of input that come from a cache"},
		{"cache-write", "cacheWrite", "a million tokens of input that go into a cache"},
		{"output", "output", "a million tokens of output"},
		{"audio-input", "audioInput", "a million tokens of audio that is heard"},
		{"audio-output", "audioOutput", "a million tokens of audio that is spoken"},
		{"image", "image", "one picture that is made"},
		{"search", "search", "one search that the provider makes"},
		{"second", "second", "a million seconds of audio that is written down"},
		{"character", "character", "a million characters that are read aloud"},
	}
	amounts := make([]string, len(rates))
	var maxOutput int64
	cmd := &cobra.Command{
		Use:   "set PROVIDER MODEL --input DOLLARS --output DOLLARS",
		Short: "Set what a model costs, in dollars for a million tokens",
		Long: `Sets what a model costs, in US dollars for a million tokens. What you do not name stays as it is, also when a new Oaklock knows other prices. A
model without a price needs both, input and output; 0 is free.`,
		Args: needs("PROVIDER", "MODEL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			set := control.SetPrice{Provider: args[0], Model: args[1], Rates: map[string]int64{}}
			for i, r := range rates {
				if !cmd.Flags().Changed(r.flag) {
					continue
				}
				n, err := parseDollars(amounts[i])
				if err != nil {
					return err
				}
				set.Rates[r.name] = n
			}
			if cmd.Flags().Changed("max-output") {
				set.Rates["maxOutput"] = maxOutput
			}
			if len(set.Rates) == 0 {
				return usage("Say what it costs, such as --input 1.25 --output 10. To go back to what Oaklock knows: oaklock prices reset PROVIDER MODEL")
			}
			client, err := p.client()
			if err != nil {
				return err
			}
			r, err := client.SetPrice(cmd.Context(), set)
			if err != nil {
				return err
			}
			if asJSON {
				return p.screen.json(priceForScripts(r))
			}
			p.screen.line("%s of %s costs %s for a million tokens of input and %s for a million of output.", r.Model, r.Provider, money.USD(r.Input), money.USD(r.Output))
			if more := moreText(r); more != "" {
				p.screen.line("Also: %s.", more)
			}
			return nil
		},
	}
	for i, r := range rates {
		cmd.Flags().StringVar(&amounts[i], r.flag, "", "dollars for "+r.help)
	}
	cmd.Flags().Int64Var(&maxOutput, "max-output", 0, "the most tokens that it answers with")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (p *program) pricesReset() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "reset PROVIDER MODEL",
		Short: "Go back to the price that Oaklock knows, or to none",
		Args:  needs("PROVIDER", "MODEL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.client()
			if err != nil {
				return err
			}
			if err := client.ResetPrice(cmd.Context(), control.PriceRef{Provider: args[0], Model: args[1]}); err != nil {
				return err
			}
			all, err := client.Prices(cmd.Context())
			if err != nil {
				return err
			}
			now := slices.IndexFunc(all, func(r control.Price) bool { return r.Provider == args[0] && r.Model == args[1] })
			switch {
			case asJSON && now < 0:
				return p.screen.json(nil)
			case asJSON:
				return p.screen.json(priceForScripts(all[now]))
			case now < 0:
				p.screen.line("Your price of %s at %s is forgotten.", args[1], args[0])
			default:
				p.screen.line("Your price of %s at %s is forgotten. It costs %s for a million tokens of input and %s for a million of output, as of %s.",
					args[1], args[0], money.USD(all[now].Input), money.USD(all[now].Output), all[now].Date)
			}
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}
