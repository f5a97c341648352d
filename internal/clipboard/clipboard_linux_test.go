package clipboard_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/oaklock/oaklock/internal/clipboard"
)

// What cannot be copied is said to be so: the user would paste something else.
func TestWhereNothingCanBeCopied(t *testing.T) {
	for _, c := range []struct {
		name, wayland, display string
		noWay                  bool
	}{
		{"no display", "", "", true},
		{"Wayland without wl-copy", "wayland-0", ":0", true},
		{"an X server that is not there", "", ":60999", false},
		{"no name of a display", "", "garbage", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("WAYLAND_DISPLAY", c.wayland)
			t.Setenv("DISPLAY", c.display)
			t.Setenv("PATH", t.TempDir())
			var board clipboard.Clipboard
			defer board.Close()
			err := board.Set("text")
			if err == nil || errors.Is(err, clipboard.ErrNoWay) != c.noWay {
				t.Errorf("it says %v", err)
			}
		})
	}
}

func TestWayland(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	t.Setenv("COPIED", filepath.Join(folder, "copied"))
	program := func(script string) {
		if err := os.WriteFile(filepath.Join(folder, "wl-copy"), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil { //nolint:gosec // it is run
			t.Fatal(err)
		}
	}
	var board clipboard.Clipboard
	defer board.Close()
	program(`cat >"$COPIED"`)
	if err := board.Set("http://127.0.0.1:6255"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(folder, "copied")); err != nil || string(got) != "http://127.0.0.1:6255" {
		t.Errorf("wl-copy was given %q, %v", got, err)
	}
	program("exit 1")
	if err := board.Set("text"); err == nil {
		t.Error("that wl-copy failed is not said")
	}
}
