package ledger

import (
	"context"
	"strings"
	"time"

	"github.com/oaklock/oaklock/internal/origin"
)

// Entry is a line of the log.
type Entry struct {
	ID      int64
	Request       // Grant is nil when read back, its number is GrantID; Worst is not kept
	Outcome       // tokens are -1 where they are not known; of its Bill see Cost and Estimated
	GrantID int64 // 0: none
	Refused bool
	Count   int64 // above 1 where refusals were summed up
	// Cost is what counted, in millionths of a US dollar: -1 where the model had no price. Estimated says that the
	// provider did not tell what the request took, and that Cost and Tokens are the most that it can have been.
	Cost, Tokens int64
	Estimated    bool
	Day          string // on which it counted: 2006-01-02
}

// Filter narrows the log; zero values filter nothing.
type Filter struct {
	Origin, Provider, Model string
	Status                  int       // exactly; or 1 to 5 for all of a hundred
	Code                    string    // ours
	Refused, Served         bool      // only the ones or the others
	Since, Until            time.Time // from the first on, and before the second
	Before, After           int64     // only entries with a smaller ID, or a larger, for paging
	Oldest                  bool      // the oldest first
	Limit                   int       // 1 to 1000; 0 means 100
}

func (f Filter) where() (text string, args []any) {
	var parts []string
	add := func(on bool, text string, values ...any) {
		if on {
			parts, args = append(parts, text), append(args, values...)
		}
	}
	add(f.Origin != "", "origin = ?", f.Origin)
	add(f.Provider != "", "provider = ?", f.Provider)
	add(f.Model != "", "model = ?", f.Model)
	add(f.Code != "", "code = ?", f.Code)
	add(f.Status >= 1 && f.Status <= 5, "status BETWEEN ? AND ?", 100*f.Status, 100*f.Status+99)
	add(f.Status > 5, "status = ?", f.Status)
	add(f.Refused, "refused = 1")
	add(f.Served, "refused = 0")
	add(!f.Since.IsZero(), "time >= ?", f.Since.UnixMilli())
	add(!f.Until.IsZero(), "time < ?", f.Until.UnixMilli())
	add(f.Before > 0, "id < ?", f.Before)
	add(f.After > 0, "id > ?", f.After)
	if len(parts) == 0 {
		return "true", nil
	}
	return strings.Join(parts, " AND "), args
}

// Entries are lines of the log, newest first unless the filter says otherwise, and all that was settled before the call is among them, unless the disk
// refuses it ([Ledger.Problem]).
func (l *Ledger) Entries(ctx context.Context, f Filter) ([]Entry, error) {
	if err := l.flush(ctx); err != nil {
		return nil, err
	}
	if f.Limit <= 0 {
		f.Limit = 100
	}
	where, args := f.where()
	order := "DESC"
	if f.Oldest {
		order = "ASC"
	}
	var out []Entry
	err := l.each(ctx, "read the log", func(scan func(...any) error) error {
		var e Entry
		var at int64
		var name string
		var d day
		if err := scan(&e.ID, &at, &name, &e.Provider, &e.Endpoint, &e.Model, &e.Credential, &e.GrantID, &e.Status, &e.Code,
			&e.Refused, &e.Count, &e.Usage.Input, &e.Usage.Output, &e.Usage.CachedInput, &e.Usage.CacheWrite, &e.Usage.Reasoning,
			&e.Millis, &e.BytesIn, &e.BytesOut, &d, &e.Tokens, &e.Cost, &e.Estimated); err != nil {
			return err
		}
		e.Time, e.Day = time.UnixMilli(at), d.String()
		e.Origin, _ = origin.FromStored(name) // a refused request may have had none
		out = append(out, e)
		return nil
	}, `SELECT id, time, origin, provider, endpoint, model, credential, grant_id, status, code, refused, count, input, output,
		cached_input, cache_write, reasoning, millis, bytes_in, bytes_out, day, tokens, cost, estimated FROM entry
		WHERE `+where+" ORDER BY id "+order+" LIMIT ?", append(args, min(f.Limit, 1000))...)
	return out, err
}
