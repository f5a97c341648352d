package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/store"
)

const slotsName = "oaklock.holds"

// slots opens the file of slots of a profile folder, with a database of its own around it.
func slots(t *testing.T, dir string) (*store.Slots, []store.Left) {
	t.Helper()
	db, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s, left, err := db.Slots(slotsName)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, left
}

func records(left []store.Left) (out []string) {
	for _, l := range left {
		out = append(out, string(l.Record))
	}
	return out
}

func TestSlotsKeepWhatWasNotFreed(t *testing.T) {
	dir := t.TempDir() + "/home"
	s, left := slots(t, dir)
	if len(left) != 0 {
		t.Fatalf("a new file has %q", records(left))
	}
	long := strings.Repeat("x", 1000)
	for _, r := range []string{"one", "two", long} {
		slot, err := s.Put([]byte(r))
		if err != nil {
			t.Fatal(err)
		}
		if r == "two" {
			if err := s.Free(slot); err != nil {
				t.Fatal(err)
			}
		}
	}
	// As after a kill: the file was not closed.
	again, left := slots(t, dir)
	if got := records(left); len(got) != 2 || got[0] != "one" || got[1] != long {
		t.Fatalf("left: %q", got)
	}
	for _, l := range left {
		if err := again.Free(l.Slot); err != nil {
			t.Fatal(err)
		}
	}
	if _, left := slots(t, dir); len(left) != 0 {
		t.Errorf("freed, and yet there: %q", records(left))
	}
}

// What takes the place of a record is there in its stead, is gone with it, and is not taken for that of the slot's next record.
func TestSlotsTakeAnotherRecordInItsPlace(t *testing.T) {
	dir := t.TempDir() + "/home"
	s, _ := slots(t, dir)
	put := func(r string) int {
		slot, err := s.Put([]byte(r))
		if err != nil {
			t.Fatal(err)
		}
		return slot
	}
	left := func() []string {
		b, err := os.ReadFile(filepath.Join(dir, slotsName))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(t.TempDir(), "home")
		if err := store.CheckDir(to); err != nil { // makes it
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, slotsName), b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, left := slots(t, to)
		return records(left)
	}
	slot := put("one")
	if err := s.Set(slot, []byte("one, ended")); err != nil {
		t.Fatal(err)
	}
	if got := left(); len(got) != 1 || got[0] != "one, ended" {
		t.Errorf("left: %q", got)
	}
	if err := s.Free(slot); err != nil {
		t.Fatal(err)
	}
	if got := left(); len(got) != 0 {
		t.Errorf("freed, and yet there: %q", got)
	}
	if again := put("two"); again != slot {
		t.Fatalf("slot %d, not %d", again, slot)
	}
	if got := left(); len(got) != 1 || got[0] != "two" {
		t.Errorf("left: %q", got)
	}
	// Cut short by a kill at every byte: the record that was put stays.
	for n := range 30 {
		if err := s.Set(slot, []byte("two, ended")); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, slotsName))
		if err != nil {
			t.Fatal(err)
		}
		half := b[slot*store.SlotSize+store.SlotSize/2:]
		end := bytes.LastIndex(half, []byte("ended")) + len("ended")
		clear(half[max(0, end-1-n):end])
		to := filepath.Join(t.TempDir(), "home")
		if err := store.CheckDir(to); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, slotsName), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, left := slots(t, to); len(left) != 1 || string(left[0].Record) != "two" {
			t.Fatalf("without the last %d bytes: %q", n+1, records(left))
		}
	}
}

// A file that somebody cuts short under way takes a record all the same, or says why not.
func TestSlotsOfAFileThatIsCutShort(t *testing.T) {
	dir := t.TempDir() + "/home"
	s, _ := slots(t, dir)
	slot, err := s.Put([]byte("one"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, slotsName), 0); err != nil {
		t.Fatal(err)
	}
	if err := s.Set(slot, []byte("one, ended")); err != nil {
		t.Error(err)
	}
	two, err := s.Put([]byte("two"))
	if err != nil {
		t.Error(err)
	}
	if err := errors.Join(s.Free(slot), s.Free(two), s.Close()); err != nil {
		t.Error(err)
	}
	if _, err := s.Put([]byte("three")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func BenchmarkSlots(b *testing.B) {
	db, err := store.Open(b.Context(), b.TempDir()+"/home")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s, _, err := db.Slots(slotsName)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	record := bytes.Repeat([]byte("x"), 300)
	for b.Loop() {
		slot, err := s.Put(record)
		if err := errors.Join(err, s.Set(slot, record), s.Free(slot)); err != nil {
			b.Fatal(err)
		}
	}
}

func TestSlotsGrowAndAreUsedAgain(t *testing.T) {
	dir := t.TempDir() + "/home"
	s, _ := slots(t, dir)
	taken := map[int]bool{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				slot, err := s.Put([]byte("r"))
				mu.Lock()
				if err != nil || taken[slot] {
					t.Errorf("slot %d, taken %v: %v", slot, taken[slot], err)
				}
				taken[slot] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if _, left := slots(t, dir); len(left) != 400 {
		t.Errorf("%d left", len(left))
	}
	for slot := range taken {
		if err := s.Free(slot); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.Stat(filepath.Join(dir, slotsName))
	if err != nil {
		t.Fatal(err)
	}
	for range 400 {
		if _, err := s.Put([]byte("again")); err != nil {
			t.Fatal(err)
		}
	}
	after, err := os.Stat(filepath.Join(dir, slotsName))
	if err != nil || after.Size() != before.Size() {
		t.Errorf("%d bytes before, %v after, %v", before.Size(), after, err)
	}
	oaktest.Private(t, filepath.Join(dir, slotsName))
}

// A write that a kill cut short, and what was written over from outside, are no records, and their slots are free.
func TestSlotsPassOverBrokenRecords(t *testing.T) {
	dir := t.TempDir() + "/home"
	s, _ := slots(t, dir)
	for _, r := range []string{"first", "second", "third"} {
		if _, err := s.Put([]byte(r)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, slotsName)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(b, []byte("second"))
	b[at] = 'S'
	if err := os.WriteFile(path, append(b, "the beginning of room"...), 0o600); err != nil {
		t.Fatal(err)
	}
	s, left := slots(t, dir)
	if got := records(left); len(got) != 2 || got[0] != "first" || got[1] != "third" {
		t.Errorf("left: %q", got)
	}
	if slot, err := s.Put([]byte("fourth")); err != nil || slot < 0 {
		t.Error(slot, err)
	}
	for _, bad := range [][]byte{nil, make([]byte, store.SlotSize)} {
		if _, err := s.Put(bad); !errors.Is(err, store.ErrSlots) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
}

func TestSlotsRefuseALink(t *testing.T) {
	dir := t.TempDir() + "/home"
	db, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.WriteFile(elsewhere, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	oaktest.Link(t, elsewhere, filepath.Join(dir, slotsName))
	if _, _, err := db.Slots(slotsName); !errors.Is(err, store.ErrUnsafe) {
		t.Errorf("followed a link: %v", err)
	}
}
