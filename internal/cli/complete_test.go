package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
)

// Who types does not wait for an agent that hangs.
func TestCompletionDoesNotWait(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	l, err := control.Listen(home) // connections wait until Serve answers them, which is not called
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "OAKLOCK_TEST_LINE=__complete keys remove o", "OAKLOCK_HOME="+home)
	out, err := cmd.Output() // a command without a limit of its own would hang here
	if err != nil || strings.TrimSpace(string(out)) != ":4" {
		t.Errorf("it offers %q, %v", out, err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
