package store

import (
	"os"
	"runtime/debug"
	"sync"
	"syscall"
)

// mapped is a file in memory: what is written there is in the page cache at once, as after a write to the system, and without
// one. All that slots may take is mapped from the start, beyond the end of the file; only what was made room for is touched.
type mapped struct {
	f *os.File

	mu sync.RWMutex // held to write, so that the memory stays
	b  []byte       // nil: closed
}

func slotsWriter(f *os.File) writerAt {
	b, err := syscall.Mmap(int(f.Fd()), 0, maxSlots*SlotSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil { // a file system that cannot
		return unmapped{f}
	}
	return &mapped{f: f, b: b}
}

// WriteAt writes to memory. Where the system cannot give the page, because the disk is full or broken (a file system that copies
// on write needs room also for what has room), or somebody has cut the file short, it writes to the file, which says so or helps.
func (m *mapped) WriteAt(b []byte, at int64) (n int, err error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.b == nil {
		return 0, os.ErrClosed
	}
	if m.copy(b, at) {
		return len(b), nil
	}
	return m.f.WriteAt(b, at)
}

func (m *mapped) copy(b []byte, at int64) (ok bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // a fault of memory that belongs to a file is no fault of ours
	defer func() {
		if r := recover(); r != nil {
			if _, fault := r.(interface{ Addr() uintptr }); !fault {
				panic(r)
			}
		}
	}()
	copy(m.b[at:at+int64(len(b))], b)
	return true
}

// Close gives the memory back, and leaves the file open.
func (m *mapped) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.b
	m.b = nil
	if b == nil {
		return nil
	}
	return syscall.Munmap(b)
}
