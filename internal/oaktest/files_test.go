package oaktest_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/oaklock/oaklock/internal/oaktest"
)

// failing is a test that fails without ending this one.
type failing struct {
	testing.TB
	failed bool
}

func (f *failing) Error(...any)          { f.failed = true }
func (f *failing) Errorf(string, ...any) { f.failed = true }

func TestPrivateSeesWhoMayLookIn(t *testing.T) {
	dir := t.TempDir()
	for mode, private := range map[os.FileMode]bool{0o600: true, 0o640: false, 0o644: false, 0o606: false} {
		path := filepath.Join(dir, mode.String())
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		f := &failing{TB: t}
		if oaktest.Private(f, path); f.failed == private && runtime.GOOS != "windows" {
			t.Errorf("mode %v: failed %v", mode, f.failed)
		}
	}
	f := &failing{TB: t}
	if oaktest.Private(f, filepath.Join(dir, "missing")); !f.failed {
		t.Error("a file that is not there is private")
	}
}
