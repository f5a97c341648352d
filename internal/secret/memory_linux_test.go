package secret_test

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/oaklock/oaklock/internal/secret"
)

// undumped is how many KiB of this process are kept out of core dumps.
func undumped(t *testing.T) int { t.Helper(); return flagged(t, "dd") }

// flagged is how many KiB of this process have a flag of /proc/self/smaps (proc(5)).
func flagged(t *testing.T, flag string) int {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	total, size := 0, 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		if _, err := fmt.Sscanf(line, "Size: %d kB", &size); err == nil {
			continue
		}
		if strings.HasPrefix(line, "VmFlags:") && strings.Contains(line+" ", " "+flag+" ") {
			total += size
		}
	}
	return total
}

func TestMemoryIsKeptOutOfDumpsAndGivenBack(t *testing.T) {
	runtime.GC() // what other tests dropped
	runtime.GC()
	before, page := undumped(t), os.Getpagesize()/1024
	s, err := secret.New([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	r := secret.NewRedactor(s)
	if got := undumped(t) - before; got < 2*page {
		t.Errorf("%d KiB more are kept out of dumps, want at least two pages", got)
	}
	r.Wipe()
	if got := undumped(t) - before; got != page {
		t.Errorf("after the redactor's Wipe %d KiB are left, want one page", got)
	}
	s.Wipe()
	if got := undumped(t); got != before {
		t.Errorf("after Wipe %d KiB are left, want %d", got, before)
	}
}

// A key lies in memory that is not swapped out, where the system lets us lock some.
func TestMemoryIsLocked(t *testing.T) {
	before := flagged(t, "lo")
	s, err := secret.New([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Wipe()
	if flagged(t, "lo") > before {
		return
	}
	b, err := unix.Mmap(-1, 0, 1, unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(b) }()
	if err := unix.Mlock(b); err != nil {
		t.Skip("this system lets nobody lock memory here:", err) //nolint:forbidigo // RLIMIT_MEMLOCK is not ours to raise
	}
	t.Error("a key lies in memory that may be swapped out")
}

func TestDroppedSecretsGiveTheirMemoryBack(t *testing.T) {
	before := undumped(t)
	func() {
		for range 20 {
			s, err := secret.New([]byte(key))
			if err != nil {
				t.Fatal(err)
			}
			secret.NewRedactor(s)
		}
	}()
	for range 100 { // the clean-up runs some time after a collection
		runtime.GC()
		if undumped(t) <= before {
			return
		}
	}
	t.Errorf("%d KiB are left, want %d", undumped(t), before)
}
