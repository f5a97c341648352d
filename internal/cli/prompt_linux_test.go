package cli_test

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/oaklock/oaklock/internal/control"
)

// openTerminal makes a pseudo-terminal: what a person sees and types at, and what a program has as its standard input.
func openTerminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	t.Cleanup(func() { person.Close() })
	must(t, unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	must(t, err)
	program, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	t.Cleanup(func() { program.Close() })
	return person, program
}

func echoes(t *testing.T, terminal *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	must(t, err)
	return state.Lflag&unix.ECHO != 0
}

// askedForKey starts "keys add" at a terminal and returns when the terminal has stopped to echo: the question stands.
func askedForKey(t *testing.T) (f *fake, cmd *exec.Cmd, person, program *os.File, said *bytes.Buffer) {
	t.Helper()
	dir := t.TempDir()
	f = &fake{dir: dir, quit: make(chan struct{})}
	l, err := control.Listen(filepath.Join(dir, "home"))
	must(t, err)
	served := make(chan error, 1)
	go func() { served <- l.Serve(f, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	person, program = openTerminal(t)
	said = new(bytes.Buffer)
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "OAKLOCK_TEST_LINE=keys add openai --no-test", "OAKLOCK_HOME="+filepath.Join(dir, "home"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, said, said
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	for echoes(t, program) {
		time.Sleep(time.Millisecond) // a terminal tells nobody when its mode changes
	}
	return f, cmd, person, program, said
}

// TestKeyIsNotEchoed: what is typed reaches the agent and not the screen, and the terminal echoes again afterwards.
func TestKeyIsNotEchoed(t *testing.T) {
	f, cmd, person, program, said := askedForKey(t)
	_, err := io.WriteString(person, "sk-test-1234\n")
	must(t, err)
	must(t, cmd.Wait())
	if !echoes(t, program) {
		t.Error("the terminal was left without echo")
	}
	if saw, err := os.ReadFile(filepath.Join(f.dir, "saw")); err != nil || !strings.Contains(string(saw), `"secret":"sk-test-1234"`) {
		t.Errorf("the agent saw %s, %v", saw, err)
	}
	must(t, program.Close())
	screen, _ := io.ReadAll(person) // ends with EIO, because nobody has the other side any more
	if strings.Contains(string(screen)+said.String(), "sk-test") {
		t.Errorf("the key is on the screen: %q %q", screen, said)
	}
}

// TestInterruptedQuestion: Ctrl-C at the question changes nothing and gives the terminal its echo back.
func TestInterruptedQuestion(t *testing.T) {
	f, cmd, _, program, said := askedForKey(t)
	must(t, cmd.Process.Signal(syscall.SIGINT))
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("ended with %v: %s", err, said)
	}
	if !echoes(t, program) {
		t.Error("the terminal was left without echo")
	}
	if _, err := os.Stat(filepath.Join(f.dir, "saw")); err == nil {
		t.Error("the agent was asked for something")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
