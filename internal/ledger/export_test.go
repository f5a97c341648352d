package ledger

import (
	"context"
	"database/sql"
)

// Reckon writes the hash of every line anew, so that each fits the one before.
func Reckon(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "SELECT "+lineColumns+" FROM entry ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close()
	var x line
	var before digest
	hashes := map[int64]digest{}
	for rows.Next() {
		if err := rows.Scan(x.fields()...); err != nil {
			return err
		}
		before = hashOf(x.fields(), before)
		hashes[x.id] = before
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for id, hash := range hashes {
		if _, err := db.ExecContext(ctx, "UPDATE entry SET hash = ? WHERE id = ?", hash[:], id); err != nil {
			return err
		}
	}
	return nil
}
