//go:build real

package e2e_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/oaktest/desktop"
	"github.com/oaklock/oaklock/internal/oaktest/traywatcher"
)

// ask sends a page's request on its own and gives the status when it is answered; 0 when the connection was cut.
func (p *program) ask(ctx context.Context, origin string) <-chan int {
	p.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.endpoint()+"/llm/openai/chat/completions", strings.NewReader(chatBody))
	if err != nil {
		p.Fatal(err)
	}
	r.Header.Set("Origin", origin)
	r.Header.Set("Content-Type", "application/json")
	status := make(chan int, 1)
	go func() { status <- do(r).status }()
	return status
}

// The production window: it opens from the tray, shows the question, survives a reload, takes the answer, and goes away with
// the agent.
func TestWindow(t *testing.T) {
	p := install(t)
	p.start()
	p.addKeys()
	ctx := p.within(2 * time.Minute)
	item, err := p.tray.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := item.Click(ctx, "Open Oaklock"); err != nil {
		t.Fatal(err)
	}
	p.desktop.Find(ctx, desktop.Window, "Oaklock")
	p.desktop.Find(ctx, desktop.Any, "Overview")
	picture(t, p, "overview")

	t.Run("typing oaklock again opens no second window", func(t *testing.T) {
		p.oaklock()
		if n := len(windowProcesses(t, p.home)); n != 1 {
			t.Errorf("%d windows", n)
		}
	})
	t.Run("the question, a reload, the answer", func(t *testing.T) {
		first := p.ask(ctx, "https://research.example")
		p.desktop.Find(ctx, desktop.Dialog, "A site asks")
		p.desktop.Click(ctx, desktop.Button, "Not now")
		p.desktop.Gone(ctx, desktop.Dialog, "A site asks")
		p.desktop.Press("ctrl+r") // a reloaded window has forgotten that, and pulls what waits
		p.desktop.Find(ctx, desktop.Dialog, "A site asks")
		p.desktop.Find(ctx, desktop.Button, "Allow") // awake, so that keys count
		p.desktop.Focused(ctx, desktop.Dialog, "A site asks")
		p.desktop.Press("Return", "space", "Tab") // as somebody types who was writing something else
		p.desktop.Focused(ctx, desktop.Button, "Not now")
		p.question("https://research.example") // waits on
		p.desktop.Click(ctx, desktop.Button, "Deny")
		if status := <-first; status != http.StatusForbidden {
			t.Errorf("after Deny: %d", status)
		}
		second := p.ask(ctx, "https://second.example")
		p.desktop.Click(ctx, desktop.Button, "Allow")
		if status := <-second; status != http.StatusOK {
			t.Errorf("after Allow: %d", status)
		}
		p.desktop.Gone(ctx, desktop.Dialog, "A site asks")
	})
	t.Run("a key typed into the window lies in the keychain", func(t *testing.T) {
		typed := oaktest.Key("groq")
		p.desktop.Click(ctx, desktop.Link, "Keys")
		p.desktop.Click(ctx, desktop.Button, "Add a key")
		p.desktop.Click(ctx, desktop.Any, "Key") // the field
		p.desktop.Type(typed)
		picture(t, p, "add-key")
		p.desktop.Press("Return")
		deadline := p.within(20 * time.Second)
		events, err := control.Dial(p.home).Events(deadline)
		if err != nil {
			t.Fatal(err)
		}
		for p.state().Keys != 5 {
			select {
			case <-events:
			case <-deadline.Done():
				t.Fatalf("the key was not added:\n%s\n%s", p.oaklock("keys", "list"), p.desktop.Tree())
			}
		}
		oaktest.Scan(t, typed, oaktest.Path(p.home), oaktest.Path(p.home+".log"), p.desktop.Tree())
	})
	t.Run("pause and resume from the tray", func(t *testing.T) {
		for _, step := range []struct{ click, then, state string }{{"Pause all", "Resume", "paused"}, {"Resume", "Pause all", "on"}} {
			if err := item.Click(ctx, step.click); err != nil {
				t.Fatal(err)
			}
			if _, err := item.Until(ctx, func(v traywatcher.View) bool { return v.Has(step.then) }); err != nil {
				t.Fatal(err)
			}
			if got := p.state().State; got != step.state {
				t.Errorf("after %s: %s", step.click, got)
			}
		}
	})
	t.Run("the agent is killed", func(t *testing.T) {
		p.kill()
		p.desktop.Gone(ctx, desktop.Window, "Oaklock")
		for len(windowProcesses(t, p.home)) > 0 {
			select {
			case <-ctx.Done():
				t.Fatal("the window's process lives on")
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
	t.Run("started again it is as it was", func(t *testing.T) {
		p.start()
		if status := <-p.ask(ctx, "https://second.example"); status != http.StatusOK {
			t.Errorf("what was allowed before the kill: %d", status)
		}
		next, err := p.tray.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := next.Click(ctx, "Quit Oaklock"); err != nil {
			t.Fatal(err)
		}
		select {
		case <-p.ended:
		case <-ctx.Done():
			t.Fatal("Quit in the tray did not end the agent")
		}
	})
}

// A window that is still opening when the agent quits has never been connected, and ends with it all the same.
func TestQuitWhileTheWindowOpens(t *testing.T) {
	p := install(t)
	p.start()
	for range 3 {
		if out := p.oaklock(); !strings.Contains(out, "its window opens") {
			t.Fatal(out)
		}
		p.oaklock("quit")
		select {
		case <-p.ended:
		case <-p.within(20 * time.Second).Done():
			t.Fatal("the agent did not end")
		}
		if left := windowProcesses(t, p.home); len(left) != 0 {
			t.Fatalf("the windows %v live on", left)
		}
		p.start()
	}
}

// An agent that was started without a display, over ssh for one, has a window all the same where "oaklock" is typed on a desktop;
// that one comes forward and ends like any other.
func TestTheWindowOfAnAgentWithoutADisplay(t *testing.T) {
	p := install(t)
	usual := p.env
	p.env = append(slices.Clone(usual), "DISPLAY=", "WAYLAND_DISPLAY=")
	p.start()
	p.env = usual
	ctx := p.within(time.Minute)
	if out := p.oaklock(); !strings.Contains(out, "its window opens") {
		t.Fatal(out)
	}
	p.desktop.Find(ctx, desktop.Window, "Oaklock")
	p.desktop.Find(ctx, desktop.Button, "Continue") // of the first steps
	if out := p.oaklock(); !strings.Contains(out, "comes forward") {
		t.Error(out)
	}
	if n := len(windowProcesses(t, p.home)); n != 1 {
		t.Errorf("%d windows", n)
	}
	p.oaklock("quit")
	p.desktop.Until(ctx, "the window gone with its agent", func() bool { return len(windowProcesses(t, p.home)) == 0 })
}

// windowProcesses are the windows of this profile folder.
func windowProcesses(t *testing.T, home string) (pids []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	for _, exe := range all {
		if to, err := os.Readlink(exe); err != nil || filepath.Base(to) != "oaklock-window" {
			continue // ended, or another program
		}
		env, err := os.ReadFile(filepath.Join(filepath.Dir(exe), "environ"))
		if err == nil && strings.Contains(string(env), "OAKLOCK_HOME="+home+"\x00") {
			pids = append(pids, filepath.Base(filepath.Dir(exe)))
		}
	}
	return pids
}
