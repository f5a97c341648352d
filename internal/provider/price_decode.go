package provider

import (
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

//go:embed prices.json
var pricesJSON []byte

// The file: one list for each provider. Rates are in dollars for a million of the unit, as the providers write them; one
// picture and one search in dollars.

type priceFile struct {
	Providers []priceList `json:"providers"`
}

type priceList struct {
	Provider string         `json:"provider"`
	Source   string         `json:"source"` // of every row that names none of its own
	Date     string         `json:"date"`
	Models   []priceFileRow `json:"models"`
}

type priceFileRow struct {
	ID      string   `json:"id"`
	Aliases []string `json:"aliases"` // other names that the provider documents for the same
	Source  string   `json:"source"`
	Date    string   `json:"date"`

	Input          dollars  `json:"input"`
	CachedInput    dollars  `json:"cached"`
	CacheWrite     dollars  `json:"cache_write"`
	CacheWriteHour dollars  `json:"cache_write_hour"`
	Output         dollars  `json:"output"`
	AudioInput     dollars  `json:"audio_input"`
	AudioOutput    dollars  `json:"audio_output"`
	ImageInput     dollars  `json:"image_input"`
	ImageOutput    dollars  `json:"image_output"`
	Image          dollars  `json:"image"`
	Search         dollars  `json:"search"`
	Second         dollars  `json:"second"`
	Character      dollars  `json:"character"`
	Long           *longRow `json:"long"`
	Free           bool     `json:"free"` // costs nothing, said on purpose
	Next           *nextRow `json:"next"` // a change that the provider has announced
	Note           string   `json:"note"`
	MaxInput       int64    `json:"max_input"`
	MaxOutput      int64    `json:"max_output"`
	ImageTokens    int64    `json:"image_tokens"`
}

type longRow struct {
	Above       int64   `json:"above"`
	Input       dollars `json:"input"`
	CachedInput dollars `json:"cached"`
	CacheWrite  dollars `json:"cache_write"`
	Output      dollars `json:"output"`
}

// nextRow are rates that hold from a day on.
type nextRow struct {
	From        string   `json:"from"`
	Input       *dollars `json:"input"`
	CachedInput *dollars `json:"cached"`
	Output      *dollars `json:"output"`
}

// priceRow is a price and the names that it goes by.
type priceRow struct {
	provider, id string
	aliases      []string
	price        Price
	next         Price
	nextFrom     time.Time // zero: no change is known
}

// at is the price that holds at a time.
func (r *priceRow) at(now time.Time) Price {
	if !r.nextFrom.IsZero() && !now.Before(r.nextFrom) {
		return r.next
	}
	return r.price
}

// dollars is an amount in millionths of a US dollar, written as a decimal number of dollars.
type dollars int64

func (d *dollars) UnmarshalJSON(b []byte) error {
	n, err := ParseDollars(string(b))
	*d = dollars(n)
	return err
}

// ErrAmount says that a text is no amount of dollars.
var ErrAmount = errors.New("an amount is a number of dollars such as 1.25, with at most six places after the point")

// ParseDollars reads an amount written as a decimal number, exactly, into millionths of a US dollar. The error is [ErrAmount].
func ParseDollars(s string) (int64, error) {
	whole, part, point := strings.Cut(s, ".")
	if !digitsOnly(whole) || !digitsOnly(part) || whole == "" || point && part == "" || len(whole) > 9 || len(part) > 6 {
		return 0, ErrAmount
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", 6-len(part)), 10, 64)
	if err != nil {
		return 0, ErrAmount
	}
	return n, nil
}

// FormatDollars writes an amount in millionths as a decimal number of dollars, exactly and without needless zeros: "1.25".
func FormatDollars(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	part := strings.TrimRight(fmt.Sprintf("%06d", n%1_000_000), "0")
	if part != "" {
		part = "." + part
	}
	return sign + strconv.FormatInt(n/1_000_000, 10) + part
}

// decodePrices reads a whole file of prices. Anything that it does not understand is an error: a typing mistake here would be
// money.
func decodePrices(b []byte) (map[modelKey]*priceRow, error) {
	var f priceFile
	if err := decodeStrictly(b, &f); err != nil {
		return nil, err
	}
	rows := map[modelKey]*priceRow{}
	for _, l := range f.Providers {
		for _, m := range l.Models {
			row := &priceRow{provider: l.Provider, id: m.ID, aliases: m.Aliases, price: m.price(l)}
			if err := row.announce(m.Next); err != nil {
				return nil, fmt.Errorf("%s %s: %w", l.Provider, m.ID, err)
			}
			if err := row.check(m.Free); err != nil {
				return nil, fmt.Errorf("%s %s: %w", l.Provider, m.ID, err)
			}
			for _, name := range append([]string{m.ID}, m.Aliases...) {
				key := modelKey{l.Provider, name}
				if rows[key] != nil {
					return nil, fmt.Errorf("%s %s is there twice", l.Provider, name)
				}
				rows[key] = row
			}
		}
	}
	return rows, nil
}

func (m *priceFileRow) price(l priceList) Price {
	p := Price{
		Input: int64(m.Input), CachedInput: int64(m.CachedInput), CacheWrite: int64(m.CacheWrite), CacheWriteHour: int64(m.CacheWriteHour),
		Output: int64(m.Output), AudioInput: int64(m.AudioInput), AudioOutput: int64(m.AudioOutput),
		ImageInput: int64(m.ImageInput), ImageOutput: int64(m.ImageOutput), Image: int64(m.Image), Search: int64(m.Search),
		Second: int64(m.Second), Character: int64(m.Character),
		MaxInput: m.MaxInput, MaxOutput: m.MaxOutput, ImageTokens: m.ImageTokens,
		Date: l.Date, Source: l.Source, Note: m.Note,
	}
	if m.Source != "" {
		p.Source = m.Source
	}
	if m.Date != "" {
		p.Date = m.Date
	}
	if g := m.Long; g != nil {
		p.Long = Long{g.Above, int64(g.Input), int64(g.CachedInput), int64(g.CacheWrite), int64(g.Output)}
	}
	return p
}

// announce sets what the price will be.
func (r *priceRow) announce(n *nextRow) error {
	if n == nil {
		return nil
	}
	from, err := time.Parse(time.DateOnly, n.From)
	if err != nil {
		return errors.New("its next price has no date")
	}
	r.next, r.nextFrom = r.price, from
	for _, f := range []struct {
		from *dollars
		to   *int64
	}{{n.Input, &r.next.Input}, {n.CachedInput, &r.next.CachedInput}, {n.Output, &r.next.Output}} {
		if f.from != nil {
			*f.to = int64(*f.from)
		}
	}
	return nil
}

// check refuses a row that cannot be right.
func (r *priceRow) check(free bool) error {
	p := r.price
	if !validModel(r.id) || r.provider == "" {
		return errors.New("it has no name")
	}
	if _, err := time.Parse(time.DateOnly, p.Date); err != nil {
		return errors.New("it has no date")
	}
	if !strings.HasPrefix(p.Source, "https://") {
		return errors.New("it has no source")
	}
	if none := p.Input == 0 && p.Output == 0 && p.Image == 0 && p.Second == 0 && p.Character == 0; none != free {
		return errors.New("it must have a price, or be free and say so")
	}
	if p.CachedInput > p.Input || p.Long.CachedInput > p.Long.Input {
		return errors.New("the cached input costs more than the input")
	}
	if p.Long.Above != 0 && (p.Long.Input < p.Input || p.Long.Output < p.Output) {
		return errors.New("a long input costs less than a short one")
	}
	for _, n := range []int64{p.Input, p.Output, p.CacheWrite, p.CacheWriteHour, p.AudioInput, p.AudioOutput, p.ImageInput, p.ImageOutput, p.Second, p.Character} {
		if n > maxRate/100 {
			return errors.New("a rate is more than $1,000 for a million")
		}
	}
	if p.Image > 1_000_000 || p.Search > 1_000_000 {
		return errors.New("one picture or one search costs more than a dollar")
	}
	return nil
}
