package ledger

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/store"
)

// KeyLimits are the limits of a credential over all sites; zero: none.
func (l *Ledger) KeyLimits(providerID, label string) grant.Limits {
	l.books.mu.Lock()
	defer l.books.mu.Unlock()
	return l.books.keys[keyName{providerID, label}]
}

// NothingGoes are limits that no request gets through: in the place of some that cannot be read, or were not set by the user.
var NothingGoes = grant.Limits{CostDay: 1, TokensDay: 1}

// JudgeKeys is told which limits of keys Oaklock has written, and which rows somebody else has deleted: in the place of
// these nothing goes through, until they are set anew.
func (l *Ledger) JudgeKeys(proves func(table string, key ...string) bool, gone []store.Row) {
	b := &l.books
	b.mu.Lock()
	defer b.mu.Unlock()
	for k := range b.keys {
		if !proves("key_limit", k.provider, k.label) {
			b.keys[k] = NothingGoes
		}
	}
	for _, r := range gone {
		if key := r.Key(); r.Table == "key_limit" && len(key) == 2 {
			b.keys[keyName{key[0], key[1]}] = NothingGoes
		}
	}
}

// LimitKey saves the limits of a credential, and then they are in force; zero takes them away. With an error nothing has
// changed; [grant.ErrTerms] says what does not make sense.
func (l *Ledger) LimitKey(ctx context.Context, providerID, label string, limits grant.Limits) error {
	if err := limits.Check(); err != nil {
		return err
	}
	text, err := grant.EncodeLimits(limits)
	if err != nil {
		return err
	}
	none := limits == grant.Limits{}
	err = l.db.WriteSealed(ctx, func(tx *sql.Tx, c *store.Changes) error {
		c.Put("key_limit", providerID, label)
		if none {
			_, err := tx.ExecContext(ctx, "DELETE FROM key_limit WHERE provider = ? AND label = ?", providerID, label)
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO key_limit (provider, label, limits) VALUES (?, ?, ?)
			ON CONFLICT (provider, label) DO UPDATE SET limits = excluded.limits`, providerID, label, text)
		return err
	})
	if err != nil {
		return fmt.Errorf("save the limits of a key: %w", err)
	}
	b := &l.books
	b.mu.Lock()
	defer b.mu.Unlock()
	if none {
		delete(b.keys, keyName{providerID, label})
	} else {
		b.keys[keyName{providerID, label}] = limits
	}
	b.forgiveScope(Key)
	return nil
}
