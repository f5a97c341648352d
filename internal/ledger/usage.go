package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Today sums up the day that counts now. It does no I/O.
func (l *Ledger) Today() Totals {
	b := &l.books
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn()
	return *b.total(b.day)
}

// Count is the number of served requests of each origin, as long as there is a ledger.
func (l *Ledger) Count(ctx context.Context) (map[string]int64, error) {
	sums, err := l.Usage(ctx, UsageFilter{By: []Dimension{BySite}})
	if err != nil {
		return nil, err
	}
	out := make(map[string]int64, len(sums))
	for _, s := range sums {
		if s.Requests > 0 {
			out[s.Origin] = s.Requests
		}
	}
	return out, nil
}

// Dimension is what sums are told apart by.
type Dimension string

// The dimensions.
const (
	ByDay      Dimension = "day"
	BySite     Dimension = "site"
	ByProvider Dimension = "provider"
	ByModel    Dimension = "model"
	ByKey      Dimension = "key"
)

// column is where a dimension stands in the table; "" for what is none.
func (d Dimension) column() string {
	switch d {
	case ByDay:
		return "day"
	case BySite:
		return "origin"
	case ByProvider:
		return "provider"
	case ByModel:
		return "model"
	case ByKey:
		return "credential"
	}
	return ""
}

// UsageFilter says which sums are wanted; zero values filter nothing.
type UsageFilter struct {
	By                      []Dimension
	Since, Until            time.Time // the dates of both are included
	Origin, Provider, Model string
}

// Sum is one line of sums. Of what they are not told apart by, the fields are empty.
type Sum struct {
	Day                                 string // 2006-01-02
	Origin, Provider, Model, Credential string
	Totals
}

// Usage are sums of all that was settled before the call, from the sums of the days: by day where that is asked for, else
// the most expensive first. It reads a few rows for each day, however many entries there are.
func (l *Ledger) Usage(ctx context.Context, f UsageFilter) ([]Sum, error) {
	if err := l.flush(ctx); err != nil {
		return nil, err
	}
	query, args, err := f.query()
	if err != nil {
		return nil, err
	}
	var out []Sum
	err = l.each(ctx, "sum up the log", func(scan func(...any) error) error {
		var s Sum
		var k usageKey
		if err := scan(k.fields(s.fields()...)...); err != nil {
			return err
		}
		s.Origin, s.Provider, s.Model, s.Credential = k.origin, k.provider, k.model, k.credential
		if slices.Contains(f.By, ByDay) {
			s.Day = k.day.String()
		}
		out = append(out, s)
		return nil
	}, query, args...)
	return out, err
}

func (f UsageFilter) query() (query string, args []any, err error) {
	wanted := map[string]bool{}
	var group []string
	for _, d := range f.By {
		c := d.column()
		if c == "" {
			return "", nil, fmt.Errorf("there are no sums by %q", d)
		}
		if !wanted[c] {
			wanted[c], group = true, append(group, c)
		}
	}
	columns := []string{"0"}
	for _, c := range []string{"origin", "provider", "model", "credential"} {
		if !wanted[c] {
			c = "''"
		}
		columns = append(columns, c)
	}
	order := "cost DESC, requests DESC"
	if wanted["day"] {
		columns[0], order = "day", "day, cost DESC, requests DESC"
	}
	for _, c := range []string{"requests", "refused", "unpriced", "input", "output", "tokens", "cost", "estimated"} {
		columns = append(columns, "sum("+c+") AS "+c)
	}
	where := []string{"true"}
	add := func(on bool, text string, value any) {
		if on {
			where, args = append(where, text), append(args, value)
		}
	}
	add(!f.Since.IsZero(), "day >= ?", dayOf(f.Since))
	add(!f.Until.IsZero(), "day <= ?", dayOf(f.Until))
	add(f.Origin != "", "origin = ?", f.Origin)
	add(f.Provider != "", "provider = ?", f.Provider)
	add(f.Model != "", "model = ?", f.Model)
	query = "SELECT " + strings.Join(columns, ", ") + " FROM usage WHERE " + strings.Join(where, " AND ")
	if len(group) > 0 {
		query += " GROUP BY " + strings.Join(group, ", ")
	}
	// Without a group there is one row, of nulls where nothing matches.
	return query + " HAVING count(*) > 0 ORDER BY " + order, args, nil
}
