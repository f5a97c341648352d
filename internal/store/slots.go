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

// SlotSize is the size of a slot of [Slots] in bytes: room for a record, and for the one that takes its place.
const SlotSize = 2 * slotHalf

const (
	slotHalf   = 1024
	slotHead   = 12        // length and checksum of the record, and checksum of the one whose place it takes: four bytes each, little endian
	firstSlots = 64        // of a new file
	maxSlots   = 16 * 1024 // 32 MiB
)

// ErrSlots says that all slots are taken, or that a record is too long for one.
var ErrSlots = errors.New("there is no room for what is under way")

// Slots is a file of records about what is under way. A record that was put is there after a kill -9 until it is freed, for
// the price of one write to the system at most: a row in the database would cost twenty times that, and wait behind whatever
// transaction waits for the disk. A power failure may take records with it. Its methods may be called from any goroutine.
//
// Room is made by writing zeros, before it is needed, so that a full disk refuses a record and never damages one.
type Slots struct {
	dir string
	f   *os.File
	to  writerAt // what is in the file

	mu   sync.Mutex // guards the fields below; held across the write that makes room, which is rare and short
	free []int
	sums []uint32 // checksums of the records that were put, by slot

	writing sync.Mutex // guards half
	half    [slotHalf]byte
}

// writerAt is the file, or the memory that it is mapped to.
type writerAt interface {
	io.WriterAt
	io.Closer
}

// Left is a record that an earlier run put and did not free.
type Left struct {
	Slot   int
	Record []byte
}

// unmapped is a file whose closing is somebody else's.
type unmapped struct{ io.WriterAt }

func (unmapped) Close() error { return nil }

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
	s.to = slotsWriter(f)
	return s, left, nil
}

func (s *Slots) read() (left []Left, err error) {
	buf := make([]byte, SlotSize)
	for slot := 0; slot < maxSlots; slot++ {
		_, err := io.ReadFull(io.NewSectionReader(s.f, int64(slot)*SlotSize, SlotSize), buf)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return left, nil // room that was being made is made again
		}
		if err != nil {
			return nil, err
		}
		r, sum := decodeSlot(buf)
		if r != nil {
			left = append(left, Left{slot, append([]byte(nil), r...)})
		} else {
			s.free = append(s.free, slot)
		}
		s.sums = append(s.sums, sum)
	}
	return left, nil
}

// decodeSlot gives the record that counts, nil if there is none, and the checksum of the one that was put.
func decodeSlot(b []byte) (record []byte, sum uint32) {
	put, sum, _ := decodeHalf(b[:slotHalf])
	if put == nil {
		return nil, 0
	}
	// What is left in the second half of an earlier use of the slot is about another record.
	if instead, _, of := decodeHalf(b[slotHalf:]); instead != nil && of == sum {
		return instead, sum
	}
	return put, sum
}

func decodeHalf(b []byte) (record []byte, sum, of uint32) {
	n := binary.LittleEndian.Uint32(b)
	if n == 0 || n > slotHalf-slotHead {
		return nil, 0, 0
	}
	record, sum, of = b[slotHead:slotHead+n], binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])
	if crc32.ChecksumIEEE(record) != sum {
		return nil, 0, 0
	}
	return record, sum, of
}

// write writes a record and what tells that it is whole.
func (s *Slots) write(at int64, record []byte, sum, of uint32) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	b := s.half[:slotHead+len(record)]
	binary.LittleEndian.PutUint32(b, uint32(len(record))) //nolint:gosec // at most slotHalf
	binary.LittleEndian.PutUint32(b[4:], sum)
	binary.LittleEndian.PutUint32(b[8:], of)
	copy(b[slotHead:], record)
	_, err := s.to.WriteAt(b, at)
	return err
}

func fits(record []byte) bool { return len(record) > 0 && len(record) <= slotHalf-slotHead }

// Put writes a record and gives its slot. It is there after a kill -9 once Put has returned nil. The error wraps [ErrSlots],
// [ErrFull] or [ErrReadOnly] where one of them is the cause; then nothing was put.
func (s *Slots) Put(record []byte) (slot int, err error) {
	if !fits(record) {
		return 0, ErrSlots
	}
	sum := crc32.ChecksumIEEE(record)
	if slot, err = s.take(sum); err != nil {
		return 0, explain(s.dir, err)
	}
	if err := s.write(int64(slot)*SlotSize, record, sum, 0); err != nil {
		return 0, explain(s.dir, errors.Join(err, s.Free(slot)))
	}
	return slot, nil
}

// take finds a slot that is free, the last freed first, or makes as many again as there are. It is for a record with this checksum.
func (s *Slots) take(sum uint32) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		if err := s.grow(); err != nil {
			return 0, err
		}
	}
	slot := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	s.sums[slot] = sum
	return slot, nil
}

// Room makes room for the first records ahead of the first Put.
func (s *Slots) Room() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sums) > 0 {
		return nil
	}
	return explain(s.dir, s.grow())
}

// Sync makes what was put outlast a power failure too.
func (s *Slots) Sync() error { return explain(s.dir, s.f.Sync()) }

func (s *Slots) grow() error {
	size := len(s.sums)
	more := min(max(size, firstSlots), maxSlots-size)
	if more <= 0 {
		return ErrSlots
	}
	if _, err := s.f.WriteAt(make([]byte, more*SlotSize), int64(size)*SlotSize); err != nil {
		return err
	}
	for i := more - 1; i >= 0; i-- {
		s.free = append(s.free, size+i)
	}
	s.sums = append(s.sums, make([]uint32, more)...)
	return nil
}

// Set puts another record in the place of the one that was put into this slot. A kill leaves the one or the other.
func (s *Slots) Set(slot int, record []byte) error {
	if !fits(record) {
		return ErrSlots
	}
	s.mu.Lock()
	of := s.sums[slot]
	s.mu.Unlock()
	if err := s.write(int64(slot)*SlotSize+slotHalf, record, crc32.ChecksumIEEE(record), of); err != nil {
		return explain(s.dir, err)
	}
	return nil
}

// Free clears a slot. Where that fails, its record is still there for the next run, and the slot is not used again.
func (s *Slots) Free(slot int) error {
	var none [slotHead]byte
	if _, err := s.to.WriteAt(none[:], int64(slot)*SlotSize); err != nil {
		return explain(s.dir, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, slot)
	return nil
}

// Close closes the file; nothing may be put or freed any more.
func (s *Slots) Close() error { return errors.Join(s.to.Close(), s.f.Close()) }
