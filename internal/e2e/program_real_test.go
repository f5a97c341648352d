//go:build real || bench

package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	godbus "github.com/godbus/dbus/v5"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/oaktest/desktop"
	"github.com/oaklock/oaklock/internal/oaktest/notifications"
	"github.com/oaklock/oaklock/internal/oaktest/sessionbus"
	"github.com/oaklock/oaklock/internal/oaktest/traywatcher"
)

// program is the built agent on a desktop of its own: a session bus, a real keychain, a screen, a tray and a notification
// service.
type program struct {
	testing.TB
	bus     *sessionbus.Env
	desktop *desktop.Desktop
	tray    *traywatcher.Watcher
	notes   *notifications.Service
	home    string
	key     string
	model   *oaktest.Provider
	env     []string // besides that of the desktop
	agent   *exec.Cmd
	ended   chan struct{}
}

// install prepares everything and starts nothing of Oaklock's yet.
func install(t *testing.T) *program {
	t.Helper()
	p := &program{TB: t, bus: sessionbus.Start(t, sessionbus.KeyringUnlocked), home: filepath.Join(t.TempDir(), "profile"), key: oaktest.Key("openai")}
	p.desktop = desktop.Start(t, p.bus)
	conn, err := godbus.Connect(p.bus.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // the bus may have ended before
	if p.tray, err = traywatcher.Start(conn); err != nil {
		t.Fatal(err)
	}
	if p.notes, err = notifications.Start(conn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.tray.Stop(); _ = p.notes.Stop() })
	p.model = oaktest.NewProvider(t, oaktest.ProviderOptions{Key: p.key})
	return p
}

// binary is where make built the program.
func binary(t testing.TB, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		t.Fatalf("%s is not set; run these tests with: make test", variable)
	}
	return path
}

// start starts the agent in the foreground, as a login does, and waits until it answers.
func (p *program) start() {
	p.Helper()
	log, err := os.OpenFile(p.home+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.CommandContext(context.WithoutCancel(p.Context()), binary(p, "OAKLOCK_BIN"), "agent", "--port", "0")
	cmd.Env = slices.Concat(p.desktop.Vars(), []string{"OAKLOCK_HOME=" + p.home}, p.env)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		p.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }() // how it ended is the log's matter
	p.agent, p.ended = cmd, ended
	p.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		if p.Failed() {
			b, _ := os.ReadFile(p.home + ".log")
			p.Logf("the agent's log:\n%s", b)
		}
	})
	if err := control.Dial(p.home).WaitRunning(p.within(20 * time.Second)); err != nil {
		p.Fatal("the agent does not answer: ", err)
	}
}

// kill ends the agent as a crash does.
func (p *program) kill() {
	_ = p.agent.Process.Kill() // it may have ended
	<-p.ended
}

func (p *program) within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(p.Context(), d)
	p.Cleanup(cancel)
	return ctx
}

// oaklock types a command and fails the test unless it succeeds.
func (p *program) oaklock(args ...string) string {
	p.Helper()
	out, code := p.try("", args...)
	if code != 0 {
		p.Fatalf("oaklock %s: exit status %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// try types a command with something on its standard input.
func (p *program) try(stdin string, args ...string) (out string, code int) {
	p.Helper()
	cmd := exec.CommandContext(p.within(time.Minute), binary(p, "OAKLOCK_BIN"), args...)
	cmd.Env = slices.Concat(p.desktop.Vars(), []string{"OAKLOCK_HOME=" + p.home}, p.env)
	cmd.Stdin = strings.NewReader(stdin)
	var both bytes.Buffer
	cmd.Stdout, cmd.Stderr = &both, &both
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.Fatal(err)
	}
	return both.String(), cmd.ProcessState.ExitCode()
}

// addKeys points the four providers at the fake one and gives each the key.
func (p *program) addKeys() {
	p.Helper()
	for _, id := range []string{"openai", "anthropic", "google", "mistral"} {
		p.oaklock("providers", "set", id, "--base-url", p.model.BaseURL(id))
		if out, code := p.try(p.key, "keys", "add", id, "--label", "personal", "--anyway"); code != 0 {
			p.Fatalf("keys add %s: %d %s", id, code, out)
		}
	}
}

// endpoint is what the status says.
func (p *program) endpoint() string {
	p.Helper()
	return p.state().Endpoint
}

func (p *program) state() control.State {
	p.Helper()
	var s control.State
	if err := json.Unmarshal([]byte(p.oaklock("status", "--json")), &s); err != nil {
		p.Fatal(err)
	}
	return s
}

// question waits for the one that the origin asks.
func (p *program) question(origin string) control.Question {
	p.Helper()
	ctx := p.within(time.Minute)
	events, err := control.Dial(p.home).Events(ctx)
	if err != nil {
		p.Fatal(err)
	}
	for {
		for _, q := range p.state().Questions {
			if q.Origin == origin {
				return q
			}
		}
		select {
		case <-events:
		case <-ctx.Done():
			p.Fatalf("%s did not ask: %+v", origin, p.state())
		}
	}
}

// closeWindow closes the window as its frame's button does, and waits until its web engine has ended too.
func closeWindow(ctx context.Context, t *testing.T, p *program) {
	t.Helper()
	p.desktop.Until(ctx, "an end of the window and its web engine", func() bool {
		p.desktop.Press("alt+F4") // again where it did not have the focus yet
		return len(others(t, p)) == 0
	})
}

// others are the programs that the agent has started and that run still, with all that they have started.
func others(t *testing.T, p *program) (names []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all {
		env, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(env, []byte("OAKLOCK_HOME="+p.home+"\x00")) {
			continue // ended, or another's
		}
		if folder := filepath.Dir(file); filepath.Base(folder) != strconv.Itoa(p.agent.Process.Pid) {
			if name, err := os.ReadFile(filepath.Join(folder, "comm")); err == nil {
				names = append(names, strings.TrimSpace(string(name)))
			}
		}
	}
	return names
}
