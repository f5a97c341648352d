package sessionbus

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// Option changes what [Start] starts.
type Option int

const (
	// KeyringUnlocked starts gnome-keyring with a new, open login keyring. Without it the bus starts a locked one when
	// somebody asks for it, as on a machine that its user entered without a password.
	KeyringUnlocked Option = iota + 1
	// NoKeyring keeps the bus from starting any service.
	NoKeyring
)

// Password opens the login keyring.
const Password = "oaklock test"

// wait is how long any step may take on a slow machine before the test is given up.
const wait = 20 * time.Second

const secrets = "org.freedesktop.secrets"

// Env is a running session.
type Env struct {
	Address string // of the bus
	Home    string // all folders of the session lie in it

	t       testing.TB
	vars    map[string]string
	bus     *exec.Cmd
	keyring *exec.Cmd // nil unless StartKeyring started it
}

// Start starts a bus that ends with the test. It fails the test if the programs are missing.
func Start(t testing.TB, options ...Option) *Env {
	t.Helper()
	home, err := os.MkdirTemp("", "oak") // t.TempDir is too long for the name of a socket
	if err != nil {
		t.Fatal(err)
	}
	e := &Env{t: t, Home: home, vars: map[string]string{"HOME": home}}
	t.Cleanup(func() {
		e.Kill()
		if err := os.RemoveAll(home); err != nil {
			t.Error(err)
		}
	})
	for name, folder := range map[string]string{
		"XDG_RUNTIME_DIR": "run", "XDG_DATA_HOME": "data", "XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache",
	} {
		e.vars[name] = filepath.Join(home, folder)
		if err := os.Mkdir(e.vars[name], 0o700); err != nil {
			t.Fatal(err)
		}
	}
	e.Address = "unix:path=" + filepath.Join(e.vars["XDG_RUNTIME_DIR"], "bus")
	e.vars["DBUS_SESSION_BUS_ADDRESS"] = e.Address
	e.vars["GNOME_KEYRING_CONTROL"] = ""
	// No system bus: the screen of whoever runs the test may lock meanwhile.
	e.vars["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=" + filepath.Join(e.vars["XDG_RUNTIME_DIR"], "no-system-bus")

	args := []string{"--session", "--nofork", "--nopidfile", "--nosyslog", "--print-address=1", "--address=" + e.Address}
	if slices.Contains(options, NoKeyring) {
		args[0] = "--config-file=" + e.bareConfig()
	}
	e.bus = e.command("dbus-daemon", args...)
	e.bus.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what the bus starts is killed with it
	out, err := e.bus.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := e.bus.Start(); err != nil {
		t.Fatalf("start a session bus (Debian: apt install dbus): %v", err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("the session bus did not come up: %v", err)
	}
	if slices.Contains(options, KeyringUnlocked) {
		e.StartKeyring()
	}
	return e
}

// bareConfig is a bus without service files.
func (e *Env) bareConfig() string {
	config := `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>` + e.Address + `</listen><auth>EXTERNAL</auth><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`
	name := filepath.Join(e.Home, "bus.conf")
	if err := os.WriteFile(name, []byte(config), 0o600); err != nil {
		e.t.Fatal(err)
	}
	return name
}

// StartKeyring starts gnome-keyring with the login keyring open, and makes that keyring at the first time. It takes the
// place of one that runs.
func (e *Env) StartKeyring() {
	e.t.Helper()
	for deadline := time.Now().Add(wait); ; {
		e.KillKeyring()
		e.keyring = e.command("gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets")
		e.keyring.Stdin = strings.NewReader(Password)
		e.keyring.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: e.bus.Process.Pid}
		if err := e.keyring.Start(); err != nil {
			e.t.Fatalf("start a keyring (Debian: apt install gnome-keyring): %v", err)
		}
		if e.awaitOwner(func(pid int) bool { return pid != 0 }) == e.keyring.Process.Pid {
			return
		}
		// Somebody asked in the moment without a daemon, and the bus was quicker with one of its own.
		e.endKeyring()
		if time.Now().After(deadline) {
			e.t.Fatal("the bus always has a keyring of its own sooner")
		}
	}
}

// KillKeyring kills the daemon that has the name org.freedesktop.secrets (kill -9) and waits until the bus knows. Whoever
// asks next makes the bus start a fresh, locked one.
func (e *Env) KillKeyring() {
	e.t.Helper()
	dead := e.ownerPID()
	if dead == 0 {
		return
	}
	if err := syscall.Kill(dead, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		e.t.Fatal(err)
	}
	if e.keyring != nil && e.keyring.Process.Pid == dead {
		e.endKeyring()
	}
	e.awaitOwner(func(pid int) bool { return pid != dead })
}

// endKeyring ends the daemon that StartKeyring started.
func (e *Env) endKeyring() {
	_ = e.keyring.Process.Kill() // it may have ended by itself
	_ = e.keyring.Wait()         // "signal: killed"
	e.keyring = nil
}

// LockKeyring locks the login keyring, as the user would do in a settings program.
func (e *Env) LockKeyring() {
	e.t.Helper()
	e.call(secrets, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock", nil,
		[]dbus.ObjectPath{"/org/freedesktop/secrets/collection/login"})
}

// Kill ends everything at once (kill -9) and waits for it. A second call does nothing.
func (e *Env) Kill() {
	if e.bus == nil || e.bus.Process == nil {
		return
	}
	if err := syscall.Kill(-e.bus.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		e.t.Error(err)
	}
	_ = e.bus.Wait() // "signal: killed"
	if e.keyring != nil {
		_ = e.keyring.Wait()
	}
	e.bus, e.keyring = nil, nil
}

// Setenv points the test's own process at the session until the test ends.
func (e *Env) Setenv(t *testing.T) {
	t.Helper()
	for name, value := range e.vars {
		t.Setenv(name, value)
	}
	for _, name := range display {
		t.Setenv(name, "") // no dialog may open on the screen of whoever runs the test
	}
}

// Vars is the whole environment for a child process, "NAME=value", without a display.
func (e *Env) Vars() []string {
	vars := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		_, ours := e.vars[name]
		return ours || slices.Contains(display, name)
	})
	for name, value := range e.vars {
		vars = append(vars, name+"="+value)
	}
	return vars
}

var display = []string{"DISPLAY", "WAYLAND_DISPLAY"}

func (e *Env) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Dir = e.Vars(), e.Home
	return cmd
}

// call makes one call over a connection of its own.
func (e *Env) call(dest, path, method string, result any, args ...any) {
	e.t.Helper()
	if err := e.try(dest, path, method, result, args...); err != nil {
		e.t.Fatalf("%s: %v", method, err)
	}
}

func (e *Env) try(dest, path, method string, result any, args ...any) error {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	conn, err := dbus.Connect(e.Address, dbus.WithContext(ctx))
	if err != nil {
		return err
	}
	defer conn.Close()
	call := conn.Object(dest, dbus.ObjectPath(path)).CallWithContext(ctx, method, 0, args...)
	if call.Err != nil || result == nil {
		return call.Err
	}
	return call.Store(result)
}

// ownerPID is who has the name, or 0. It does not make the bus start anybody.
func (e *Env) ownerPID() int {
	var pid uint32
	err := e.try("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.GetConnectionUnixProcessID", &pid, secrets)
	if bus := (dbus.Error{}); errors.As(err, &bus) && bus.Name == "org.freedesktop.DBus.Error.NameHasNoOwner" {
		return 0
	}
	if err != nil {
		e.t.Fatal(err)
	}
	return int(pid)
}

// awaitOwner polls until the owner is right, and returns it: no signal tells about a name before one can listen.
func (e *Env) awaitOwner(right func(pid int) bool) int {
	e.t.Helper()
	for deadline := time.Now().Add(wait); ; time.Sleep(5 * time.Millisecond) {
		if pid := e.ownerPID(); right(pid) {
			return pid
		}
		if time.Now().After(deadline) {
			e.t.Fatalf("%s did not change hands", secrets)
		}
	}
}
