package bus_test

import (
	"errors"
	"net"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/bus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Where nothing names a bus there is none, and one that is named is what the error is about.
func TestSessionSaysWhetherThereIsOne(t *testing.T) {
	folder := t.TempDir()
	stuck, err := net.Listen("unix", filepath.Join(folder, "stuck")) // accepts by itself and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer stuck.Close()
	for _, c := range []struct {
		name, address, runtime string
		none                   bool
	}{
		{"neither variable", "", "", true},
		{"a runtime folder without a bus", "", folder, true},
		{"autolaunch", "autolaunch:", "", true},
		{"nobody there", "unix:path=" + filepath.Join(folder, "none"), "", false},
		{"garbage", "garbage", "", false},
		{"a bus that is stuck", "unix:path=" + filepath.Join(folder, "stuck"), "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", c.address)
			t.Setenv("XDG_RUNTIME_DIR", c.runtime)
			if _, err := bus.Session(t.Context()); err == nil || errors.Is(err, bus.ErrNone) != c.none {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
