package ledger_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
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
		holds := reserve(t, l, request(t, "app.example"), 3000) // more than the queue holds: Settle must not wait for a disk that stays full
		release := hold(t, db)
		for _, h := range holds {
			h.Settle(ledger.Outcome{Status: 200})
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
		if c, err := l.Verify(t.Context(), false); err != nil || c.Break != nil || c.Lines != 3000 {
			t.Errorf("the log is found %+v, %v", c, err)
		}
	})
}

// What is reserved lies beside the database, so requests are counted while the database has no room, and after a kill too.
func TestLimitsHoldWhileTheDatabaseIsFull(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "oaklock")
	db := openDB(t, dir)
	l := openOn(t, db)
	r := money(request(t, "app.example"), 10)
	hold(t, db)
	for _, h := range reserve(t, l, r, 900) {
		h.Settle(known(7))
	}
	reserve(t, l, r, 100)
	entries(t, l, ledger.Filter{})
	if err := l.Problem(); !errors.Is(err, store.ErrFull) {
		t.Fatalf("the problem is %v, want ErrFull", err)
	}
	saved := written(t, db)
	db, l = killed(t, db, l, dir, ledger.Options{})
	defer func() { _ = l.Close(); _ = db.Close() }()
	if u := l.AllUse().Used; u.CostDay != 900*7+100*10 || saved > 500 {
		t.Errorf("after a kill %+v is used, with %d lines written", u, saved)
	}
	if c, err := l.Verify(t.Context(), false); err != nil || c.Break != nil || c.Lines != 1000 {
		t.Errorf("the log is found %+v, %v", c, err)
	}
}

func TestCloseSaysWhatIsNotWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, db := open(t)
		holds := reserve(t, l, request(t, "app.example"), 900)
		hold(t, db)
		for _, h := range holds {
			h.Settle(ledger.Outcome{Status: 200})
		}
		err := l.Close()
		left := 900 - written(t, db) // the last pages may have had room for a few
		if want := fmt.Sprintf("the last %d lines", left); !errors.Is(err, store.ErrFull) || !strings.Contains(err.Error(), want) || left < 500 {
			t.Errorf("Close says %v, want %q", err, want)
		}
	})
}

// Refusals are dropped one day, what was reserved never.
func TestADiskThatStaysFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, db := open(t)
		holds := reserve(t, l, request(t, "app.example"), 500)
		release := hold(t, db)
		for _, h := range holds {
			h.Settle(ledger.Outcome{Status: 200})
		}
		for range 50 {
			for site := range 30 {
				for range 10 {
					l.Refuse(request(t, fmt.Sprintf("app%d.example", site)), 403, "consent_denied")
				}
			}
			time.Sleep(2 * time.Second)
		}
		entries(t, l, ledger.Filter{})
		if err := l.Problem(); !errors.Is(err, store.ErrFull) || !strings.Contains(err.Error(), "lines of the log are lost") {
			t.Errorf("the problem is %v", err)
		}
		if err := l.Close(); !errors.Is(err, store.ErrFull) {
			t.Errorf("Close says %v, want ErrFull", err)
		}
		release()
		if n := openOn(t, db).Today().Requests; n != 500 {
			t.Errorf("the next run knows of %d", n)
		}
	})
}
