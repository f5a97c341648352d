package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/provider"
)

// priceSetting is the row that holds the user's prices, as the JSON of a list of provider.Edit. It is no setting that is shown.
const priceSetting = "prices"

// openPrices puts the user's prices over the embedded ones. Those that make no sense any more are left out and said.
func (a *Agent) openPrices(ctx context.Context) error {
	saved, err := a.provenSettings(ctx)
	if err != nil {
		return fmt.Errorf("read the prices: %w", err)
	}
	var edits []provider.Edit
	broken := false
	if row := saved[priceSetting]; row != "" {
		broken = json.Unmarshal([]byte(row), &edits) != nil
	}
	p, err := provider.NewPrices(edits)
	for ; err != nil && len(edits) > 0; p, err = provider.NewPrices(edits) {
		broken = true
		edits = soundEdits(edits)
	}
	if err != nil {
		return err // of the embedded ones, which a test reads
	}
	if broken {
		a.log.Error("a price was left out")
		a.problems.add(control.Problem{Code: "price_row",
			Message: "A price that you had set could not be read and is not in force.",
			Fix:     "Look through your prices and set it again: oaklock prices list --mine"})
	}
	a.edits = edits
	a.prices.Store(p)
	return nil
}

// soundEdits are those that can stand alone, the first of each model.
func soundEdits(edits []provider.Edit) (sound []provider.Edit) {
	for _, e := range edits {
		if _, err := provider.NewPrices(append(slices.Clone(sound), e)); err == nil {
			sound = append(sound, e)
		}
	}
	return sound
}

// Prices lists what every model costs that Oaklock or the user knows a price of.
func (a *Agent) Prices(context.Context) ([]control.Price, error) {
	out := []control.Price{}
	for _, l := range a.prices.Load().List() {
		out = append(out, showPrice(l))
	}
	return out, nil
}

func showPrice(l provider.Listed) control.Price {
	p := l.Price
	return control.Price{
		Provider: l.Provider, Model: l.Model, Aliases: append([]string{}, l.Aliases...),
		Input: p.Input, CachedInput: p.CachedInput, CacheWrite: p.CacheWrite, Output: p.Output,
		AudioInput: p.AudioInput, AudioOutput: p.AudioOutput, Image: p.Image, Search: p.Search, Second: p.Second, Character: p.Character,
		LongAbove: p.Long.Above, LongInput: p.Long.Input, LongOutput: p.Long.Output, MaxOutput: p.MaxOutput,
		Date: p.Date, Source: p.Source, Note: p.Note, Edited: p.Edited, Known: l.Known,
	}
}

// SetPrice changes what a model costs, or says it for one without a price.
func (a *Agent) SetPrice(ctx context.Context, in control.SetPrice) (control.Price, error) {
	if !a.catalogue.Load().Has(in.Provider) {
		return control.Price{}, a.noProvider()
	}
	a.readySeal(ctx)
	a.changes.Lock()
	defer a.changes.Unlock()
	edit := provider.Edit{Provider: in.Provider, Model: in.Model}
	edits := slices.Clone(a.edits)
	at := slices.IndexFunc(edits, func(e provider.Edit) bool { return e.Provider == in.Provider && e.Model == in.Model })
	if at >= 0 {
		edit = edits[at]
	} else {
		at, edits = len(edits), append(edits, edit)
	}
	fields := map[string]**int64{
		"input": &edit.Input, "cachedInput": &edit.CachedInput, "cacheWrite": &edit.CacheWrite, "output": &edit.Output,
		"audioInput": &edit.AudioInput, "audioOutput": &edit.AudioOutput, "image": &edit.Image, "search": &edit.Search,
		"second": &edit.Second, "character": &edit.Character, "maxOutput": &edit.MaxOutput,
	}
	for name, rate := range in.Rates {
		to := fields[name]
		if to == nil {
			return control.Price{}, &control.Error{Code: control.BadInput, Message: "The price was not changed: there is no rate of this name."}
		}
		*to = &rate
	}
	edit.Date = time.Now().Format(time.DateOnly)
	edits[at] = edit
	if err := a.keepPrices(ctx, edits); err != nil {
		return control.Price{}, err
	}
	return a.shownPrice(in.Provider, in.Model), nil
}

// ResetPrice forgets what the user set of a model's price. The catalogue's own holds again, or none.
func (a *Agent) ResetPrice(ctx context.Context, ref control.PriceRef) error {
	a.readySeal(ctx)
	a.changes.Lock()
	defer a.changes.Unlock()
	edits := slices.DeleteFunc(slices.Clone(a.edits), func(e provider.Edit) bool { return e.Provider == ref.Provider && e.Model == ref.Model })
	if len(edits) == len(a.edits) {
		return &control.Error{Code: control.NotFound, Message: "You have set no price for this model of this provider."}
	}
	return a.keepPrices(ctx, edits)
}

// keepPrices saves edits and puts them in force. The caller serialises.
func (a *Agent) keepPrices(ctx context.Context, edits []provider.Edit) error {
	p, err := provider.NewPrices(edits)
	if errors.Is(err, provider.ErrEdit) {
		_, why, _ := strings.Cut(err.Error(), ": ")
		return &control.Error{Code: control.BadInput, Message: "The price was not changed: " + why + "."}
	}
	if err != nil {
		return err
	}
	row := ""
	if len(edits) > 0 {
		b, err := json.Marshal(edits)
		if err != nil {
			return err
		}
		row = string(b)
	}
	if err := a.db.SetSetting(ctx, priceSetting, row); err != nil {
		return saving(err)
	}
	a.edits = edits
	a.prices.Store(p)
	a.changed()
	return nil
}

func (a *Agent) shownPrice(providerID, model string) control.Price {
	for _, l := range a.prices.Load().List() {
		if l.Provider == providerID && l.Model == model {
			return showPrice(l)
		}
	}
	return control.Price{}
}
