package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/oaklock/oaklock/internal/origin"
)

// Entry is a line of the log.
type Entry struct {
	ID      int64
	Request       // Grant is nil when read back; its number is GrantID
	Outcome       // tokens are -1 where they are not known
	GrantID int64 // 0: none
	Refused bool
	Count   int64 // above 1 where refusals were summed up
}

// Filter narrows the log; zero values filter nothing.
type Filter struct {
	Origin, Provider string
	Before           int64 // only entries with a smaller ID, for paging
	Limit            int   // 1 to 1000; 0 means 100
}

// Entries are lines of the log, newest first, and all that was settled before the call is among them, unless the disk
// refuses it ([Ledger.Problem]).
func (l *Ledger) Entries(ctx context.Context, f Filter) ([]Entry, error) {
	if err := l.flush(ctx); err != nil {
		return nil, err
	}
	where, args := []string{"true"}, []any{}
	if f.Origin != "" {
		where, args = append(where, "origin = ?"), append(args, f.Origin)
	}
	if f.Provider != "" {
		where, args = append(where, "provider = ?"), append(args, f.Provider)
	}
	if f.Before > 0 {
		where, args = append(where, "id < ?"), append(args, f.Before)
	}
	if f.Limit <= 0 {
		f.Limit = 100
	}
	rows, err := l.db.SQL().QueryContext(ctx, `SELECT id, time, origin, provider, endpoint, model, credential, grant_id, status, code,
		refused, count, input, output, cached_input, cache_write, reasoning, millis, bytes_in, bytes_out FROM entry
		WHERE `+strings.Join(where, " AND ")+" ORDER BY id DESC LIMIT ?", append(args, min(f.Limit, 1000))...)
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	defer rows.Close()
	var out []Entry
	for rows.Next() {
		var e Entry
		var at int64
		var name string
		if err := rows.Scan(&e.ID, &at, &name, &e.Provider, &e.Endpoint, &e.Model, &e.Credential, &e.GrantID, &e.Status, &e.Code,
			&e.Refused, &e.Count, &e.Usage.Input, &e.Usage.Output, &e.Usage.CachedInput, &e.Usage.CacheWrite, &e.Usage.Reasoning,
			&e.Millis, &e.BytesIn, &e.BytesOut); err != nil {
			return nil, fmt.Errorf("read the log: %w", err)
		}
		e.Time = time.UnixMilli(at)
		e.Origin, _ = origin.FromHeader(name) // a refused request may have had none
		out = append(out, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	return out, nil
}

// Totals are sums over a time. Requests are those that were answered by a provider, or cut while they were; tokens that no
// provider reported are not in Input and Output.
type Totals struct{ Requests, Refused, Input, Output int64 }

// Today sums up what happened since a time, all that was settled before the call included.
func (l *Ledger) Today(ctx context.Context, since time.Time) (t Totals, err error) {
	if err := l.flush(ctx); err != nil {
		return t, err
	}
	err = l.db.SQL().QueryRowContext(ctx, `SELECT coalesce(sum(count) FILTER (WHERE refused = 0), 0),
		coalesce(sum(count) FILTER (WHERE refused = 1), 0),
		coalesce(sum(input) FILTER (WHERE input > 0), 0), coalesce(sum(output) FILTER (WHERE output > 0), 0)
		FROM entry WHERE time >= ?`, since.UnixMilli()).Scan(&t.Requests, &t.Refused, &t.Input, &t.Output)
	if err != nil {
		return Totals{}, fmt.Errorf("sum up the log: %w", err)
	}
	return t, nil
}

// Count is the number of served requests of each origin, as long as the log reaches back.
func (l *Ledger) Count(ctx context.Context) (map[string]int64, error) {
	if err := l.flush(ctx); err != nil {
		return nil, err
	}
	rows, err := l.db.SQL().QueryContext(ctx, "SELECT origin, count(*) FROM entry WHERE refused = 0 GROUP BY origin")
	if err != nil {
		return nil, fmt.Errorf("count the log: %w", err)
	}
	defer rows.Close()
	out := make(map[string]int64)
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			return nil, fmt.Errorf("count the log: %w", err)
		}
		out[name] = n
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count the log: %w", err)
	}
	return out, nil
}
