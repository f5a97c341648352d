package grant_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/store"
)

func long(n int) string { return strings.Repeat("m", n) }

func pragma(t testing.TB, db *store.DB, text string) {
	t.Helper()
	noError(t, db.Write(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec("PRAGMA " + text)
		return err
	}))
}

// fillUp lets the database grow no more, as a full disk does, until it is released.
func fillUp(t testing.TB, db *store.DB) (release func()) {
	pragma(t, db, "max_page_count=1") // SQLite takes the present size instead
	return func() { pragma(t, db, "max_page_count=1000000") }
}

// refuseWrites makes every change of what was decided fail, until it is released: a full disk may still have room for
// a deletion, a failing one has not. The triggers are the connection's, since a database that has some is not opened.
func refuseWrites(t testing.TB, db *store.DB) (release func()) {
	triggers := func(each string) {
		noError(t, db.Write(context.Background(), func(tx *sql.Tx) error {
			for _, table := range []string{"grant", "denial", "block", "grant_clock"} {
				if _, err := tx.Exec(strings.ReplaceAll(each, "TABLE", table)); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	triggers("CREATE TEMP TRIGGER no_TABLE BEFORE INSERT ON main.TABLE BEGIN SELECT RAISE(FAIL, 'the disk refuses'); END")
	return func() { triggers("DROP TRIGGER no_TABLE") }
}

// holdWriter keeps every write waiting until it is released.
func holdWriter(t testing.TB, db *store.DB) (release func()) {
	held, free, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- db.Write(context.Background(), func(*sql.Tx) error {
			close(held)
			<-free
			return nil
		})
	}()
	<-held
	return func() {
		close(free)
		noError(t, <-done)
	}
}
