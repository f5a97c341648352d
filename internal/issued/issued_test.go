package issued_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oaklock/oaklock/internal/issued"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/store"
)

func open(t testing.TB) (*issued.Book, *store.DB) {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "oaklock"))
	if err != nil {
		t.Fatal(err)
	}
	b := issued.Open(db)
	t.Cleanup(func() {
		b.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return b, db
}

func site(t testing.TB, s string) origin.Origin {
	t.Helper()
	o, err := origin.FromUser(s)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func look(t testing.TB, b *issued.Book, o origin.Origin, p string, ids ...string) issued.Owners {
	t.Helper()
	got, err := b.Look(t.Context(), o, p, ids)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func rows(t testing.TB, db *store.DB) (n int) {
	t.Helper()
	if err := db.SQL().QueryRowContext(t.Context(), "SELECT count(*) FROM issued").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// At once and after the disk has it, before and after a restart, an id belongs to the first site that got it.
func TestTheFirstSiteOwns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, db := open(t)
		mine, other := site(t, "https://mine.example"), site(t, "https://other.example")
		b.Issue(mine, "openai", "resp_1")
		b.Issue(other, "openai", "resp_2")
		check := func(when string) {
			t.Helper()
			if got := look(t, b, mine, "openai", "resp_1", "resp_2", "resp_3", "resp_1"); got != (issued.Owners{Mine: 2, Others: 1, Unknown: 1}) {
				t.Errorf("%s: %+v", when, got)
			}
			if got := look(t, b, mine, "mistral", "resp_1"); got.Unknown != 1 {
				t.Errorf("%s: another provider's id is the same: %+v", when, got)
			}
		}
		check("in memory")
		time.Sleep(time.Second)
		synctest.Wait()
		if n := rows(t, db); n != 2 {
			t.Errorf("%d are written", n)
		}
		check("on the disk")
		b.Issue(other, "openai", "resp_1") // read in a list
		b.Issue(mine, "openai", "resp_2")
		check("issued again")
		time.Sleep(time.Second)
		synctest.Wait()
		b.Close()
		b = issued.Open(db)
		defer b.Close()
		check("after a restart")
	})
}

func TestIDsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, db := open(t)
		mine, other := site(t, "https://mine.example"), site(t, "https://other.example")
		b.Issue(mine, "openai", "file-1")
		b.Issue(mine, "openai", "file-2")
		time.Sleep(issued.Kept - time.Hour)
		if got := look(t, b, mine, "openai", "file-1"); got.Mine != 1 {
			t.Errorf("an hour before: %+v", got)
		}
		time.Sleep(time.Hour)
		if got := look(t, b, mine, "openai", "file-1"); got.Unknown != 1 {
			t.Errorf("when the time is over: %+v", got)
		}
		b.Issue(other, "openai", "file-1")
		time.Sleep(time.Second)
		synctest.Wait()
		if got := look(t, b, other, "openai", "file-1", "file-2"); got != (issued.Owners{Mine: 1, Unknown: 1}) || rows(t, db) != 1 {
			t.Errorf("afterwards: %+v, %d rows", got, rows(t, db))
		}
	})
}

// The id itself is nowhere on the disk.
func TestOnlyHashesAreKept(t *testing.T) {
	b, db := open(t)
	b.Issue(site(t, "https://mine.example"), "openai", "resp_the_id_itself")
	b.Close()
	r, err := db.SQL().QueryContext(t.Context(), "SELECT hash, origin FROM issued")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for r.Next() {
		var h, o []byte
		if err := r.Scan(&h, &o); err != nil || len(h) != 32 || bytes.Contains(append(h, o...), []byte("the_id")) {
			t.Errorf("%x %s %v", h, o, err)
		}
	}
	if r.Err() != nil || rows(t, db) != 1 {
		t.Error(r.Err(), rows(t, db))
	}
}

// A full disk loses nothing that fits in memory, and nothing waits for it.
func TestAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, db := open(t)
		limit := func(pages string) {
			err := db.Write(context.Background(), func(tx *sql.Tx) error {
				var n int
				return tx.QueryRow("PRAGMA max_page_count=" + pages).Scan(&n)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		limit("1")
		mine := site(t, "https://mine.example")
		for i := range 3000 {
			b.Issue(mine, "openai", fmt.Sprintf("resp_%d", i))
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got := look(t, b, mine, "openai", "resp_0", "resp_2999"); got.Mine != 2 || rows(t, db) != 0 {
			t.Errorf("while the disk is full: %+v, %d rows", got, rows(t, db))
		}
		limit("1000000")
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := rows(t, db); n != 3000 {
			t.Errorf("with room again %d are written", n)
		}
	})
}

func TestLookSaysWhenItCannotKnow(t *testing.T) {
	b, _ := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := b.Look(ctx, site(t, "https://mine.example"), "openai", []string{"resp_1"}); err == nil || got != (issued.Owners{}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func BenchmarkLook(b *testing.B) {
	book, _ := open(b)
	mine := site(b, "https://mine.example")
	book.Issue(mine, "openai", "resp_1")
	for b.Loop() {
		look(b, book, mine, "openai", "resp_1")
	}
}
