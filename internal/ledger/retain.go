package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"
)

// LeastDays is the least number of days that lines are kept: limits are over a month at most, and a sum that was made less is
// found out by its lines.
const LeastDays = 31

// bunch is how many lines are deleted at once, so that nobody waits for long.
const bunch = 1000

// Retain deletes the lines that are older than so many days, the oldest first, and says how many went; their sums stay. The
// chain then begins after them. It asks for the key of the seal to be there.
//
// A clock may be wrong for a while, and what is deleted is gone. So a date counts only once another has come after it: lines
// go on the day after they could. And a line goes only when all before it go, in the order in which they were written: one
// with a date of long ago, from a clock that had lost its battery, takes none with it, and one with a date to come holds none
// back.
func (l *Ledger) Retain(ctx context.Context, days int) (gone int64, err error) {
	now := l.books.wall()
	before, err := l.lastDate(ctx, dayOf(now))
	if err != nil || before == 0 {
		return 0, err
	}
	if err := l.flush(ctx); err != nil {
		return 0, err
	}
	select { // nobody reads the chain meanwhile
	case l.auditing <- struct{}{}:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	defer func() { <-l.auditing }()
	last, err := l.oldest(ctx, (before - day(max(days, LeastDays))).begins(now.Location()), now)
	if err != nil || last == 0 {
		return 0, err
	}
	for more := true; more; {
		begun := time.Now()
		n, err := l.drop(ctx, last)
		if gone += n; err != nil {
			return gone, err
		}
		if more = n == bunch; more {
			if err := rest(ctx, time.Since(begun)); err != nil {
				return gone, err
			}
		}
	}
	return gone, nil
}

// lastDate notes that it is this date, and gives the one before it on which somebody asked, or the clock's own where that is
// less; 0 where there is none, as after a clock that was set back.
func (l *Ledger) lastDate(ctx context.Context, today day) (before day, err error) {
	err = l.db.Write(ctx, func(tx *sql.Tx) error {
		var seen day
		err := tx.QueryRowContext(ctx, "SELECT seen, before FROM retention").Scan(&seen, &before)
		switch {
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return err
		case today == seen:
			return nil
		case today < seen:
			before = 0
		default:
			before = seen
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO retention (one, seen, before) VALUES (1, ?, ?)
			ON CONFLICT (one) DO UPDATE SET seen = excluded.seen, before = excluded.before`, today, before)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("note the date: %w", err)
	}
	return min(before, today), nil
}

// oldest is the last of the lines that are older than this; 0: there is none.
func (l *Ledger) oldest(ctx context.Context, than, now time.Time) (last int64, err error) {
	const tomorrow = 24 * time.Hour // a line may be a little ahead of a clock that was set right
	stays := int64(math.MaxInt64)
	for _, q := range []struct {
		text string
		args []any
		into *int64
	}{
		{"SELECT id FROM entry WHERE time >= ? AND time < ? ORDER BY id LIMIT 1", []any{than.UnixMilli(), now.Add(tomorrow).UnixMilli()}, &stays},
		{"SELECT id FROM entry WHERE id < ? AND time < ? ORDER BY id DESC LIMIT 1", []any{&stays, than.UnixMilli()}, &last},
	} {
		if err := l.db.SQL().QueryRowContext(ctx, q.text, q.args...).Scan(q.into); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, fmt.Errorf("look for old lines: %w", err)
		}
	}
	return last, nil
}

// drop deletes the oldest lines up to this one, a bunch at most, and lets the chain begin after them.
//
//nolint:contextcheck // what the writer has begun it ends
func (l *Ledger) drop(ctx context.Context, last int64) (n int64, err error) {
	var id int64
	var hash []byte
	err = l.db.SQL().QueryRowContext(ctx, "SELECT id, hash FROM (SELECT id, hash FROM entry WHERE id <= ? ORDER BY id LIMIT ?) ORDER BY id DESC LIMIT 1",
		last, bunch).Scan(&id, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look for old lines: %w", err)
	}
	var latest day
	if err := l.db.SQL().QueryRowContext(ctx, "SELECT max(day) FROM entry WHERE id <= ?", id).Scan(&latest); err != nil {
		return 0, fmt.Errorf("look for old lines: %w", err)
	}
	err = l.byWriter(ctx, func(w *writer) error {
		next := l.chain
		if id > next.after {
			next.after, next.root = id, toDigest(hash)
		}
		next.complete = max(next.complete, latest)
		return w.saveChain(next, func(ctx context.Context, tx *sql.Tx) error {
			res, err := tx.ExecContext(ctx, "DELETE FROM entry WHERE id <= ?", id)
			if err == nil {
				n, err = res.RowsAffected()
			}
			return err
		})
	})
	if err != nil {
		return 0, fmt.Errorf("delete old lines: %w", err)
	}
	return n, nil
}
