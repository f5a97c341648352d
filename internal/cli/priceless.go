package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/oaklock/oaklock/internal/control"
)

// priceless says which of the models that were just allowed have no price, so that a limit in dollars refuses them. Of all models of one
// of the user's own providers it says so where none of them has one.
func (p *program) priceless(ctx context.Context, client *control.Client, allowed []string, terms control.Terms) error {
	if !inDollars(terms.Limits) {
		return nil
	}
	providers, err := client.Providers(ctx)
	if err != nil {
		return err
	}
	all := slices.Contains(terms.Models, anyModel)
	providers = slices.DeleteFunc(providers, func(r control.Provider) bool { return !slices.Contains(allowed, r.ID) || all && !r.Custom })
	if len(providers) == 0 {
		return nil
	}
	prices, err := client.Prices(ctx)
	if err != nil {
		return err
	}
	for _, r := range providers {
		if !all {
			for _, model := range terms.Models {
				if !priced(prices, r.ID, model) {
					p.screen.advice("Oaklock knows no price of %s at %s, so under this limit in dollars it is refused. Set it, 0 where it is free, with: %s", model, r.ID, control.SetsPrice(r.ID, model))
				}
			}
			continue
		}
		if !slices.ContainsFunc(prices, func(of control.Price) bool { return of.Provider == r.ID }) {
			p.screen.advice("Oaklock knows no price at %s, so this limit in dollars lets nothing through there. Set what each model costs, 0 where it is free: %s", r.ID, control.SetsPrice(r.ID, ""))
		}
	}
	return nil
}

// anyModel stands for all models.
const anyModel = "*"

func inDollars(l control.Limits) bool { return l.CostDay != 0 || l.CostWeek != 0 || l.CostMonth != 0 }

// priced says whether a model has a price, as far as the list tells: a longer name may be that of a version of one that is listed.
func priced(prices []control.Price, provider, model string) bool {
	return slices.ContainsFunc(prices, func(of control.Price) bool {
		return of.Provider == provider && slices.ContainsFunc(append(of.Aliases, of.Model), func(name string) bool { return strings.HasPrefix(model, name) })
	})
}
