package desktop

import (
	"bufio"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/oaktest/sessionbus"
)

//go:embed atspi.py
var script string

// Desktop is a running screen.
type Desktop struct {
	t       testing.TB
	vars    []string
	script  string
	manager *exec.Cmd

	stubborn bool // the screen has a manager that does nothing
}

// Start starts a screen of 1200 by 900 pixels in the session; it ends with the test.
func Start(t testing.TB, bus *sessionbus.Env) *Desktop {
	t.Helper()
	d := &Desktop{t: t, vars: bus.Vars(), script: filepath.Join(t.TempDir(), "atspi.py")}
	if err := os.WriteFile(d.script, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// By itself it begins anew when its last program goes, which may be one that only looks while the window manager comes.
	x := exec.CommandContext(t.Context(), "Xvfb", "-displayfd", "3", "-screen", "0", "1200x900x24", "-nolisten", "tcp", "-noreset")
	x.ExtraFiles = []*os.File{w}
	d.run(x)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal("Xvfb did not start:", err)
	}
	d.vars = append(d.vars, "DISPLAY=:"+strings.TrimSpace(number), "LANG=C.UTF-8")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	d.Managed(ctx)
	d.run(d.command("/usr/libexec/at-spi-bus-launcher", "--launch-immediately"))
	d.must("gdbus", "wait", "--session", "--timeout", "20", "org.a11y.Bus")
	// Web engines build the tree only where somebody listens.
	d.listens(true)
	return d
}

// Deaf takes the screen reader away, without which most desktops are: Find and all that looks for elements finds none any more in
// what is started from now on.
func (d *Desktop) Deaf() {
	d.t.Helper()
	d.listens(false)
}

func (d *Desktop) listens(yes bool) {
	d.t.Helper()
	d.must("gdbus", "call", "--session", "--dest", "org.a11y.Bus", "--object-path", "/org/a11y/bus",
		"--method", "org.freedesktop.DBus.Properties.Set", "org.a11y.Status", "IsEnabled", fmt.Sprintf("<%t>", yes))
}

// Vars is the whole environment for a program on this screen, "NAME=value".
func (d *Desktop) Vars() []string { return append([]string{}, d.vars...) }

func (d *Desktop) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.WithoutCancel(d.t.Context()), name, args...) //nolint:gosec // named by tests
	cmd.Env = d.vars
	return cmd
}

// run starts a program that ends with the test, and with it what it has started itself: the accessibility launcher keeps a bus,
// which would live on with every file that the test runner has open.
func (d *Desktop) run(cmd *exec.Cmd) {
	d.t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended
		_ = cmd.Wait()                                      // killed
	})
}

func (d *Desktop) must(name string, args ...string) string {
	d.t.Helper()
	out, err := d.command(name, args...).CombinedOutput()
	if err != nil {
		d.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func seconds(ctx context.Context) string {
	end, ok := ctx.Deadline()
	if !ok {
		end = time.Now().Add(30 * time.Second)
	}
	return fmt.Sprintf("%.1f", time.Until(end).Seconds())
}

// Find waits until an element shows and can be used, or fails the test when ctx ends first. A name that ends in "*" is the beginning
// of one.
func (d *Desktop) Find(ctx context.Context, role Role, name string) Place {
	d.t.Helper()
	out, err := d.command("/usr/bin/python3", d.script, "find", string(role), name, seconds(ctx)).Output()
	var p Place
	if err == nil {
		_, err = fmt.Sscan(string(out), &p.X, &p.Y, &p.Width, &p.Height)
	}
	if err != nil {
		d.t.Fatalf("there is no %s %q on the screen: %v\n%s", role, name, err, d.Tree())
	}
	return p
}

// Focused waits until an element has the focus, or fails the test when ctx ends first. It gives what a screen reader reads out after
// its name.
func (d *Desktop) Focused(ctx context.Context, role Role, name string) string {
	d.t.Helper()
	out, err := d.command("/usr/bin/python3", d.script, "focused", string(role), name, seconds(ctx)).Output()
	if err != nil {
		d.t.Fatalf("no %s %q has the focus: %v\n%s", role, name, err, d.Tree())
	}
	return strings.TrimSpace(string(out))
}

// Gone waits until there is no such element any more, or fails the test when ctx ends first.
func (d *Desktop) Gone(ctx context.Context, role Role, name string) {
	d.t.Helper()
	if err := d.command("/usr/bin/python3", d.script, "gone", string(role), name, seconds(ctx)).Run(); err != nil {
		d.t.Fatalf("the %s %q is still there\n%s", role, name, d.Tree())
	}
}

// Tree is all that a screen reader could read out.
func (d *Desktop) Tree() string {
	out, err := d.command("/usr/bin/python3", d.script, "tree").CombinedOutput()
	if err != nil {
		return err.Error()
	}
	return string(out)
}

// Click moves the pointer onto an element, once it is there, and presses its button.
func (d *Desktop) Click(ctx context.Context, role Role, name string) {
	d.t.Helper()
	p := d.Find(ctx, role, name)
	// X takes both in order. With --sync a pointer that is there already would be waited for, for 15 seconds.
	d.must("xdotool", "mousemove", fmt.Sprint(p.X+p.Width/2), fmt.Sprint(p.Y+p.Height/2), "click", "1")
}

// Away takes the pointer into a corner of the screen, where it is over nothing.
func (d *Desktop) Away() {
	d.t.Helper()
	d.must("xdotool", "mousemove", "1199", "899")
}

// ClickAway clicks on an element, and again for as long as it stays: browsers pass over a click on a question of theirs that has only
// just come up. It fails the test when ctx ends first.
func (d *Desktop) ClickAway(ctx context.Context, role Role, name string) {
	d.t.Helper()
	d.Find(ctx, role, name)
	d.Until(ctx, fmt.Sprintf("a %s %q that goes away when it is clicked on", role, name), func() bool {
		if d.command("/usr/bin/python3", d.script, "gone", string(role), name, "0.5").Run() == nil {
			return true
		}
		d.Click(ctx, role, name)
		return false
	})
}

// Press presses keys in the window that has the focus, such as "Return" or "ctrl+r".
func (d *Desktop) Press(keys ...string) {
	d.t.Helper()
	d.must("xdotool", append([]string{"key"}, keys...)...)
}

// Type types text into what has the focus.
func (d *Desktop) Type(text string) {
	d.t.Helper()
	d.must("xdotool", "type", "--delay", "20", text)
}

// clipboardScript is a program of GTK: it prints what it pastes, or copies its argument for as long as it lives.
const clipboardScript = `
import gi, sys
gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk
board = Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)
if len(sys.argv) < 2:
    sys.stdout.write(board.wait_for_text() or "")
else:
    board.set_text(sys.argv[1], -1)
    Gtk.main()
`

// Pasted is the text that another program pastes.
func (d *Desktop) Pasted() string {
	d.t.Helper()
	out, err := d.command("/usr/bin/python3", "-c", clipboardScript).Output()
	if err != nil {
		d.t.Fatal("paste: ", err)
	}
	return string(out)
}

// Copy copies a text in another program, which lives until the test ends.
func (d *Desktop) Copy(ctx context.Context, text string) {
	d.t.Helper()
	d.run(d.command("/usr/bin/python3", "-c", clipboardScript, text))
	d.Until(ctx, "the text on the clipboard", func() bool { return d.Pasted() == text })
}

// Screenshot writes a picture of the screen to a PNG file.
func (d *Desktop) Screenshot(path string) {
	d.t.Helper()
	d.must("import", "-window", "root", path)
}
