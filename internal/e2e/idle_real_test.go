//go:build real

package e2e_test

import (
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
	// most is what an agent may take, in KiB: it is there all day.
	most = 28 << 10
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

	awake := func() int {
		before := switches(t, p.agent.Process.Pid)
		select {
		case <-time.After(idleFor):
		case <-ctx.Done():
			t.Fatal("it did not come to rest")
		}
		return switches(t, p.agent.Process.Pid) - before
	}
	// What was begun may take a while to end: connections that are kept for the next request, memory that is given back. One wake-up is
	// the runtime's.
	n := awake()
	for range 12 {
		if n <= 1 {
			break
		}
		t.Logf("threads woke %d times in %v", n, idleFor)
		n = awake()
	}
	if n > 1 {
		t.Errorf("with nothing to do, threads woke %d times in %v", n, idleFor)
	}
	if rss := resident(t, p.agent.Process.Pid); rss > most {
		t.Errorf("it takes %d KiB; it may take %d", rss, most)
	} else {
		t.Logf("it takes %d KiB", rss)
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
