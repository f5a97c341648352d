package ledger

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/store"
)

// What a request was settled at is on the disk before another can have what it gave back: after a kill in between, both
// would count as a whole. Here nobody gets past the books' lock, and it is written all the same.
func TestWhatIsGivenBackIsWrittenDownFirst(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "oaklock")
	db, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	l, err := Open(t.Context(), db, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	h, err := l.Reserve(t.Context(), Request{Provider: "openai", Model: "gpt-4o", Worst: Worst{Tokens: 40, Cost: 40, Priced: true}})
	if err != nil {
		t.Fatal(err)
	}
	onDisk := func() []byte {
		b, err := os.ReadFile(filepath.Join(dir, HoldsName))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	before := onDisk()
	l.books.mu.Lock()
	done := make(chan struct{})
	go func() {
		h.Settle(Outcome{Status: 200, Bill: Known, Cost: 7, Tokens: 7, Usage: noUsage})
		close(done)
	}()
	written := false
	for end := time.Now().Add(20 * time.Second); !written && time.Now().Before(end); time.Sleep(time.Millisecond) {
		written = !bytes.Equal(onDisk(), before)
	}
	held := l.books.accounts[scope{Scope: All}].in(&l.books.calendar)[month]
	l.books.mu.Unlock()
	<-done
	if !written || held.heldCost != 40 || held.cost != 0 {
		t.Errorf("written: %v, while the books had %+v", written, held)
	}
}
