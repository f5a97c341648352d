package provider

import (
	"fmt"
	"strings"
	"time"
)

// maxRate is more than anything costs: $100,000 for a million tokens, or $0.10 for one.
const maxRate = 100_000_000_000

// fields are what an edit may change, and where in a price each stands.
func (e *Edit) fields(p *Price) []struct{ from, to *int64 } {
	return []struct{ from, to *int64 }{
		{e.Input, &p.Input}, {e.CachedInput, &p.CachedInput}, {e.CacheWrite, &p.CacheWrite}, {e.Output, &p.Output},
		{e.AudioInput, &p.AudioInput}, {e.AudioOutput, &p.AudioOutput},
		{e.Image, &p.Image}, {e.Search, &p.Search}, {e.Second, &p.Second}, {e.Character, &p.Character},
	}
}

// check says what is wrong with an edit. A model without a price of its own needs enough to count with: the input's and the
// output's rate, or that of another unit.
func (e *Edit) check(known bool) error {
	switch {
	case e.Provider == "" || !validModel(e.Model):
		return fmt.Errorf("%w: it names no model", ErrEdit)
	case strings.Contains(e.Model, "*"): // which is how all models are allowed
		return fmt.Errorf("%w: a price is of one model and not of %q, so set it for each, such as gpt-5-mini", ErrEdit, e.Model)
	case strings.ContainsFunc(e.Model, unseen): // it would look like another
		return fmt.Errorf("%w: there is a sign in %q that cannot be seen, so write the name by hand", ErrEdit, e.Model)
	}
	set := false
	for _, f := range e.fields(&Price{}) {
		if f.from == nil {
			continue
		}
		set = true
		if *f.from < 0 || *f.from > maxRate {
			return fmt.Errorf("%w: a price is an amount from 0 to 100,000 dollars", ErrEdit)
		}
	}
	if e.MaxOutput != nil {
		if *e.MaxOutput < 1 || *e.MaxOutput > maxTokens {
			return fmt.Errorf("%w: the most output of a model is a number of tokens above 0", ErrEdit)
		}
		set = set || known
	}
	other := e.Image != nil || e.Second != nil || e.Character != nil
	switch {
	case !set:
		return fmt.Errorf("%w: it changes nothing", ErrEdit)
	case !known && !other && (e.Input == nil || e.Output == nil):
		return fmt.Errorf("%w: %s has no price yet, so its input and its output both need one (0 if it is free)", ErrEdit, e.Model)
	}
	return nil
}

// over is the price of a row, nil for none, with the edit over it.
func (e *Edit) over(row *priceRow) Price {
	p := Price{Source: EditSource}
	if row != nil {
		p = row.at(time.Now())
	}
	for _, f := range e.fields(&p) {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if e.MaxOutput != nil {
		p.MaxOutput = *e.MaxOutput
	}
	p.Edited, p.Date = true, e.Date
	if p.Long.Above > 0 { // a long input never costs less than a short one
		p.Long.Input = max(p.Long.Input, p.Input)
		p.Long.Output = max(p.Long.Output, p.Output)
	}
	return p
}
