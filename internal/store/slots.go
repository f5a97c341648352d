package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// SlotSize is the longest record of [Slots] in bytes, with its head.
const SlotSize = 1024

const (
	slotHead   = 8         // length and checksum of the record, four bytes each, little endian
	firstSlots = 64        // of a new file
	maxSlots   = 16 * 1024 // 16 MiB
)

// ErrSlots says that all slots are taken, or that a record is too long for one.
var ErrSlots = errors.New("there is no room for what is under way")

// Slots is a file of records about what is under way. A record that was put is there after a kill -9 until it is freed, for
// the price of one write to the system: a row in the database would cost twenty times that, and wait behind whatever
// transaction waits for the disk. A power failure may take records with it. Its methods may be called from any goroutine.
//
// Room is made by writing zeros, before it is needed, so that a full disk refuses a record and never damages one.
type Slots struct {
	dir string
	f   *os.File

	mu   sync.Mutex // guards the fields below; held across the write that makes room, which is rare and short
	free []int
	size int // slots in the file
}

// Left is a record that an earlier run put and did not free.
type Left struct {
	Slot   int
	Record []byte
}

// Slots opens or makes the file of this name in the profile folder and gives what an earlier run left in it. A record that
// a kill cut short is none: its Put had not returned. The caller closes it. Errors are as those of [Open].
func (d *DB) Slots(name string) (*Slots, []Left, error) {
	path := filepath.Join(d.dir, name)
	if _, err := checkFile(path); err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return nil, nil, explain(d.dir, err)
	}
	s := &Slots{dir: d.dir, f: f}
	left, err := s.read()
	if err != nil {
		_ = f.Close()
		return nil, nil, explain(d.dir, fmt.Errorf("read %s: %w", name, err))
	}
	return s, left, nil
}

func (s *Slots) read() (left []Left, err error) {
	buf := make([]byte, SlotSize)
	for ; s.size < maxSlots; s.size++ {
		_, err := io.ReadFull(io.NewSectionReader(s.f, int64(s.size)*SlotSize, SlotSize), buf)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return left, nil // room that was being made is made again
		}
		if err != nil {
			return nil, err
		}
		if r, ok := decodeSlot(buf); ok {
			left = append(left, Left{s.size, append([]byte(nil), r...)})
		} else {
			s.free = append(s.free, s.size)
		}
	}
	return left, nil
}

func decodeSlot(b []byte) ([]byte, bool) {
	n := binary.LittleEndian.Uint32(b)
	if n == 0 || n > SlotSize-slotHead {
		return nil, false
	}
	r := b[slotHead : slotHead+n]
	return r, crc32.ChecksumIEEE(r) == binary.LittleEndian.Uint32(b[4:])
}

// Put writes a record and gives its slot. It is there after a kill -9 once Put has returned nil. The error wraps [ErrSlots],
// [ErrFull] or [ErrReadOnly] where one of them is the cause; then nothing was put.
func (s *Slots) Put(record []byte) (slot int, err error) {
	b, err := encodeSlot(record)
	if err != nil {
		return 0, err
	}
	if slot, err = s.take(); err != nil {
		return 0, explain(s.dir, err)
	}
	if _, err := s.f.WriteAt(b, int64(slot)*SlotSize); err != nil {
		return 0, explain(s.dir, errors.Join(err, s.Free(slot)))
	}
	return slot, nil
}

// take finds a slot that is free, the last freed first, or makes as many again as there are.
func (s *Slots) take() (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		if err := s.grow(); err != nil {
			return 0, err
		}
	}
	slot := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	return slot, nil
}

func (s *Slots) grow() error {
	more := min(max(s.size, firstSlots), maxSlots-s.size)
	if more <= 0 {
		return ErrSlots
	}
	if _, err := s.f.WriteAt(make([]byte, more*SlotSize), int64(s.size)*SlotSize); err != nil {
		return err
	}
	for i := more - 1; i >= 0; i-- {
		s.free = append(s.free, s.size+i)
	}
	s.size += more
	return nil
}

// Set puts another record into a slot that is taken. A kill leaves the one or the other: a slot lies within one page of memory,
// which a write fills in one go.
func (s *Slots) Set(slot int, record []byte) error {
	b, err := encodeSlot(record)
	if err != nil {
		return err
	}
	if _, err := s.f.WriteAt(b, int64(slot)*SlotSize); err != nil {
		return explain(s.dir, err)
	}
	return nil
}

func encodeSlot(record []byte) ([]byte, error) {
	if len(record) == 0 || len(record) > SlotSize-slotHead {
		return nil, ErrSlots
	}
	b := make([]byte, slotHead, slotHead+len(record))
	binary.LittleEndian.PutUint32(b, uint32(len(record))) //nolint:gosec // at most SlotSize
	binary.LittleEndian.PutUint32(b[4:], crc32.ChecksumIEEE(record))
	return append(b, record...), nil
}

// Free clears a slot. Where that fails, its record is still there for the next run, and the slot is not used again.
func (s *Slots) Free(slot int) error {
	var none [slotHead]byte
	if _, err := s.f.WriteAt(none[:], int64(slot)*SlotSize); err != nil {
		return explain(s.dir, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, slot)
	return nil
}

// Close closes the file; nothing may be put or freed any more.
func (s *Slots) Close() error { return s.f.Close() }
