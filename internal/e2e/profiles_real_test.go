//go:build real

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/oaktest/sessionbus"
)

// withKeychain is sit at a machine with a keychain, in the profile that is used where none is named.
func withKeychain(t *testing.T) (*terminal, *sessionbus.Env) {
	t.Helper()
	bus := sessionbus.Start(t, sessionbus.KeyringUnlocked)
	u := sit(t)
	u.env = append(u.env, "DBUS_SESSION_BUS_ADDRESS="+bus.Address, "XDG_CONFIG_HOME=")
	return u.in(filepath.Join(filepath.Dir(u.home), ".config", "oaklock")), bus
}

// in is the same user with another profile folder.
func (u *terminal) in(home string) *terminal {
	other := *u
	other.home, other.Client = home, control.Dial(home)
	other.env = append(append([]string{}, u.env...), "OAKLOCK_HOME="+home)
	return &other
}

// A second profile has entries of its own in the keychain: whatever is done there, the first one's keys stay.
func TestAProfileTouchesNoKeysOfAnother(t *testing.T) {
	u, bus := withKeychain(t)
	lookUp := func(service, user string) string {
		cmd := exec.CommandContext(t.Context(), "secret-tool", "lookup", "service", service, "username", user)
		cmd.Env = bus.Vars()
		out, _ := cmd.Output() // status 1 is "none"
		return strings.TrimSpace(string(out))
	}
	u.agent()
	first, second := oaktest.Key("first"), oaktest.Key("second")
	u.done("printf %s " + first + " | oaklock keys add openai --anyway")
	u.done("printf %s " + first + " | oaklock keys add groq --anyway")

	other := u.in(filepath.Join(t.TempDir(), "other"))
	running := other.agent()
	other.done("printf %s " + second + " | oaklock keys add openai --anyway")
	other.done("printf %s " + second + " | oaklock keys add groq --anyway")
	other.done("oaklock keys remove groq --yes")
	if got := lookUp("Oaklock", "openai/default"); got != first {
		t.Errorf("the first profile's key is now %q", got)
	}

	// It keeps its keys when the folder is moved, and a copy of the folder does not get them.
	running.end(syscall.SIGTERM)
	moved := u.in(filepath.Join(t.TempDir(), "moved"))
	if err := os.Rename(other.home, moved.home); err != nil {
		t.Fatal(err)
	}
	copied := u.in(filepath.Join(t.TempDir(), "copy"))
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", moved.home, copied.home).CombinedOutput(); err != nil {
		t.Fatal(string(out), err)
	}
	copied.agent() // even where it is the first to be started
	if out := copied.done("oaklock keys list"); !strings.Contains(out, "gone") {
		t.Errorf("a copy has the keys of the first\n%s", out)
	}
	copied.done("oaklock reset --yes")
	for range 2 {
		running = moved.agent()
		if out := moved.done("oaklock keys list"); strings.Contains(out, "gone") || !strings.Contains(out, "openai") {
			t.Errorf("after the move the list says\n%s", out)
		}
		if out := moved.done("oaklock status"); strings.Contains(out, "Another program") || strings.Contains(out, "not in your keychain") {
			t.Errorf("after the move the status says\n%s", out)
		}
		running.end(syscall.SIGTERM)
	}
	running = moved.agent()
	if out := moved.done("oaklock reset --yes"); !strings.Contains(out, "Keys removed from this machine: 1.") {
		t.Errorf("the reset says\n%s", out)
	}
	<-running.ended
	for _, user := range []string{"openai/default", "groq/default"} {
		if lookUp("Oaklock", user) != first {
			t.Errorf("the reset of another profile took %s away", user)
		}
	}
	u.done("oaklock lock")
	u.done("oaklock unlock")
	if out := u.done("oaklock keys list"); strings.Contains(out, "gone") {
		t.Errorf("the first profile's list says\n%s", out)
	}

	// What somebody else deletes is noticed by whoever lists the keys, before a page needs it.
	cmd := exec.CommandContext(t.Context(), "secret-tool", "clear", "service", "Oaklock", "username", "openai/default")
	cmd.Env = bus.Vars()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatal(string(out), err)
	}
	out := u.done("oaklock keys list")
	for deadline := time.Now().Add(patience); !strings.Contains(out, "gone") && time.Now().Before(deadline); out = u.done("oaklock keys list") {
		time.Sleep(100 * time.Millisecond) // the keychain was asked just now, and is not asked at each list
	}
	if n := strings.Count(out, "gone from the keychain"); n != 1 {
		t.Errorf("%d keys are called gone\n%s", n, out)
	}
	if out := u.done("oaklock status"); !strings.Contains(out, "openai/default") {
		t.Errorf("the status says\n%s", out)
	}
	if s := u.types("oaklock doctor"); !strings.Contains(s.out+s.err, "openai/default") {
		t.Errorf("the doctor says\n%s", s)
	}
	u.done("printf %s " + first + " | oaklock keys add openai --anyway")
	if out := u.done("oaklock status"); strings.Contains(out, "openai/default") {
		t.Errorf("with the key back the status says\n%s", out)
	}
}

// Keys that a broken database knew of are said to be out of use, and go with a reset, though the list of them is lost.
func TestResetAfterABrokenDatabase(t *testing.T) {
	u, bus := withKeychain(t)
	running := u.agent()
	key := oaktest.Key("openai")
	u.done("printf %s " + key + " | oaklock keys add openai --label work")
	u.done("printf %s " + key + " | oaklock keys add openai --label work --yes") // it has moved to its second place
	running.end(syscall.SIGTERM)
	if err := os.WriteFile(filepath.Join(u.home, "oaklock.db"), []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	u.agent().end(syscall.SIGTERM)
	u.agent() // it knows of no broken one any more
	if out := u.done("oaklock reset --yes"); !strings.Contains(out, "Keys removed from this machine: 1.") || !strings.Contains(out, "openai") {
		t.Errorf("the reset says\n%s", out)
	}
	cmd := exec.CommandContext(t.Context(), "secret-tool", "search", "--all", "service", "Oaklock")
	cmd.Env = bus.Vars()
	if out, _ := cmd.CombinedOutput(); strings.Contains(string(out), "username") {
		t.Errorf("the keychain still has\n%s", out)
	}
}
