package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// login plays the desktop's list of what starts at login.
type login struct {
	on     bool
	broken bool
}

func (l *login) On() (bool, error) { return l.on, nil }

func (l *login) Set(on bool) error {
	if l.broken {
		return errors.New("read-only")
	}
	l.on = on
	return nil
}

// used is an Oaklock that was used and has ended: keys in the keychain, sites, a log, and what a crash leaves.
func used(t *testing.T) *story {
	t.Helper()
	s := begin(t)
	s.allow("https://research.example", "openai")
	if a := s.chat("https://research.example"); a.status != 200 {
		t.Fatal(a)
	}
	if err := s.agent.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"agent.log", "oaklock.db.broken-20261125T000000Z", "oaklock.db.broken-20261125T000000Z-wal"} {
		if err := os.WriteFile(filepath.Join(s.home, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestResetLeavesNothing(t *testing.T) {
	s := used(t)
	l := &login{on: true}
	if n := len(s.vault.m); n != 6 { // with the key of the seal and the note beside it
		t.Fatalf("the keychain has %d items before", n)
	}
	removed, err := agent.Reset(t.Context(), agent.Options{Home: s.home, Keychain: s.vault, Autostart: l})
	if err != nil {
		t.Fatal(err)
	}
	if removed.Keys != 4 || fmt.Sprint(removed.Providers) != "[anthropic google mistral openai]" || len(removed.Left) != 0 {
		t.Errorf("removed: %+v", removed)
	}
	if len(s.vault.m) != 0 {
		t.Errorf("the keychain still has %d keys", len(s.vault.m))
	}
	if _, err := os.Lstat(s.home); !errors.Is(err, os.ErrNotExist) {
		all, _ := filepath.Glob(s.home + "/*")
		t.Errorf("the folder is still there: %v, %v", err, all)
	}
	if l.on {
		t.Error("it still starts at login")
	}
	again, err := agent.Reset(t.Context(), agent.Options{Home: s.home, Keychain: s.vault})
	if err != nil || again.Keys != 0 || len(again.Left) != 0 {
		t.Errorf("where nothing is: %+v, %v", again, err)
	}
	if _, err := os.Lstat(s.home); !errors.Is(err, os.ErrNotExist) {
		t.Error("a reset of nothing made a folder")
	}
}

// A keychain that says no keeps everything as it was: the list that says where the keys lie is needed to try again.
func TestResetThatCannotReachTheKeychain(t *testing.T) {
	s := used(t)
	s.vault.breakWith(keychain.ErrLocked)
	l := &login{on: true}
	_, err := agent.Reset(t.Context(), agent.Options{Home: s.home, Keychain: s.vault, Autostart: l})
	if !errors.Is(err, keychain.ErrLocked) || !strings.Contains(err.Error(), "could not be taken out of your keychain") {
		t.Errorf("it said %v", err)
	}
	if !l.on {
		t.Error("it no longer starts at login")
	}
	s.vault.breakWith(nil)
	s.start()
	keys, err := s.Keys(t.Context())
	if err != nil || len(keys) != 4 {
		t.Errorf("after the failed reset there are the keys %+v, %v", keys, err)
	}
	sites, err := s.Sites(t.Context())
	if err != nil || len(sites) != 1 {
		t.Errorf("after the failed reset there are the sites %+v, %v", sites, err)
	}
}

func TestResetTouchesOnlyItsOwn(t *testing.T) {
	s := begin(t)
	if _, err := agent.Reset(t.Context(), agent.Options{Home: s.home, Keychain: s.vault}); !errors.Is(err, control.ErrRunning) {
		t.Errorf("beside an agent that runs: %v", err)
	}
	if err := s.agent.Close(); err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "other.txt")
	letter := filepath.Join(s.home, "letter.txt")
	for _, name := range []string{elsewhere, letter} {
		if err := os.WriteFile(name, []byte("dear"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	oaktest.Link(t, elsewhere, filepath.Join(s.home, "agent.log"))
	removed, err := agent.Reset(t.Context(), agent.Options{Home: s.home, Keychain: s.vault, Autostart: &login{broken: true}})
	if err != nil {
		t.Fatal(err)
	}
	if len(removed.Left) != 2 || !strings.Contains(removed.Left[0], s.home) || !strings.Contains(removed.Left[1], "at login") {
		t.Errorf("left: %q", removed.Left)
	}
	for _, name := range []string{elsewhere, letter} {
		if b, err := os.ReadFile(name); err != nil || string(b) != "dear" {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	all, err := os.ReadDir(s.home)
	if err != nil || len(all) != 1 {
		t.Errorf("the folder has %v, %v", all, err)
	}
}
