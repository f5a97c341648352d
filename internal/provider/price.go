package provider

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Price is what a model costs. Rates are in millionths of a US dollar for a million of the unit (tokens unless the name says
// otherwise): 1_250_000 is $1.25 for a million. A rate of 0 costs nothing, but for the parts of the input and the output, which
// then cost what the whole does: CachedInput, CacheWrite, AudioInput and ImageInput fall back on Input, CacheWriteHour on
// CacheWrite, AudioOutput and ImageOutput on Output.
type Price struct {
	Input, Output  int64
	CachedInput    int64 // input read from a cache
	CacheWrite     int64 // input written to a cache
	CacheWriteHour int64 // input written to a cache that is kept for an hour
	AudioInput     int64
	AudioOutput    int64
	ImageInput     int64 // input tokens that stand for pictures
	ImageOutput    int64 // output tokens that stand for pictures
	Image          int64 // millionths of USD for one picture made
	Search         int64 // millionths of USD for one search that the provider makes
	Second         int64 // a million seconds of audio read
	Character      int64 // a million characters read aloud

	Long Long // the rates of requests with a long input

	MaxInput    int64  // most input tokens that the model takes, 0: not known
	MaxOutput   int64  // most output tokens of one answer, with reasoning, 0: not known
	ImageTokens int64  // most input tokens of one picture, 0: not known
	Date        string // "2026-11-25": when the source said so; of an edit, the day it was made
	Source      string // a web address, or EditSource
	Note        string // what the user should know of it, in half a sentence; mostly empty
	Edited      bool   // at least one rate is the user's
}

// Long are rates that hold for the whole of a request whose input is longer than Above tokens. Above 0: there are none. A rate
// of 0 falls back as in Price.
type Long struct {
	Above                                  int64
	Input, CachedInput, CacheWrite, Output int64
}

// EditSource is the source of a price that is the user's alone.
const EditSource = "set by you"

// Edit is what the user changed of one model's price, or all of it where the catalogue has none. What is nil is not changed:
// it stays what the catalogue says, also when that is updated. Units are as in [Price].
type Edit struct {
	Provider string `json:"provider"` // an ID; also of a provider that the user added
	Model    string `json:"model"`    // as requests name it
	Date     string `json:"date"`     // "2026-11-25": when it was made

	Input       *int64 `json:"input,omitempty"`
	CachedInput *int64 `json:"cachedInput,omitempty"`
	CacheWrite  *int64 `json:"cacheWrite,omitempty"`
	Output      *int64 `json:"output,omitempty"`
	AudioInput  *int64 `json:"audioInput,omitempty"`
	AudioOutput *int64 `json:"audioOutput,omitempty"`
	Image       *int64 `json:"image,omitempty"`
	Search      *int64 `json:"search,omitempty"`
	Second      *int64 `json:"second,omitempty"`
	Character   *int64 `json:"character,omitempty"`
	MaxOutput   *int64 `json:"maxOutput,omitempty"`
}

// Prices is an immutable set of prices, safe for concurrent use: the embedded ones, and over them the user's edits.
type Prices struct {
	rows  map[modelKey]*priceRow // by exact name and by alias
	edits map[modelKey]Edit
}

type modelKey struct{ provider, model string }

// ErrEdit is wrapped by what [NewPrices] refuses, with a sentence for the user.
var ErrEdit = errors.New("this price does not make sense")

// NewPrices is the embedded catalogue of prices with the user's edits over it. The error wraps [ErrEdit] and says what is wrong
// with the first bad one.
func NewPrices(edits []Edit) (*Prices, error) { return newPrices(embeddedPrices(), edits) }

func newPrices(rows map[modelKey]*priceRow, edits []Edit) (*Prices, error) {
	p := &Prices{rows: rows, edits: make(map[modelKey]Edit, len(edits))}
	for _, e := range edits {
		key := modelKey{e.Provider, e.Model}
		if _, twice := p.edits[key]; twice {
			return nil, fmt.Errorf("%w: %s is given twice", ErrEdit, e.Model)
		}
		_, known := p.catalogued(e.Provider, e.Model)
		if err := e.check(known); err != nil {
			return nil, err
		}
		p.edits[key] = e
	}
	return p, nil
}

// Find is the price of a model at a provider, as a request names the model. Names match exactly, or by the aliases that the
// provider documents: those listed in the file, and dated snapshots, which cost what their family does unless the file says
// otherwise. Any other name has no price, and false says so: a guess would make a limit a guess.
func (p *Prices) Find(providerID, model string) (Price, bool) {
	if e, ok := p.edits[modelKey{providerID, model}]; ok {
		base, _ := p.catalogued(providerID, model)
		return e.over(base), true
	}
	row, ok := p.catalogued(providerID, model)
	if !ok {
		return Price{}, false
	}
	// An edit of a family holds for its snapshots and aliases.
	if e, ok := p.edits[modelKey{providerID, row.id}]; ok {
		return e.over(row), true
	}
	return row.at(time.Now()), true
}

// Any says whether any model of a provider has a price.
func (p *Prices) Any(providerID string) bool {
	for k := range p.rows {
		if k.provider == providerID {
			return true
		}
	}
	for k := range p.edits {
		if k.provider == providerID {
			return true
		}
	}
	return false
}

// catalogued is the row of the file for a model.
func (p *Prices) catalogued(providerID, model string) (*priceRow, bool) {
	if row := p.rows[modelKey{providerID, model}]; row != nil {
		return row, true
	}
	for _, family := range families(providerID, model) {
		if row := p.rows[modelKey{providerID, family}]; row != nil {
			return row, true
		}
	}
	return nil, false
}

// families are the names that a model's name may be a documented variant of.
func families(providerID, model string) []string {
	switch providerID {
	case "openai":
		if f, ok := undated(model, "-", "2006-01-02"); ok {
			return []string{f}
		}
	case "anthropic":
		for _, sep := range []string{"-", "@"} {
			if f, ok := undated(model, sep, "20060102"); ok {
				return []string{f}
			}
		}
		if f, ok := strings.CutSuffix(model, "-latest"); ok {
			return []string{f}
		}
	case "google":
		name := strings.TrimPrefix(model, "models/")
		found := []string{}
		if name != model {
			found = append(found, name)
		}
		// A stable model's version: gemini-2.0-flash-001.
		if f, n, ok := cutLast(name, "-"); ok && len(n) == 3 && digitsOnly(n) {
			found = append(found, f)
		}
		return found
	}
	return nil
}

// undated takes a date in a layout of digits and hyphens off the end of a name.
func undated(name, sep, layout string) (string, bool) {
	at := len(name) - len(layout) - len(sep)
	if at <= 0 || name[at:at+len(sep)] != sep {
		return "", false
	}
	date := name[at+len(sep):]
	for i := range len(layout) {
		if (layout[i] == '-') != (date[i] == '-') || layout[i] != '-' && !isDigit(date[i]) {
			return "", false
		}
	}
	return name[:at], strings.HasPrefix(date, "20")
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func digitsOnly(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// Listed is one line of a list of prices.
type Listed struct {
	Provider, Model string
	Aliases         []string
	Price           Price
	Known           bool // the catalogue has a price of its own to go back to
}

// List is every price, by provider and model; edits of aliases and snapshots are lines of their own.
func (p *Prices) List() []Listed {
	var all []Listed
	seen := map[modelKey]bool{}
	for _, row := range p.rows {
		key := modelKey{row.provider, row.id}
		if seen[key] {
			continue
		}
		seen[key] = true
		price, _ := p.Find(row.provider, row.id)
		all = append(all, Listed{Provider: row.provider, Model: row.id, Aliases: slices.Clone(row.aliases), Price: price, Known: true})
	}
	for key := range p.edits {
		if seen[key] {
			continue
		}
		price, _ := p.Find(key.provider, key.model)
		_, known := p.catalogued(key.provider, key.model)
		all = append(all, Listed{Provider: key.provider, Model: key.model, Price: price, Known: known})
	}
	slices.SortFunc(all, func(a, b Listed) int {
		if c := strings.Compare(a.Provider, b.Provider); c != 0 {
			return c
		}
		return strings.Compare(a.Model, b.Model)
	})
	return all
}

var embeddedPrices = sync.OnceValue(func() map[modelKey]*priceRow {
	rows, err := decodePrices(pricesJSON)
	if err != nil {
		panic("provider: the embedded prices: " + err.Error()) // a test reads them, so no build ships with it
	}
	return rows
})
