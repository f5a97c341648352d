package cli

import (
	"context"
	"slices"

	"github.com/oaklock/oaklock/internal/control"
)

// priceless says for which of the user's own providers no price is set, so that a limit in dollars lets nothing through.
func (p *program) priceless(ctx context.Context, client *control.Client, allowed []string, limits control.Limits) error {
	if limits.CostDay == 0 && limits.CostWeek == 0 && limits.CostMonth == 0 {
		return nil
	}
	providers, err := client.Providers(ctx)
	if err != nil {
		return err
	}
	for _, r := range providers {
		if !r.Custom || !slices.Contains(allowed, r.ID) {
			continue
		}
		prices, err := client.Prices(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(prices, func(of control.Price) bool { return of.Provider == r.ID }) {
			p.screen.line("Oaklock knows no price at %s, so this limit in dollars lets nothing through there. Set what each model costs, 0 where it is free: "+setsPrice, r.ID, r.ID, "MODEL")
		}
	}
	return nil
}

// setsPrice is the command that gives a model of a provider a price.
const setsPrice = "oaklock prices set %s %s --input DOLLARS --output DOLLARS"
