package store

import (
	"context"
	"database/sql"
	"maps"
	"strings"
)

// Changes is what a transaction did to sealed tables.
type Changes struct {
	put     map[Row]bool
	dropped []Row // beginnings of keys
}

// Put says that this row was written, or deleted, by its owner.
func (c *Changes) Put(table string, key ...string) { c.put[RowOf(table, key...)] = true }

// DropAll says that all rows of a table whose key begins with this part were deleted. Of those that were written again, the ones
// that Put names are the owner's own; the others stay what they were if they are as they were, and are unproven otherwise.
func (c *Changes) DropAll(table, key string) { c.dropped = append(c.dropped, Row{table, key}) }

// WriteSealed is [DB.Write] for changes of sealed tables: f tells which rows it has written. Rows that it does not name stay
// as proven or unproven as they were. While there is no key yet, the rows get their marks when it comes; until then, and if
// it does not come before Oaklock ends, they are unproven.
func (d *DB) WriteSealed(ctx context.Context, f func(*sql.Tx, *Changes) error) error {
	s := d.seal
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.turn }()
	s.mu.Lock()
	next := s.sealState
	s.mu.Unlock()
	next.rows, next.marks, next.bad = maps.Clone(next.rows), maps.Clone(next.marks), maps.Clone(next.bad)
	var touched map[Row]bool
	err := d.Write(ctx, func(tx *sql.Tx) error {
		c := &Changes{put: map[Row]bool{}}
		if err := f(tx, c); err != nil {
			return err
		}
		touched = c.touched(next)
		return s.commit(ctx, tx, &next, touched, nil)
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if next.counter != s.counter {
		s.tell()
	}
	s.sealState = next
	if next.mac == nil {
		for r, own := range touched {
			if _, there := next.rows[r]; own || !there {
				s.touched[r] = true
			}
		}
	} else {
		s.whole = digest{} // what was read is not what there is any more
	}
	return nil
}

// touched are all rows that were written or deleted; false for those that may be there and are not the owner's own.
func (c *Changes) touched(known sealState) map[Row]bool {
	touched := maps.Clone(c.put)
	for _, all := range c.dropped {
		for _, names := range []map[Row]digest{known.rows, known.marks} {
			for r := range names {
				if r.Table == all.Table && (r.Name == all.Name || strings.HasPrefix(r.Name, all.Name+"\x00")) {
					touched[r] = c.put[r]
				}
			}
		}
	}
	return touched
}

// commit takes the rows that were touched into next and, where there is a key, writes their marks. A row that is not as
// expected (nil: as it is) was changed by somebody else in the meantime and gets none.
func (s *Seal) commit(ctx context.Context, tx *sql.Tx, next *sealState, touched map[Row]bool, expected map[Row]digest) error {
	counts := false
	for r, own := range touched {
		counts = counts || !loose[r.Table]
		if err := s.take(ctx, tx, next, r, own, expected); err != nil {
			return err
		}
	}
	if next.mac == nil {
		return nil
	}
	write := touched
	if next.swept {
		if _, err := tx.ExecContext(ctx, "DELETE FROM seal_mark"); err != nil {
			return err
		}
		write = map[Row]bool{}
		for r := range next.marks {
			write[r] = true
		}
	}
	for r := range write {
		if err := writeMark(ctx, tx, r, next.marks); err != nil {
			return err
		}
	}
	if !counts && !next.swept && next.counter > 0 {
		return nil
	}
	next.counter++
	next.swept = false
	whole, ok := wholeOf(next.mac, next.counter, next.marks)
	if !ok {
		return errNoSealKey
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO seal (one, counter, mark) VALUES (1, ?, ?)
		ON CONFLICT (one) DO UPDATE SET counter = excluded.counter, mark = excluded.mark`, next.counter, whole[:])
	return err
}

// take takes one row that was touched into next.
func (s *Seal) take(ctx context.Context, tx *sql.Tx, next *sealState, r Row, own bool, expected map[Row]digest) error {
	var content digest
	there := false
	if err := s.read(ctx, tx, r.Table, r.Key(), func(_ Row, d digest) { content, there = d, true }); err != nil {
		return err
	}
	if before, had := next.rows[r]; !own && there && had && before == content {
		return nil // written again as it was: proven or not, it is that still
	}
	delete(next.rows, r)
	if next.mac != nil { // else the marks are still to be looked at as they were
		delete(next.marks, r)
		delete(next.bad, r)
	}
	if !there {
		return nil
	}
	next.rows[r] = content
	switch want, known := expected[r]; {
	case !own, expected != nil && (!known || want != content):
		next.bad[r] = true
	case next.mac != nil:
		mark, ok := markOf(next.mac, r, content)
		if !ok {
			return errNoSealKey
		}
		next.marks[r] = mark
	}
	return nil
}

func writeMark(ctx context.Context, tx *sql.Tx, r Row, marks map[Row]digest) error {
	mark, ok := marks[r]
	if !ok {
		_, err := tx.ExecContext(ctx, "DELETE FROM seal_mark WHERE of = ? AND name = ?", r.Table, r.Name)
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO seal_mark (of, name, mark) VALUES (?, ?, ?)
		ON CONFLICT (of, name) DO UPDATE SET mark = excluded.mark`, r.Table, r.Name, mark[:])
	return err
}
