package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// A connection that takes the place of a broken one has the guard too.
func TestTheGuardOutlivesAConnection(t *testing.T) {
	d, err := Open(t.Context(), filepath.Join(t.TempDir(), "oaklock"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for range 2 {
		err := d.Write(t.Context(), func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(t.Context(), `INSERT INTO entry (time, origin, provider, endpoint, model, credential, grant_id, status, code, refused,
				input, output, cached_input, cache_write, reasoning, millis, bytes_in, bytes_out) VALUES (1, '', '', '', '', '', 0, 200, '', 0, 0, 0, 0, 0, 0, 0, 0, 0)`); err != nil {
				t.Error(err)
			}
			_, err := tx.ExecContext(t.Context(), "DELETE FROM entry")
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "line of the log") {
			t.Errorf("deleting a line: %v", err)
		}
		lose(t, d.writer)
	}
}

// lose breaks the connection, as the driver does when it is interrupted at the wrong moment.
func lose(t *testing.T, db *sql.DB) {
	t.Helper()
	c, err := db.Conn(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Raw(func(any) error { return driver.ErrBadConn }); !errors.Is(err, driver.ErrBadConn) {
		t.Fatal(err)
	}
	_ = c.Close()
}
