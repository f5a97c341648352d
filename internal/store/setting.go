package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
)

// Settings are all that were set, name to value. What they mean, and their defaults, is the agent's business. What another
// program has changed since the database was opened is left out.
func (d *DB) Settings(ctx context.Context) (map[string]string, error) {
	return d.pairs(ctx, "setting", "SELECT name, value FROM setting")
}

// SetSetting keeps a setting; an empty value forgets it.
func (d *DB) SetSetting(ctx context.Context, name, value string) error {
	return d.setPair(ctx, "setting", name, value, "DELETE FROM setting WHERE name = ?",
		"INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
}

// SavedSetting is a setting of a profile folder whose database nobody has open; empty where it was never set. It changes nothing: a
// database that is not there is not made.
func SavedSetting(ctx context.Context, dir, name string) (value string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the profile folder: %w", err)
	}
	path := filepath.Join(dir, FileName)
	if fi, err := checkFile(path); err != nil || fi == nil {
		return "", err
	}
	db, err := sql.Open("sqlite", source(path, "mode=ro", "_query_only=1"))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, "SELECT value FROM setting WHERE name = ?", name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

// ProviderRows are what the user changed in the catalogue of providers, id to JSON that this package does not read. As
// with [DB.Settings], what another program has changed meanwhile is left out.
func (d *DB) ProviderRows(ctx context.Context) (map[string]string, error) {
	return d.pairs(ctx, "provider_row", "SELECT id, json FROM provider_row")
}

// SetProviderRow keeps a row; an empty json forgets it.
func (d *DB) SetProviderRow(ctx context.Context, id, json string) error {
	return d.setPair(ctx, "provider_row", id, json, "DELETE FROM provider_row WHERE id = ?",
		"INSERT INTO provider_row (id, json) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET json = excluded.json")
}

func (d *DB) pairs(ctx context.Context, table, query string) (map[string]string, error) {
	rows, err := d.reader.QueryContext(ctx, query)
	if err != nil {
		return nil, explain(d.dir, err)
	}
	defer rows.Close()
	out := make(map[string]string)
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		if d.seal.known(RowOf(table, name), content([]any{name, value})) {
			out[name] = value
		}
	}
	return out, explain(d.dir, rows.Err())
}

func (d *DB) setPair(ctx context.Context, table, name, value, forget, keep string) error {
	return d.WriteSealed(ctx, func(tx *sql.Tx, c *Changes) error {
		c.Put(table, name)
		if value == "" {
			_, err := tx.ExecContext(ctx, forget, name)
			return err
		}
		_, err := tx.ExecContext(ctx, keep, name, value)
		return err
	})
}
