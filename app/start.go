package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/cli"
	"github.com/oaklock/oaklock/internal/control"
)

// startWait is how long a started agent may take to answer: it listens within 50 ms, but a machine at login is busy.
const startWait = 15 * time.Second

// logName is the file in the profile folder that an agent without a terminal writes its log to. It is begun anew at each
// start and holds no key, prompt or answer.
const logName = "agent.log"

// startAgent starts this program as the agent of the profile folder, apart from this terminal, and waits until it
// answers. If it ends instead, its last words are the error.
func startAgent(ctx context.Context, home string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program itself: %w", err)
	}
	if err := control.MakeFolder(home); err != nil {
		return agent.HomeError(home, fmt.Errorf("the profile folder cannot be made: %w", err))
	}
	path := filepath.Join(home, logName)
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND|os.O_TRUNC|noFollow, 0o600) //nolint:gosec // the user's own folder
	if err != nil {
		return agent.HomeError(home, fmt.Errorf("the profile folder cannot be written: %w", err))
	}
	defer func() { _ = out.Close() }()
	cmd := exec.Command(self, "agent", "--home", home) //nolint:gosec,noctx // it outlives this command on purpose
	cmd.Stdout, cmd.Stderr = out, out
	if os.Getenv("GOTRACEBACK") == "" {
		cmd.Env = append(os.Environ(), "GOTRACEBACK=none") // see withoutTraces, which cannot do it everywhere
	}
	cmd.SysProcAttr = apart()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the agent: %w", err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }() // how it ended stands in ProcessState
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	var answers error
	ready := make(chan struct{})
	go func() { answers = control.Dial(home).WaitRunning(ctx); close(ready) }()
	select {
	case <-ready:
		return answers
	case <-ended:
		// Of several starts at once one wins, and the others bring its window forward.
		if cmd.ProcessState.ExitCode() != cli.StatusRunning {
			cancel()
			<-ready
			return errors.New(lastWords(path))
		}
		<-ready
		return answers
	}
}

// lastWords is the last line of the agent's log.
func lastWords(path string) string {
	b, err := os.ReadFile(path) //nolint:gosec // the user's own folder
	lines := strings.Split(strings.TrimSpace(string(bytes.ToValidUTF8(b, nil))), "\n")
	last := strings.TrimPrefix(lines[len(lines)-1], "oaklock: ")
	if err != nil || last == "" {
		return "the agent ended at once and did not say why"
	}
	return last
}

// windows starts the window program when it is wanted. It ends by itself when the agent does, once it has been connected.
type windows struct {
	home string
	log  *slog.Logger
	wg   sync.WaitGroup

	mu      sync.Mutex
	running map[*exec.Cmd]struct{} // guarded by mu
}

// graceForWindow is how long a window may take to close when the agent ends.
const graceForWindow = time.Second

var (
	errNoDisplay = errors.New("there is no display here.")                    //nolint:revive,staticcheck // shown as a sentence
	errNoWindow  = errors.New("the program oaklock-window is not installed.") //nolint:revive,staticcheck // shown as a sentence
)

// windowCommand is the window program for a profile folder.
func windowCommand(home string) (*exec.Cmd, error) {
	path, err := windowProgram()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path) //nolint:gosec,noctx // found beside this program; it ends with the agent
	cmd.Env = windowEnv(os.Environ(), home)
	// Its dialogs for files begin where it does, and the folder in which the agent was started may be any.
	if own, err := os.UserHomeDir(); err == nil {
		if s, err := os.Stat(own); err == nil && s.IsDir() {
			cmd.Dir = own
		}
	}
	return cmd, nil
}

// openWindow starts the window from a terminal, for an agent that cannot: it may run without this display. Nobody waits for it.
func openWindow(home string) error {
	cmd, err := windowCommand(home)
	if err != nil {
		return err
	}
	cmd.SysProcAttr = apart()
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}

// open starts a window. Two at once are kept apart by the agent, which starts one only where none is connected.
func (w *windows) open() error {
	if !hasDisplay() {
		return errNoDisplay
	}
	cmd, err := windowCommand(w.home)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	if w.running == nil {
		w.running = map[*exec.Cmd]struct{}{}
	}
	w.running[cmd] = struct{}{}
	w.wg.Go(func() {
		err := cmd.Wait()
		w.mu.Lock()
		delete(w.running, cmd)
		w.mu.Unlock()
		if err != nil {
			w.log.Warn("the window ended", "error", err)
		}
	})
	return nil
}

// wait returns when no window is left. One that was still opening when the agent ended has never been connected, waits for an
// agent to come, and would keep this one from ending.
func (w *windows) wait() {
	late := time.AfterFunc(graceForWindow, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for cmd := range w.running {
			_ = cmd.Process.Kill() // it may have ended just now
		}
	})
	defer late.Stop()
	w.wg.Wait()
}

// windowProgram finds the window beside this program, where a build leaves it, in ../lib/oaklock, where packages put it, or in the
// bundle of its own that lies in the agent's on a Mac (build/darwin).
func windowProgram() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", errNoWindow
	}
	if target, err := filepath.EvalSymlinks(self); err == nil {
		self = target
	}
	dir := filepath.Dir(self)
	for _, path := range []string{
		filepath.Join(dir, windowName),
		filepath.Join(dir, "..", "lib", "oaklock", windowName),
		filepath.Join(dir, "..", "Helpers", "OaklockWindow.app", "Contents", "MacOS", windowName),
	} {
		if s, err := os.Stat(path); err == nil && s.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", errNoWindow
}

// windowEnv passes on what a desktop program needs and nothing else: the environment may hold the user's keys, and
// WEBKIT_INSPECTOR_SERVER would open the window to whoever connects.
func windowEnv(env []string, home string) []string {
	out := []string{"OAKLOCK_HOME=" + home}
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		switch name {
		case "HOME", "USER", "LOGNAME", "PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY",
			"DBUS_SESSION_BUS_ADDRESS", "DESKTOP_SESSION", "GDK_BACKEND", "GDK_SCALE", "GDK_DPI_SCALE", "GTK_THEME", "GTK_A11Y",
			"GTK_IM_MODULE", "QT_IM_MODULE", "XMODIFIERS", "AT_SPI_BUS_ADDRESS", "LOCALAPPDATA", "APPDATA", "USERPROFILE", "SYSTEMROOT":
			out = append(out, kv)
		default:
			if strings.HasPrefix(name, "LC_") || strings.HasPrefix(name, "XDG_") {
				out = append(out, kv)
			}
		}
	}
	return out
}
