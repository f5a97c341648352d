package keychain

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/oaklock/oaklock/internal/store"
)

// row is a line of the table credential.
type row struct {
	Credential
	second   bool // the secret lies in the second of two places, see inVault
	unsaved  bool // LastUsed is newer than the database's
	gone     bool // the vault had no such key when it was last asked
	damaged  bool // the vault could not read its file when it was last asked
	unproven bool // the row is not as Oaklock wrote it
	other    bool // the vault had another key in its place when it was last asked
	aside    bool // removed by the user, who may still take that back; the secret is in the vault until Sweep
}

// secondMark cannot be part of a label. asideMark stands behind the name of the vault, after the other.
const (
	secondMark = "#2"
	asideMark  = "#aside"
)

// inVault is where the vault has the secret. A key that replaces another goes to the other of two places, so that both
// are there until the database, in one step, points to the new one together with the new endpoint.
func (r row) inVault() ID {
	if r.second {
		return ID{r.Provider, r.Label + secondMark}
	}
	return r.ID
}

// Key is the key that has this place in a vault, which [Lister] names.
func (id ID) Key() ID {
	id.Label = strings.TrimSuffix(id.Label, secondMark)
	return id
}

func readIndex(ctx context.Context, db *store.DB) (map[ID]row, error) {
	rows, err := db.SQL().QueryContext(ctx, `SELECT provider, label, hint, endpoint, added, renewed, last_used, vault FROM credential`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	index := map[ID]row{}
	for rows.Next() {
		var r row
		var added, renewed, lastUsed int64
		if err := rows.Scan(&r.Provider, &r.Label, &r.Hint, &r.Endpoint, &added, &renewed, &lastUsed, &r.Vault); err != nil {
			return nil, err
		}
		r.Added, r.Renewed, r.LastUsed = fromMillis(added), fromMillis(renewed), fromMillis(lastUsed)
		r.Vault, r.aside = strings.CutSuffix(r.Vault, asideMark)
		r.Vault, r.second = strings.CutSuffix(r.Vault, secondMark)
		index[r.ID] = r
	}
	return index, rows.Err()
}

func (k *Keys) writeRow(ctx context.Context, r row) error {
	vault := r.Vault
	if r.second {
		vault += secondMark
	}
	if r.aside {
		vault += asideMark
	}
	return k.db.WriteSealed(ctx, func(tx *sql.Tx, c *store.Changes) error {
		if !r.unproven { // what somebody else wrote does not become ours by being set aside
			c.Put("credential", r.Provider, r.Label)
		}
		_, err := tx.ExecContext(ctx,
			`INSERT OR REPLACE INTO credential (provider, label, hint, endpoint, added, renewed, last_used, vault) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			r.Provider, r.Label, r.Hint, r.Endpoint, millis(r.Added), millis(r.Renewed), millis(r.LastUsed), vault)
		return err
	})
}

func (k *Keys) deleteRow(ctx context.Context, id ID) error {
	return k.db.WriteSealed(ctx, func(tx *sql.Tx, c *store.Changes) error {
		c.Put("credential", id.Provider, id.Label)
		_, err := tx.ExecContext(ctx, `DELETE FROM credential WHERE provider = ? AND label = ?`, id.Provider, id.Label)
		return err
	})
}

// saveUse writes when keys were last used: at Lock and Close, and rarely between, since no request waits for the disk for it.
func (k *Keys) saveUse() {
	k.mu.Lock()
	var used []row
	for id, r := range k.index {
		if r.unsaved {
			used = append(used, r)
			r.unsaved = false
			k.index[id] = r
		}
	}
	k.mu.Unlock()
	if len(used) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = k.db.Write(ctx, func(tx *sql.Tx) error { // a disk that fails now is told by whatever matters more
		for _, r := range used {
			_, err := tx.ExecContext(ctx, `UPDATE credential SET last_used = ? WHERE provider = ? AND label = ?`,
				millis(r.LastUsed), r.Provider, r.Label)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// fromMillis and millis keep "never" as 0 in the table and as the zero time here.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
