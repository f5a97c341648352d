package e2e_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAutostart sets what starts at login, looks at the desktop's own list, and starts what stands there.
func TestAutostart(t *testing.T) {
	t.Parallel()
	u := sit(t)
	u.agent()
	entry := filepath.Join(filepath.Dir(u.home), ".config", "autostart", "oaklock.desktop")
	if got := u.done("oaklock settings get autostart"); got != "off\n" {
		t.Errorf("at first it is %q", got)
	}
	u.done("oaklock settings set autostart on")
	text, err := os.ReadFile(entry)
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(text), "\nExec=")
	line, _, _ = strings.Cut(line, "\n")
	u.done("oaklock quit")
	// The paths here have nothing that the entry's format and a shell read differently.
	if s := u.types(line + " --headless --port 0 & until oaklock settings get autostart; do sleep 0.1; done; oaklock quit; wait"); !strings.Contains(s.out, "on\n") {
		t.Errorf("started as the entry says: %v", s)
	}
	u.agent()
	if err := os.Remove(entry); err != nil {
		t.Fatal(err)
	}
	if got := u.done("oaklock settings get autostart"); got != "off\n" {
		t.Errorf("removed by hand, it is %q", got)
	}
	u.done("oaklock settings set autostart on; oaklock settings set autostart off")
	if _, err := os.Stat(entry); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("set off, the entry is there: %v", err)
	}
}
