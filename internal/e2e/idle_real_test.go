//go:build real

package e2e_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/oaktest/desktop"
)

const (
	// idleFor is how long nothing happens. The runtime's own watcher wakes once a minute; whatever of ours has a clock wakes
	// more often than that.
	idleFor = 10 * time.Second
	// most is what an agent may take, in KiB: 25 MB, because it is there all day.
	most = 25_000_000 >> 10
)

// An agent with a tray, a key, a site and a request behind it costs nothing while nothing happens: no thread wakes. And a window that
// was closed leaves no web engine.
func TestIdle(t *testing.T) {
	p := install(t)
	p.start()
	p.addKeys()
	ctx := p.within(5 * time.Minute)
	item, err := p.tray.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	p.oaklock("sites", "allow", kaiban, "--provider", "openai", "--models", "*", "--limit", "1.00/day", "--for", "1d")
	if status := <-p.ask(ctx, kaiban); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	asked := time.Now()
	if err := item.Click(ctx, "Open Oaklock"); err != nil {
		t.Fatal(err)
	}
	p.desktop.Find(ctx, desktop.Any, "Overview")
	t.Logf("from the click to what a screen reader reads in the window: %v", time.Since(asked).Round(10*time.Millisecond))
	closeWindow(ctx, t, p)

	// What was begun takes a while to end: the keychain's copy of the log's end after 5 seconds, the connections kept for the next
	// request after 30, memory given back 20 seconds after the last work, when a grant was used last after a minute. Then it rests.
	pid, began := p.agent.Process.Pid, time.Now()
	for {
		before := switches(t, pid)
		select {
		case <-time.After(idleFor):
		case <-ctx.Done():
			t.Fatalf("it does not come to rest with less than %d KiB: it takes %d", most, resident(t, pid))
		}
		woke, takes := switches(t, pid)-before, resident(t, pid)
		t.Logf("from %v after the window was closed its threads woke %d times, and it takes %d KiB", time.Since(began).Round(time.Second)-idleFor, woke, takes)
		if woke <= 1 && takes <= most { // one wake-up is the runtime's
			return
		}
	}
}

// Code that nobody can reach is no part of the program. The linker keeps every method of every type once methods are looked up
// by names that it cannot know, as text/template and the D-Bus library's Export do: that is a tenth of the agent's memory.
func TestTheProgramHoldsNoMethodsThatNobodyCalls(t *testing.T) {
	program, err := os.ReadFile(binary(t, "OAKLOCK_BIN"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(program, []byte("reflect.Value.Call")) {
		t.Fatal("the names of functions are not in the program, so this cannot be seen")
	}
	for _, name := range []string{"reflect.Value.Method", "reflect.(*rtype).Method", "text/template.(*Template)"} {
		if bytes.Contains(program, []byte(name)) {
			t.Errorf("%s… is in the program", name)
		}
	}
}

// switches is how often the threads of a program have gone to sleep.
func switches(t *testing.T, pid int) (n int) {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(tasks) == 0 {
		t.Fatalf("the agent has no threads: %v", err)
	}
	for _, task := range tasks {
		n += field(t, task, "voluntary_ctxt_switches:")
	}
	return n
}

// resident is what a program has in memory, in KiB, with the part of its file that it has read.
func resident(t *testing.T, pid int) int {
	t.Helper()
	return field(t, fmt.Sprintf("/proc/%d/status", pid), "VmRSS:")
}

func field(t *testing.T, file, name string) int {
	t.Helper()
	status, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, name); found {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("%s has no %s", file, name)
	return 0
}
