package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What can be wrong with a profile folder. Every error of this package that has one of these causes wraps it, and reads
// as sentences for the user; what the system said is further down the chain, for the log.
var (
	// ErrNewer is a database that this version does not know. Nothing in it was touched.
	ErrNewer = errors.New("the database was written by a newer Oaklock")
	// ErrReadOnly is a folder or a database that this user cannot write.
	ErrReadOnly = errors.New("the profile folder cannot be written")
	// ErrFull is a disk without room. What was in the database before is still there.
	ErrFull = errors.New("the disk is full")
	// ErrUnsafe is a folder or a file in it that somebody else could read or exchange.
	ErrUnsafe = errors.New("the profile folder is not safe")
)

// errBroken is a file that is no database, or no longer one. [Open] moves it aside and never shows this error.
var errBroken = errors.New("the database is broken")

// failure is an error whose text is for the user and whose cause is for the log.
type failure struct {
	kind, cause error
	sentence    string
}

func (f *failure) Error() string   { return f.kind.Error() + ": " + f.sentence }
func (f *failure) Unwrap() []error { return []error{f.kind, f.cause} }

// explain names the cause of what SQLite or the file system refused in dir. An error that is none of the known causes
// comes back as it is.
func explain(dir string, err error) error {
	var known *failure
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff { // the primary result code
		case sqlite3.SQLITE_FULL:
			return full(dir, err)
		case sqlite3.SQLITE_READONLY:
			return readOnly(dir, err)
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			return fmt.Errorf("%w: %w", errBroken, err)
		case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
			// SQLite does not pass on what the system said: a full disk shows as a shared memory file that could not
			// grow. The folder itself knows.
			if cause := probe(dir); cause != nil {
				return explain(dir, errors.Join(cause, errors.New(err.Error())))
			}
		}
		return err
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, errQuota):
		return full(dir, err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return readOnly(dir, err)
	}
	return err
}

func full(dir string, cause error) error {
	return &failure{ErrFull, cause, fmt.Sprintf("there is no room left for %s; nothing that was saved before is lost. Make some room and try again", dir)}
}

func readOnly(dir string, cause error) error {
	return &failure{ErrReadOnly, cause, fmt.Sprintf("Oaklock keeps what you allowed in %s and may not write there; nothing was changed. Make the folder writable for you, or choose another with --home", dir)}
}

func notSafe(format string, args ...any) error {
	return &failure{ErrUnsafe, fs.ErrPermission, fmt.Sprintf(format, args...)}
}

// Room says what keeps the profile folder from taking anything new: ErrFull, ErrReadOnly, or nil where nothing does.
func (d *DB) Room() error { return explain(d.dir, probe(d.dir)) }

// probe writes one page into dir and takes it away again.
func probe(dir string) error {
	f, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 32<<10)) // what SQLite's shared memory file needs
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}
