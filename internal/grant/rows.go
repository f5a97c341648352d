package grant

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/store"
)

// write makes the database say what is in force for these origins, and when these grants were last used; turn must be
// held. A write that has begun is not cut short, so that its outcome is certain.
func (b *Book) write(ctx context.Context, origins []origin.Origin, used []*held) error {
	b.mu.RLock()
	sites := make(map[origin.Origin]*site, len(origins))
	for _, o := range origins {
		sites[o] = b.sites[o]
	}
	b.mu.RUnlock()
	return b.writeSites(ctx, sites, used)
}

// writeSites does the same for sites that may not be in force yet; a nil site is one of which nothing is left.
func (b *Book) writeSites(ctx context.Context, sites map[origin.Origin]*site, used []*held) error {
	b.resetClock()
	b.mu.RLock()
	clock := b.clock
	b.mu.RUnlock()
	ctx = context.WithoutCancel(ctx)
	err := b.db.WriteSealed(ctx, func(tx *sql.Tx, c *store.Changes) error {
		for o, s := range sites {
			if err := writeSite(ctx, tx, c, o, s); err != nil {
				return err
			}
		}
		for _, h := range used {
			if _, err := tx.ExecContext(ctx, "UPDATE grant SET last_used = ? WHERE id = ?", h.used.Load(), h.ID); err != nil {
				return err
			}
		}
		c.Put("grant_clock", "1")
		_, err := tx.ExecContext(ctx, `INSERT INTO grant_clock (one, at, lead) VALUES (1, ?, ?)
			ON CONFLICT (one) DO UPDATE SET at = excluded.at, lead = excluded.lead`, clock.at.Milliseconds(), clock.lead.Milliseconds())
		return err
	})
	b.wrote(sites, err)
	return err
}

// writeSite writes what is in force for a site, and tells the seal; but not of grants that are not proven, which stay so.
func writeSite(ctx context.Context, tx *sql.Tx, c *store.Changes, o origin.Origin, s *site) error {
	for _, table := range []string{"grant", "denial", "block"} {
		c.DropAll(table, o.String())
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE origin = ?", o.String()); err != nil { //nolint:gosec // one of the three above
			return err
		}
	}
	if s == nil {
		return nil
	}
	if !s.blocked.IsZero() {
		c.Put("block", o.String())
		if _, err := tx.ExecContext(ctx, "INSERT INTO block (origin, blocked) VALUES (?, ?)", o.String(), toMillis(s.blocked)); err != nil {
			return err
		}
	}
	for p, d := range s.denials {
		c.Put("denial", o.String(), p)
		if _, err := tx.ExecContext(ctx, "INSERT INTO denial (origin, provider, count, last, until) VALUES (?, ?, ?, ?, ?)",
			o.String(), p, d.count, d.last.Milliseconds(), d.until.Milliseconds()); err != nil {
			return err
		}
	}
	for _, h := range s.grants {
		if h.UntilQuit {
			continue
		}
		if h.proof.Load() == proven { // what is not becomes nobody's own by being written again
			c.Put("grant", o.String(), h.Provider)
		}
		if err := writeGrant(ctx, tx, h); err != nil {
			return err
		}
	}
	return nil
}

func writeGrant(ctx context.Context, tx *sql.Tx, h *held) error {
	classes, err := json.Marshal(h.Classes)
	if err != nil {
		return err
	}
	models, err := json.Marshal(h.Models)
	if err != nil {
		return err
	}
	limits, err := EncodeLimits(h.Limits)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO grant
		(origin, provider, id, classes, models, limits, credential, expires, ends, given, given_by, last_used)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		h.Origin.String(), h.Provider, h.ID, string(classes), string(models), limits, h.Credential,
		toMillis(h.Expires), h.ends.Milliseconds(), toMillis(h.Given), h.GivenBy, h.used.Load())
	return err
}
