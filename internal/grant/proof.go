package grant

import (
	"context"
	"errors"

	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/store"
)

// Judge tells the book which rows are Oaklock's own, once that is known, and again when the user has said that all are. What
// gives something is in force only if it is proven; what takes something away is in force in any case, since a row that
// somebody slipped in can then do no more than be in the way. So a block whose row somebody deleted is made anew; the error
// says that this could not be saved.
func (b *Book) Judge(ctx context.Context, proves func(table string, key ...string) bool, gone []store.Row) error {
	b.mu.Lock()
	for o, s := range b.sites {
		for p, h := range s.grants {
			is := unproven
			if proves("grant", o.String(), p) {
				is = proven
			}
			h.proof.Store(is)
		}
	}
	if !proves("grant_clock", "1") {
		b.clock = start(0, 0, b.wall()) // the wall clock alone is what is left
	}
	b.mu.Unlock()
	b.nudge()
	var errs []error
	for _, r := range gone {
		if r.Table != "block" {
			continue
		}
		if o, err := origin.FromStored(r.Key()[0]); err == nil {
			errs = append(errs, b.Block(ctx, o))
		}
	}
	return errors.Join(errs...)
}
