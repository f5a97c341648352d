package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
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

// person is somebody at a terminal, who has typed a command line.
type person struct {
	f        *fake
	cmd      *exec.Cmd
	keyboard *os.File
	program  *os.File // the command's side of the terminal

	mu     sync.Mutex
	screen bytes.Buffer // guarded by mu
	closed chan struct{}
}

// types starts a command whose agent answers from files, at a terminal that is its own, and returns when it has asked.
func types(t *testing.T, line, question string, files map[string]string) *person {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	p := &person{f: &fake{dir: dir, quit: make(chan struct{})}, closed: make(chan struct{})}
	l, err := control.Listen(filepath.Join(dir, "home"))
	must(t, err)
	served := make(chan error, 1)
	go func() { served <- l.Serve(p.f, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	p.keyboard, p.program = openTerminal(t)
	p.cmd = exec.Command(os.Args[0])
	p.cmd.Env = append(os.Environ(), "OAKLOCK_TEST_LINE="+line, "OAKLOCK_HOME="+filepath.Join(dir, "home"))
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = p.program, p.program, p.program
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true} // Ctrl-C reaches who has the terminal
	must(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	go func() {
		defer close(p.closed)
		b := make([]byte, 1024)
		for {
			n, err := p.keyboard.Read(b) // ends with EIO when nobody has the other side any more
			p.mu.Lock()
			p.screen.Write(b[:n])
			p.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(p.sees(), question); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("nothing is asked: %q", p.sees())
		}
	}
	return p
}

func (p *person) sees() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.screen.String()
}

// answers types, waits for the end, and gives the exit status and all that was on the screen.
func (p *person) answers(t *testing.T, text string) (status int, screen string) {
	t.Helper()
	_, err := io.WriteString(p.keyboard, text)
	must(t, err)
	late := time.AfterFunc(20*time.Second, func() { _ = p.cmd.Process.Kill() })
	_ = p.cmd.Wait() // the status says it
	late.Stop()
	if !echoes(t, p.program) {
		t.Error("the terminal was left without echo")
	}
	must(t, p.program.Close())
	<-p.closed
	return p.cmd.ProcessState.ExitCode(), p.sees()
}

// secretly waits until the terminal has stopped to echo.
func (p *person) secretly(t *testing.T) *person {
	t.Helper()
	for echoes(t, p.program) {
		time.Sleep(time.Millisecond) // a terminal tells nobody when its mode changes
	}
	return p
}

// TestKeyIsNotEchoed: what is typed reaches the agent and not the screen, and the terminal echoes again afterwards.
func TestKeyIsNotEchoed(t *testing.T) {
	p := types(t, "keys add openai --no-test", "The key for openai", nil).secretly(t)
	status, screen := p.answers(t, "sk-test-1234\n")
	if saw, err := os.ReadFile(filepath.Join(p.f.dir, "saw")); status != 0 || err != nil || !strings.Contains(string(saw), `"secret":"sk-test-1234"`) {
		t.Errorf("status %d, the agent saw %s, %v", status, saw, err)
	}
	if strings.Contains(screen, "sk-test") {
		t.Errorf("the key is on the screen: %q", screen)
	}
}

// TestNoAnswer: Ctrl-C or Ctrl-D at a question changes nothing, is told in a sentence on a line of its own, and leaves the
// terminal as it was.
func TestNoAnswer(t *testing.T) {
	const interrupt, end = "\x03", "\x04"
	const stopped = "\r\nStopped. What Oaklock had not done by then is not done; see: oaklock status\r\n"
	const none = "\r\nThere was no answer. Nothing was changed.\r\n"
	keys := map[string]string{"keys.json": `[{"provider": "openai", "label": "default"}]`}
	file := map[string]string{"state.json": `{"vault": {"kind": "file", "status": "locked"}}`, "passphrase": "right"}
	for _, c := range []struct {
		line, question string
		secret         bool
		files          map[string]string
		typed, said    string
	}{
		{"keys add openai --no-test", "The key for openai", true, nil, interrupt, stopped},
		{"keys add openai --no-test", "The key for openai", true, nil, end, none},
		{"unlock", "Passphrase:", true, file, interrupt, stopped},
		{"unlock", "Passphrase:", true, file, end, none},
		{"keys remove openai", "[y/N]", false, keys, interrupt, stopped},
		{"keys remove openai", "[y/N]", false, keys, end, none},
		{"keys remove openai", "[y/N]", false, keys, "no\n", "no\r\nNothing was changed.\r\n"},
		{"reset", "[y/N]", false, nil, end, none},
	} {
		t.Run(fmt.Sprintf("%s %q", c.line, c.typed), func(t *testing.T) {
			p := types(t, c.line, c.question, c.files)
			if c.secret {
				p.secretly(t)
			}
			status, screen := p.answers(t, c.typed)
			if status != 1 || !strings.HasSuffix(screen, c.said) {
				t.Errorf("status %d, and the screen is %q", status, screen)
			}
			if saw, err := os.ReadFile(filepath.Join(p.f.dir, "saw")); err == nil && string(saw) != "Unlock {\"passphrase\":\"\",\"create\":false}\n" {
				t.Errorf("the agent was asked for %s", saw)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
