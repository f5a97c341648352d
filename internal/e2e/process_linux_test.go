package e2e_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/oaktest"
)

// unreadable says that what the system shows of a running agent has no key in it, and that it leaves no core behind.
func (u *terminal) unreadable(t *testing.T, agent *background, key string) {
	t.Helper()
	for _, name := range []string{"cmdline", "environ", "comm", "stat"} {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", agent.Process.Pid, name))
		if errors.Is(err, fs.ErrPermission) && name == "environ" {
			continue // the agent is not dumpable: only root may look
		}
		if err != nil || len(b) == 0 {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
		oaktest.Scan(t, key, b)
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", agent.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	core := ""
	for line := range strings.Lines(string(limits)) {
		if strings.HasPrefix(line, "Max core file size") {
			core = strings.Join(strings.Fields(line)[4:6], " ")
		}
	}
	if core != "0 0" {
		t.Errorf("the limits of a core file are %q:\n%s", core, limits)
	}
	// Of a process that is not dumpable the system gives its folder in /proc to root.
	if os.Getuid() != 0 {
		if _, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", agent.Process.Pid)); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("another program of the user can look into its memory: %v", err)
		}
	}
}
