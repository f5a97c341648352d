package ledger_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/store"
)

// hold makes the database refuse to grow as a full disk does, and lets it grow again.
func hold(t *testing.T, db *store.DB) (release func()) {
	t.Helper()
	limit := func(pages string) {
		t.Helper()
		err := db.Write(context.Background(), func(tx *sql.Tx) error {
			var n int
			return tx.QueryRow("PRAGMA max_page_count=" + pages).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit("1") // SQLite takes the present size instead
	return func() { limit("1000000") }
}

func TestAFullDiskLosesNothingThatFitsInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, db := open(t)
		release := hold(t, db)
		r := request(t, "app.example")
		for range 3000 { // more than the queue holds: Settle must not wait for a disk that stays full
			settle(t, l, r, ledger.Outcome{Status: 200})
		}
		entries(t, l, ledger.Filter{})
		if err := l.Problem(); !errors.Is(err, store.ErrFull) {
			t.Errorf("the problem is %v, want ErrFull", err)
		}
		release()
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if n := written(t, db); n != 3000 || l.Problem() != nil {
			t.Errorf("when there is room again %d lines are written, problem %v", n, l.Problem())
		}
	})
}

func TestCloseSaysWhatIsNotWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, db := open(t)
		hold(t, db)
		r := request(t, "app.example")
		for range 900 {
			settle(t, l, r, ledger.Outcome{Status: 200})
		}
		err := l.Close()
		left := 900 - written(t, db) // the last pages may have had room for a few
		if want := fmt.Sprintf("the last %d lines", left); !errors.Is(err, store.ErrFull) || !strings.Contains(err.Error(), want) || left < 500 {
			t.Errorf("Close says %v, want %q", err, want)
		}
	})
}

func TestADiskThatStaysFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, db := open(t)
		release := hold(t, db)
		r := request(t, "app.example")
		for range 12_000 {
			settle(t, l, r, ledger.Outcome{Status: 200})
		}
		entries(t, l, ledger.Filter{})
		if err := l.Problem(); !errors.Is(err, store.ErrFull) || !strings.Contains(err.Error(), "lines of the log are lost") {
			t.Errorf("the problem is %v", err)
		}
		if err := l.Close(); !errors.Is(err, store.ErrFull) {
			t.Errorf("Close says %v, want ErrFull", err)
		}
		release()
	})
}
