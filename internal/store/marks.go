package store

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"sync"
)

// MarksName is the file of [Marks], beside the database.
const MarksName = "oaklock.refused"

// Marks keep what the user took away while the database cannot take it, so that it holds over a restart on a full disk too. Their
// room is made at the first start, while there is some. Who puts a mark drops it as soon as the database has what it says.
//
// They have no seal: another program can put one, and so take something away. Nothing may be given by a mark.
// Its methods may be called from any goroutine.
type Marks struct {
	mu    sync.Mutex // held across the writes, which are rare and short
	slots *Slots     // nil: there is no file
	why   error      // then
	of    map[markID][]int
	left  []Mark
}

type markID struct{ kind, name string }

// Mark is one that an earlier run put and did not drop.
type Mark struct {
	Kind, Name string
	Text       []byte
}

// Marks are those of the database.
func (d *DB) Marks() *Marks { return d.marks }

// Unsaved takes apart what the database does not have yet, each in order: of what is true a mark is kept, and the rest is lost if
// Oaklock ends now.
func Unsaved[K comparable](unsaved map[K]bool, order func(x, y K) int) (marked, lost []K) {
	for k, kept := range unsaved {
		if kept {
			marked = append(marked, k)
		} else {
			lost = append(lost, k)
		}
	}
	slices.SortFunc(marked, order)
	slices.SortFunc(lost, order)
	return marked, lost
}

// openMarks never fails: without them what cannot be written is told to be lost at the end, as it then is.
func openMarks(d *DB) *Marks {
	m := &Marks{of: map[markID][]int{}}
	slots, left, err := d.Slots(MarksName)
	if err != nil {
		m.why = err
		return m
	}
	m.slots = slots
	for _, l := range left {
		parts := bytes.SplitN(l.Record, []byte{0}, 3)
		if len(parts) != 3 {
			_ = slots.Free(l.Slot) // it says nothing
			continue
		}
		mark := Mark{string(parts[0]), string(parts[1]), parts[2]}
		m.left = append(m.left, mark)
		id := markID{mark.Kind, mark.Name}
		m.of[id] = append(m.of[id], l.Slot)
	}
	_ = slots.Room() // else at the next start
	return m
}

// Left are the marks of an earlier run, of one kind. There may be two of one name after a kill: both hold.
func (m *Marks) Left(kind string) (out []Mark) {
	for _, l := range m.left {
		if l.Kind == kind {
			out = append(out, l)
		}
	}
	return out
}

// Put puts a mark in the place of the one of the same kind and name, both without NUL. It is there after a kill -9 and a power
// failure once Put has returned nil. Errors are as those of [Slots.Put]; then the mark of before is still there.
func (m *Marks) Put(kind, name string, text []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.slots == nil {
		return m.why
	}
	slot, err := m.slots.Put([]byte(kind + "\x00" + name + "\x00" + string(text)))
	if err != nil {
		return err
	}
	if err := m.slots.Sync(); err != nil {
		return errors.Join(err, m.slots.Free(slot))
	}
	m.free(markID{kind, name})
	m.of[markID{kind, name}] = []int{slot}
	return nil
}

// Drop takes a mark away, if there is one. Where that fails it is there again at the next start.
func (m *Marks) Drop(kind, name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free(markID{kind, name})
}

// free is for who holds mu.
func (m *Marks) free(id markID) {
	for _, slot := range m.of[id] {
		_ = m.slots.Free(slot) // see Drop
	}
	delete(m.of, id)
}

func (m *Marks) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.slots == nil {
		return nil
	}
	err := m.slots.Close()
	m.slots, m.why, m.of = nil, os.ErrClosed, map[markID][]int{}
	return err
}
