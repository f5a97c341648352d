package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/oaklock/oaklock/internal/grant"
)

// load fills the books, and gives the writer the lines of what was under way when an earlier run was killed.
func (l *Ledger) load(ctx context.Context, w *writer) error {
	b := &l.books
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := l.loadClock(ctx); err != nil {
		return err
	}
	saved := b.back
	b.turn()
	b.from = b.needs()
	if err := l.readDays(ctx, b.from, -1, w.seen); err != nil {
		return err
	}
	for _, f := range []func(context.Context) error{l.loadRates, l.loadKeyLimits} {
		if err := f(ctx); err != nil {
			return err
		}
	}
	if err := l.loadChain(ctx); err != nil {
		return err
	}
	left, err := l.openHolds(ctx)
	if err != nil {
		return err
	}
	w.left, w.saved = left, calendar{b.day, saved}
	return l.reachBack(ctx, left)
}

// reachBack reads the days from the earliest of these lines on while none of them is written: loadDays would count them once more.
func (l *Ledger) reachBack(ctx context.Context, lines []*Hold) error {
	b := &l.books
	from := b.from
	for _, h := range lines {
		from = min(from, h.day)
	}
	if from == b.from {
		return nil
	}
	err := l.readDays(ctx, from, b.from, nil)
	b.from = from
	return err
}

func (l *Ledger) loadClock(ctx context.Context) error {
	return l.each(ctx, "read the calendar", func(scan func(...any) error) error {
		return scan(&l.books.day, &l.books.back)
	}, "SELECT day, back FROM usage_clock")
}

// loadDays adds the days from one on to those that are in the accounts.
func (l *Ledger) loadDays(ctx context.Context, from day) error {
	b := &l.books
	b.mu.Lock()
	to := b.from
	b.mu.Unlock()
	if from >= to {
		return nil
	}
	// All of these days are in the database and nowhere else: what this run counts is on days from b.from on.
	fresh := Ledger{db: l.db, books: newBooks(b.wall)}
	if err := fresh.readDays(ctx, from, to, nil); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.from != to {
		return nil // another request has done it
	}
	b.from = from
	for s, a := range fresh.books.accounts {
		for d, x := range a.days {
			b.account(s).add(d, *x)
		}
	}
	for d, t := range fresh.books.totals {
		b.totals[d] = t
	}
	return nil
}

// readDays reads the sums of the days from one on, up to before another where that is not negative.
func (l *Ledger) readDays(ctx context.Context, from, before day, seen func(usageKey)) error {
	b := &l.books
	query, args := "SELECT "+usageColumns+" FROM usage WHERE day >= ?", []any{from}
	if before >= 0 {
		query, args = query+" AND day < ?", append(args, before)
	}
	return l.each(ctx, "read the sums", func(scan func(...any) error) error {
		var k usageKey
		var t Totals
		if err := scan(k.fields(t.fields()...)...); err != nil {
			return err
		}
		*b.total(k.day) = b.total(k.day).plus(t)
		if seen != nil {
			seen(k)
		}
		if t.Cost == 0 && t.Tokens == 0 {
			return nil
		}
		for _, s := range []scope{{Site, k.origin, k.provider}, {Key, k.provider, k.credential}, {Scope: All}} {
			b.account(s).add(k.day, sum{cost: t.Cost, tokens: t.Tokens})
		}
		return nil
	}, query, args...)
}

// loadRates counts the requests of the last minute that have a line, by the wall clock of the run before.
func (l *Ledger) loadRates(ctx context.Context) error {
	b := &l.books
	return l.each(ctx, "read the last minute", func(scan func(...any) error) error {
		var at int64
		var o, p, k string
		if err := scan(&at, &o, &p, &k); err != nil {
			return err
		}
		for _, s := range []scope{{Site, o, p}, {Key, p, k}, {Scope: All}} {
			mono := b.mono()
			b.account(s).rate.add(mono, mono-b.now.Sub(time.UnixMilli(at)))
		}
		return nil
	}, "SELECT time, origin, provider, credential FROM entry WHERE (refused = 0 OR hold <> 0) AND time > ? AND time <= ?",
		b.now.Add(-time.Minute).UnixMilli(), b.now.UnixMilli())
}

func (l *Ledger) loadKeyLimits(ctx context.Context) error {
	return l.each(ctx, "read the limits of the keys", func(scan func(...any) error) error {
		var k keyName
		var text string
		if err := scan(&k.provider, &k.label, &text); err != nil {
			return err
		}
		limits, err := grant.DecodeLimits(text)
		if err != nil { // a limit that cannot be read lets nothing through, until it is set anew
			limits = NothingGoes
		}
		l.books.keys[k] = limits
		return nil
	}, "SELECT provider, label, limits FROM key_limit")
}

// each calls one for every row of a query.
func (l *Ledger) each(ctx context.Context, what string, one func(scan func(...any) error) error, query string, args ...any) error {
	return eachOf(ctx, l.db.SQL(), what, one, query, args...)
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// eachOf is each, in a transaction too.
func eachOf(ctx context.Context, q queryer, what string, one func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := one(rows.Scan); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
