package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"slices"
)

// migrations are numbered from 001 without gaps; PRAGMA user_version is the number of the last one applied. A
// published one is never changed.
//
//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks a database file as Oaklock's: "OAKL" in ASCII. (https://www.sqlite.org/fileformat.html#application_id)
const applicationID = 0x4f414b4c

func migrationNames() ([]string, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	return names, nil
}

// migrate brings a database of version from to the newest one, each step in a transaction of its own.
func migrate(ctx context.Context, db *sql.DB, from int) error {
	names, err := migrationNames()
	if err != nil {
		return err
	}
	if from == len(names) {
		return nil
	}
	for i, name := range names[from:] {
		text, err := fs.ReadFile(migrations, name)
		if err != nil {
			return err
		}
		version := from + i + 1
		if err := step(ctx, db, string(text), version); err != nil {
			return fmt.Errorf("bring the database to version %d: %w", version, err)
		}
	}
	// The version then stands in the file itself, where an older Oaklock sees it without touching anything.
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

func step(ctx context.Context, db *sql.DB, text string, version int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return err
	}
	// A PRAGMA takes no parameters; both values are numbers of ours.
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id=%d; PRAGMA user_version=%d", applicationID, version)); err != nil {
		return err
	}
	return tx.Commit()
}
