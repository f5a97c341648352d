//go:build real

package keychain_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/oaktest/sessionbus"
)

// session starts a session and points this process there.
func session(t *testing.T, options ...sessionbus.Option) *sessionbus.Env {
	t.Helper()
	env := sessionbus.Start(t, options...)
	env.Setenv(t)
	forgetBus(t)
	return env
}

// forgetBus closes the connection that go-keyring shares in the process, so that the next test finds its own bus.
func forgetBus(t *testing.T) {
	t.Cleanup(func() {
		if os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "" {
			return
		}
		if conn, err := dbus.SessionBus(); err == nil {
			_ = conn.Close()
		}
	})
}

func TestRealPutGetDelete(t *testing.T) {
	env := session(t, sessionbus.KeyringUnlocked)
	v := keychain.OS("")
	if err := v.Status(t.Context()); err != nil {
		t.Fatalf("Status = %v", err)
	}
	if _, err := v.Get(t.Context(), personal); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("Get of none = %v", err)
	}
	put(t, v, personal, key)
	wantKey(t, v, personal, key)
	put(t, v, personal, otherKey)
	wantKey(t, v, personal, otherKey)
	most := strings.Repeat("k", keychain.MaxSecret)
	team := keychain.ID{Provider: "openai", Label: "Team 2"}
	put(t, v, team, most)
	wantKey(t, v, team, most)

	// The user finds it in the system's own programs under these names, and it is not in any file.
	if got := lookUp(t, env, map[string]string{"service": "Oaklock", "username": "openai/personal"}); got != 1 {
		t.Errorf("%d items are filed as openai/personal", got)
	}
	out, err := exec.Command("grep", "-rlF", otherKey, env.Home).Output()
	if len(out) > 0 {
		t.Errorf("the key is in %s (%v)", out, err)
	}

	if err := v.Delete(t.Context(), personal); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Get(t.Context(), personal); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("Get after Delete = %v", err)
	}
	if err := v.Delete(t.Context(), personal); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("second Delete = %v", err)
	}
	wantKey(t, v, team, most)
}

// lookUp counts the items with these attributes, asking the daemon itself.
func lookUp(t *testing.T, env *sessionbus.Env, attributes map[string]string) int {
	t.Helper()
	conn, err := dbus.Connect(env.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var unlocked, locked []dbus.ObjectPath
	err = conn.Object("org.freedesktop.secrets", "/org/freedesktop/secrets").
		Call("org.freedesktop.Secret.Service.SearchItems", 0, attributes).Store(&unlocked, &locked)
	if err != nil {
		t.Fatal(err)
	}
	return len(unlocked) + len(locked)
}

// wantErr checks that every method says the same, and nothing says "not found".
func wantErr(t *testing.T, v keychain.Vault, want error) {
	t.Helper()
	start := time.Now()
	_, getErr := v.Get(t.Context(), personal)
	for name, err := range map[string]error{
		"Status": v.Status(t.Context()), "Get": getErr, "Put": v.Put(t.Context(), personal, []byte(key)),
		"Delete": v.Delete(t.Context(), personal),
	} {
		if !errors.Is(err, want) || errors.Is(err, keychain.ErrNotFound) {
			t.Errorf("%s = %v, want %v", name, err, want)
		}
	}
	t.Logf("four answers took %v", time.Since(start))
}

func TestRealLocked(t *testing.T) {
	env := session(t, sessionbus.KeyringUnlocked)
	v := keychain.OS("")
	put(t, v, personal, key)
	env.LockKeyring()
	wantErr(t, v, keychain.ErrLocked)
	env.StartKeyring() // the user logs in again
	wantKey(t, v, personal, key)
}

func TestRealKilled(t *testing.T) {
	env := session(t, sessionbus.KeyringUnlocked)
	v := keychain.OS("")
	put(t, v, personal, key)
	for range 3 {
		env.KillKeyring()
		if _, err := v.Get(t.Context(), personal); !errors.Is(err, keychain.ErrLocked) {
			t.Errorf("Get from a fresh daemon = %v", err)
		}
	}
	wantErr(t, v, keychain.ErrLocked)
	env.StartKeyring()
	wantKey(t, v, personal, key)
}

func TestRealKilledAgainAndAgain(t *testing.T) {
	env := session(t, sessionbus.KeyringUnlocked)
	v := keychain.OS("")
	put(t, v, personal, key)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			s, err := v.Get(t.Context(), personal)
			if errors.Is(err, keychain.ErrNotFound) || err == nil && !s.Equal([]byte(key)) {
				t.Errorf("Get = %v", err)
			}
			s.Wipe()
		}
	})
	defer wg.Wait()
	defer close(stop)
	for range 5 {
		env.KillKeyring()
		env.StartKeyring()
	}
}

// A machine that never had a keyring: the daemon is there, but nothing in it, and no screen to ask on.
func TestRealFresh(t *testing.T) {
	session(t)
	v := keychain.OS("")
	wantErr(t, v, keychain.ErrLocked)
	unlocker, ok := v.(keychain.Unlocker)
	if !ok {
		t.Fatal("the keychain cannot be unlocked")
	}
	if err := unlocker.Unlock(t.Context()); !errors.Is(err, keychain.ErrDenied) {
		t.Errorf("Unlock without a screen = %v", err)
	}
}

func TestRealUnlock(t *testing.T) {
	env := session(t, sessionbus.KeyringUnlocked)
	v := keychain.OS("")
	unlocker, ok := v.(keychain.Unlocker)
	if !ok {
		t.Fatal("the keychain cannot be unlocked")
	}
	if err := unlocker.Unlock(t.Context()); err != nil {
		t.Errorf("Unlock of an open one = %v", err)
	}
	put(t, v, personal, key)
	env.LockKeyring()
	if err := unlocker.Unlock(t.Context()); !errors.Is(err, keychain.ErrDenied) {
		t.Errorf("Unlock without a screen = %v", err)
	}
	wantErr(t, v, keychain.ErrLocked)
}

func TestRealNoService(t *testing.T) {
	session(t, sessionbus.NoKeyring)
	v := keychain.OS("")
	wantErr(t, v, keychain.ErrUnavailable)
	if err := v.(keychain.Unlocker).Unlock(t.Context()); !errors.Is(err, keychain.ErrUnavailable) {
		t.Errorf("Unlock = %v", err)
	}
}

func TestRealBusDies(t *testing.T) {
	env := session(t, sessionbus.KeyringUnlocked)
	v := keychain.OS("")
	put(t, v, personal, key)
	env.Kill()
	wantErr(t, v, keychain.ErrUnavailable)
}

// With dbus-x11 installed, a library that looks for a bus starts one, and a keyring on it, and leaves both behind.
func TestRealNoBus(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_RUNTIME_DIR", home)
	for _, address := range []string{"", "autolaunch:", "disabled:", "unix:path=" + filepath.Join(home, "none")} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		t.Setenv("DISPLAY", ":99")
		wantErr(t, keychain.OS(""), keychain.ErrUnavailable)
	}
	if found := processesOf(t, home); len(found) > 0 {
		t.Errorf("left behind: %q", found)
	}
}

// processesOf is the command lines of all processes with this home, but for the test itself.
func processesOf(t *testing.T, home string) []string {
	t.Helper()
	environs, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil || len(environs) == 0 {
		t.Fatal("no processes", err)
	}
	var found []string
	for _, name := range environs {
		env, err := os.ReadFile(name)
		if err != nil || !strings.Contains("\x00"+string(env), "\x00HOME="+home+"\x00") {
			continue // ended meanwhile, or another user's
		}
		if command, err := os.ReadFile(filepath.Join(filepath.Dir(name), "cmdline")); err == nil && len(command) > 0 {
			found = append(found, strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return found
}

// The bus of systemd, where no variable names it: godbus would look in /run/user only.
func TestRealBusInRuntimeDir(t *testing.T) {
	env := session(t, sessionbus.KeyringUnlocked)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	v := keychain.OS("")
	put(t, v, personal, key)
	wantKey(t, v, personal, key)
	if got := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); got != env.Address {
		t.Errorf("the address is %q", got)
	}
}

func TestRealSessionLeavesNothing(t *testing.T) {
	var home string
	t.Run("session", func(t *testing.T) {
		env := session(t, sessionbus.KeyringUnlocked)
		home = env.Home
		if len(processesOf(t, home)) < 2 {
			t.Errorf("only %q run", processesOf(t, home))
		}
		env.KillKeyring()
		if err := keychain.OS("").Status(t.Context()); !errors.Is(err, keychain.ErrLocked) { // the bus starts another
			t.Errorf("Status = %v", err)
		}
	})
	// What the bus started is nobody's child here: it may take a moment to be gone.
	for deadline := time.Now().Add(10 * time.Second); len(processesOf(t, home)) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("left behind: %q", processesOf(t, home))
		}
	}
	if _, err := os.Lstat(home); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is left: %v", err)
	}
}

func TestRealKeys(t *testing.T) {
	env := session(t, sessionbus.KeyringUnlocked)
	db := openDB(t, profile(t))
	k := newKeys(t, db, keychain.OS(""))
	add(t, k, personal, endpoint, key)
	add(t, k, personal, endpoint, otherKey) // in the second place
	again := newKeys(t, db, keychain.OS(""))
	wantSecret(t, again, personal, otherKey)
	lockAndUnlock(again)
	env.LockKeyring()
	if _, err := again.Secret(context.Background(), personal); !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("Secret = %v", err)
	}
	env.StartKeyring()
	wantSecret(t, again, personal, otherKey)
	if err := again.Remove(t.Context(), personal); err != nil {
		t.Fatal(err)
	}
	if n := lookUp(t, env, map[string]string{"service": "Oaklock"}); n != 0 {
		t.Errorf("%d items are left in the keyring", n)
	}
}
