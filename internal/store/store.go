// Package store opens the one database: settings, the index of credentials, grants, and the ledger.
//
// Use [Open] with the profile folder, [DB.Write] for every change, and [DB.SQL] for reading. A change is on the disk
// when Write returns nil (WAL, synchronous=FULL): a kill -9 or a power failure at any moment later does not lose it. What
// comes and goes with every request is no row but a slot of a file beside the database ([DB.Slots]), which survives the first of the two only.
// What was taken away while the disk is full is a mark ([DB.Marks]) until it can be a row.
//
// The package refuses rather than guesses. A folder that others can enter is not used ([ErrUnsafe]); a database of a newer
// version is not touched ([ErrNewer]); a file that is no database any more is never deleted or written over, but moved
// aside under a name that [DB.Recovered] holds, and a fresh one takes its place.
//
// Lines of the log are not changed and not deleted before their time, whoever asks in whatever words (guard.go).
//
// Which tables there are stands in migrations/*.sql. The packages that own the tables write their own SQL.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// FileName is the database in the profile folder; SQLite keeps FileName-wal and FileName-shm beside it.
const FileName = "oaklock.db"

// DB is an open database. Its methods may be called from any goroutine.
type DB struct {
	// Recovered is where a broken database was moved to when this one was opened; empty normally. The user should be
	// told: what they had allowed is in there, no longer in force.
	Recovered string

	dir    string
	writer *sql.DB // one connection; transactions begin immediate
	reader *sql.DB // query_only
	seal   *Seal
	marks  *Marks
}

// Open opens the database of the profile folder dir, and makes folder and database if they are missing. Errors wrap
// [ErrUnsafe], [ErrNewer], [ErrReadOnly] or [ErrFull] where one of them is the cause; after an error everything is as it was.
//
// One process at a time opens a profile folder; the caller sees to that (the control socket does).
func Open(ctx context.Context, dir string) (*DB, error) {
	if err := CheckDir(dir); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the profile folder: %w", err)
	}
	d, err := open(ctx, dir)
	if errors.Is(err, errBroken) {
		moved, moveErr := moveAside(dir, time.Now())
		if moveErr != nil {
			return nil, fmt.Errorf("move the broken database aside: %w", explain(dir, moveErr))
		}
		if d, err = open(ctx, dir); err == nil {
			d.Recovered = moved
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return d, nil
}

// open opens what is there; errBroken if that is no database of ours.
func open(ctx context.Context, dir string) (*DB, error) {
	path := filepath.Join(dir, FileName)
	if err := prepare(path); err != nil {
		return nil, explain(dir, err)
	}
	d := &DB{dir: dir}
	var err error
	if d.reader, err = sql.Open("sqlite", source(path, "_query_only=1")); err != nil {
		return nil, err
	}
	writer := &guarded{driver: d.reader.Driver(), source: source(path, "_txlock=immediate", "_synchronous=FULL")}
	d.writer = sql.OpenDB(writer)
	d.writer.SetMaxOpenConns(1)
	d.reader.SetMaxOpenConns(4)
	d.reader.SetMaxIdleConns(1)
	if err := bringUp(ctx, d.writer, path); err != nil {
		return nil, errors.Join(explain(dir, err), d.Close())
	}
	if _, err := d.writer.ExecContext(ctx, guard); err != nil {
		return nil, errors.Join(explain(dir, err), d.Close())
	}
	writer.on.Store(true)
	if d.seal, err = readSeal(ctx, d); err != nil {
		return nil, errors.Join(explain(dir, err), d.Close())
	}
	d.marks = openMarks(d)
	return d, nil
}

// source is the driver's name for the database. The file: form with an escaped path keeps a folder name with a question
// mark or a percent sign in it from becoming parameters.
func source(path string, params ...string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // file:///C:/…
	}
	params = append(params,
		"_busy_timeout=5000", "_foreign_keys=1", "_error_rc=1",
		// The file may have been changed from outside: nothing in its schema may run code or damage it further.
		"_defensive=1", "_dqs=0", "_pragma=trusted_schema(0)", "_pragma=cell_size_check(1)",
		"_pragma=temp_store(2)",    // no copies of rows in the folder for temporary files
		"_pragma=fullfsync(1)",     // macOS: fsync alone does not reach the disk
		"_pragma=cache_size(-512)", // KiB; what is asked often is kept in memory by its owner
	)
	return (&url.URL{Scheme: "file", Path: path, RawQuery: strings.Join(params, "&")}).String()
}

// prepare makes the file with mode 0600 (SQLite gives -wal and -shm the mode of the database) or checks the one there
// is. It must run before SQLite opens the file: closing any other descriptor of it would drop SQLite's POSIX locks.
func prepare(path string) error {
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		if _, err := checkFile(path + suffix); err != nil {
			return err
		}
	}
	fi, err := checkFile(path)
	if err != nil {
		return err
	}
	if fi == nil {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|noFollow, 0o600)
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
		if err := syncDir(filepath.Dir(path)); err != nil {
			return err
		}
	} else if openToOthers(fi) {
		if err := os.Chmod(path, 0o600); err != nil {
			return err
		}
	}
	return peek(path)
}

// Close closes the database. Nothing is lost without it; with it the next start is quicker.
func (d *DB) Close() error {
	var marks error
	if d.marks != nil {
		marks = d.marks.close()
	}
	return errors.Join(d.reader.Close(), d.writer.Close(), marks)
}

// SQL is for reading, beside a running [DB.Write] too; a statement that changes something fails.
func (d *DB) SQL() *sql.DB { return d.reader }

// Write runs f in one IMMEDIATE transaction, one at a time, and returns nil once it is on the disk. If f or the disk
// fails, nothing of it has happened; errors wrap [ErrFull] or [ErrReadOnly] where that is the cause. f must not call
// Write, and sees what it wrote only through its own transaction.
func (d *DB) Write(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := d.writer.BeginTx(ctx, nil)
	if err != nil {
		return explain(d.dir, err)
	}
	defer tx.Rollback() // after Commit it does nothing; it also runs when f panics
	if err := f(tx); err != nil {
		return explain(d.dir, err)
	}
	err = tx.Commit()
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		err = ctx.Err() // database/sql has rolled back by itself, which is what this error means
	}
	return explain(d.dir, err)
}
