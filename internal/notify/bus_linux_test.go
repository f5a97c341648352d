package notify_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/oaklock/oaklock/internal/notify"
)

// Where dbus-x11 is installed a careless client starts a bus of its own, which then stays.
func TestNoBusIsStarted(t *testing.T) {
	folder := t.TempDir()
	started := filepath.Join(folder, "started")
	script := "#!/bin/sh\ntouch " + started + "\nexit 1\n"
	if err := os.WriteFile(filepath.Join(folder, "dbus-launch"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	stuck := filepath.Join(folder, "stuck")
	l, err := net.Listen("unix", stuck) // accepts by itself and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	for _, c := range []struct{ name, address, runtime string }{
		{"neither variable", "", ""},
		{"a runtime folder without a bus", "", folder},
		{"autolaunch", "autolaunch:", ""},
		{"nobody there", "unix:path=" + filepath.Join(folder, "none"), ""},
		{"a bus that is stuck", "unix:path=" + stuck, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", c.address)
			t.Setenv("XDG_RUNTIME_DIR", c.runtime)
			if _, err := notify.New(t.Context(), nil); !errors.Is(err, notify.ErrUnavailable) {
				t.Errorf("New: %v", err)
			}
		})
	}
	if _, err := os.Stat(started); err == nil {
		t.Error("dbus-launch was run")
	}
}
