package secret_test

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/secret"
)

// undumped is how many KiB of this process are kept out of core dumps: the flag "dd" of /proc/self/smaps.
func undumped(t *testing.T) int {
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
		if strings.HasPrefix(line, "VmFlags:") && strings.Contains(line+" ", " dd ") {
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
