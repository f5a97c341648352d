package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// wholeCheck is the size in bytes up to which every page is checked at start; above, only the tables that decide
// something are, and the log is left out, since a start must take milliseconds.
const wholeCheck = 1 << 20

// peek reads the header of the file (https://www.sqlite.org/fileformat.html#the_database_header) before SQLite does:
// opening a database, even only to look, may write to it.
func peek(path string) error {
	f, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	header := make([]byte, 100)
	n, err := io.ReadFull(f, header)
	switch {
	case errors.Is(err, io.EOF):
		// A database without a byte is a new one. Beside a log with something in it, it is one that lost its pages:
		// SQLite would delete the log.
		if fi, err := os.Lstat(path + "-wal"); err == nil && fi.Size() > 0 {
			return fmt.Errorf("%w: it is empty, but its log is not", errBroken)
		}
		return nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case n < len(header) || string(header[:16]) != "SQLite format 3\x00":
		return fmt.Errorf("%w: it has no header", errBroken)
	}
	if binary.BigEndian.Uint32(header[68:]) == applicationID {
		return checkVersion(path, int(int32(binary.BigEndian.Uint32(header[60:])))) //nolint:gosec // user_version is signed (fileformat2, section 1.3)
	}
	return nil // a crash may have left the header's last change in the log; bringUp asks SQLite
}

func checkVersion(path string, version int) error {
	names, err := migrationNames()
	if err != nil {
		return err
	}
	if version < 0 {
		return fmt.Errorf("%w: version %d", errBroken, version)
	}
	if version > len(names) {
		return &failure{ErrNewer, errors.New("user_version"), fmt.Sprintf("%s has version %d and this Oaklock knows %d. Nothing was touched. Start the newer Oaklock again, or choose another folder with --home", path, version, len(names))}
	}
	return nil
}

// bringUp checks what SQLite finds and migrates it; errBroken (or SQLite's own words for that) if it is no database of
// ours or damaged.
func bringUp(ctx context.Context, db *sql.DB, path string) error {
	var id, version, objects, strange int
	for pragma, into := range map[string]*int{"application_id": &id, "user_version": &version} {
		if err := db.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(into); err != nil {
			return err
		}
	}
	// Oaklock has no views and no triggers: one that came from outside would change what a statement of ours does.
	if err := db.QueryRowContext(ctx, "SELECT count(*), count(CASE WHEN type IN ('view', 'trigger') THEN 1 END) FROM sqlite_schema").Scan(&objects, &strange); err != nil {
		return err
	}
	if fresh := objects == 0 && version == 0; !fresh {
		if id != applicationID {
			return fmt.Errorf("%w: it belongs to another program", errBroken)
		}
		if err := checkVersion(path, version); err != nil {
			return err
		}
		if strange > 0 {
			return fmt.Errorf("%w: it has views or triggers", errBroken)
		}
		if err := checkPages(ctx, db, path); err != nil {
			return err
		}
	}
	// Only now, since it is the first thing that writes to the file; it is a property of the file and stays.
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode=WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("the database cannot keep a write-ahead log here (journal mode %q)", mode)
	}
	return migrate(ctx, db, version)
}

// Check looks at every page of an open database, which takes as long as reading the file does.
func (d *DB) Check(ctx context.Context) error { return quickCheck(ctx, d.reader, "") }

// checkPages looks for damaged pages.
func checkPages(ctx context.Context, db *sql.DB, path string) error {
	fi, err := os.Lstat(path) // not opened: see prepare
	if err != nil {
		return err
	}
	if fi.Size() <= wholeCheck {
		return quickCheck(ctx, db, "")
	}
	for _, table := range []string{"sqlite_schema", "setting", "provider_row", "credential", "grant", "denial", "block", "grant_clock"} {
		if err := quickCheck(ctx, db, "('"+table+"')"); err != nil {
			return err
		}
	}
	return nil
}

func quickCheck(ctx context.Context, db *sql.DB, of string) error {
	rows, err := db.QueryContext(ctx, "PRAGMA quick_check"+of)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var said string
		if err := rows.Scan(&said); err != nil {
			return err
		}
		if said != "ok" {
			return fmt.Errorf("%w: %s", errBroken, said)
		}
	}
	return rows.Err()
}

// moveAside renames the database and what belongs to it to names with the time in them, and returns the new name of the
// database. The log goes first: a crash in between then leaves a broken database, found again at the next start, and
// never a log that SQLite would throw away.
func moveAside(dir string, now time.Time) (string, error) {
	path := filepath.Join(dir, FileName)
	base := path + ".broken-" + now.UTC().Format("20060102T150405Z")
	to := base
	for n := 2; taken(to); n++ {
		to = fmt.Sprintf("%s-%d", base, n)
	}
	for _, suffix := range []string{"-wal", "-shm", "-journal", ""} {
		if err := os.Rename(path+suffix, to+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return to, syncDir(dir)
}

// taken says that a name or one derived from it is in use.
func taken(path string) bool {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return false // Rename will say what is wrong with the folder
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(path)) {
			return true
		}
	}
	return false
}
