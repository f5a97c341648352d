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

	left string // what was typed and not read, when the command has ended

	mu     sync.Mutex
	screen bytes.Buffer // guarded by mu
	closed chan struct{}
}

// command is one that is not started yet, whose agent answers from files in the fake's folder.
func command(t *testing.T, line string, files map[string]string) (*exec.Cmd, *fake) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	f := &fake{dir: dir, quit: make(chan struct{}), looked: make(chan struct{})}
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
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "OAKLOCK_TEST_LINE="+line, "OAKLOCK_HOME="+filepath.Join(dir, "home"))
	return cmd, f
}

// types starts a command whose agent answers from files, at a terminal that is its own, and returns when it has asked.
func types(t *testing.T, line, question string, files map[string]string) *person {
	t.Helper()
	p := &person{closed: make(chan struct{})}
	p.cmd, p.f = command(t, line, files)
	p.keyboard, p.program = openTerminal(t)
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
	state, err := unix.IoctlGetTermios(int(p.program.Fd()), unix.TCGETS)
	must(t, err)
	state.Lflag &^= unix.ICANON // as a shell does that edits its lines
	state.Cc[unix.VMIN], state.Cc[unix.VTIME] = 0, 0
	must(t, unix.IoctlSetTermios(int(p.program.Fd()), unix.TCSETS, state))
	left := make([]byte, 256)
	n, err := unix.Read(int(p.program.Fd()), left)
	must(t, err)
	p.left = string(left[:n])
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

// TestKeyOfTwoLines: what was pasted behind a key's line does not become the shell's, whose history keeps it.
func TestKeyOfTwoLines(t *testing.T) {
	for typed, more := range map[string]bool{"sk-test\n1234\n": true, "sk-test\n1234": true, "sk-test1234\r\n\n": false} {
		p := types(t, "keys add openai --no-test", "The key for openai", nil).secretly(t)
		status, screen := p.answers(t, typed)
		saw, _ := os.ReadFile(filepath.Join(p.f.dir, "saw"))
		if more && (status != 2 || !strings.Contains(screen, "more than one line") || len(saw) > 0) || !more && (status != 0 || len(saw) == 0) {
			t.Errorf("%q: status %d, the agent saw %s, and the screen is %q", typed, status, saw, screen)
		}
		if len(p.left) > 0 {
			t.Errorf("%q: %q is left for the shell", typed, p.left)
		}
	}
}

// TestShortPassphrase: one that the agent would refuse is not asked for again.
func TestShortPassphrase(t *testing.T) {
	p := types(t, "unlock", "New passphrase:", map[string]string{"state.json": `{"vault": {"kind": "file", "status": "new"}}`, "passphrase": "another"}).secretly(t)
	if status, screen := p.answers(t, "seven77\n"); status != 2 || strings.Contains(screen, "again:") || !strings.Contains(screen, "needs at least 8 characters. Nothing was changed.") {
		t.Errorf("status %d, and the screen is %q", status, screen)
	}
}

// TestNoAnswer: Ctrl-C or Ctrl-D at a question changes nothing, is told in a sentence on a line of its own, and leaves the
// terminal as it was.
func TestNoAnswer(t *testing.T) {
	const interrupt, end = "\x03", "\x04"
	const stopped = "\r\nStopped. What Oaklock had not done by then is not done; see: oaklock status\r\n"
	const none = "\r\nThere was no answer. Nothing was changed.\r\n"
	keys := map[string]string{"keys.json": `[{"provider": "openai", "label": "default"}]`}
	apps := map[string]string{"apps.json": `[{"name": "notes"}]`}
	providers := map[string]string{"providers.json": `[{"id": "mine", "custom": true}]`}
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
		{"apps remove notes", "[y/N]", false, apps, "no\n", "no\r\nNothing was changed.\r\n"},
		{"providers remove mine", "[y/N]", false, providers, "no\n", "no\r\nNothing was changed.\r\n"},
		{"reset", "[y/N]", false, nil, end, none},
		{"quit", "Quit all the same? [y/N]", false, map[string]string{"state.json": `{"problems": [{"code": "unsaved", "message": "Not saved."}]}`}, "\n", "\r\nNothing was changed.\r\n"},
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
			if saw, err := os.ReadFile(filepath.Join(p.f.dir, "saw")); err == nil && string(saw) != "Apps\n" && string(saw) != "Unlock {\"passphrase\":\"\",\"create\":false}\n" {
				t.Errorf("the agent was asked for %s", saw)
			}
		})
	}
}

// TestNothingComes: a signal ends a command that waits for what nobody writes.
func TestNothingComes(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	must(t, unix.Mkfifo(empty, 0o600))
	for _, c := range []struct {
		line string
		fifo bool
	}{
		{"keys add openai", false},
		{"keys import " + empty, true},
		{"unlock --passphrase-file " + empty, true},
		{"agent --headless --vault file --passphrase-file " + empty, true},
	} {
		t.Run(c.line, func(t *testing.T) {
			cmd, f := command(t, c.line, nil)
			in, out, err := os.Pipe()
			must(t, err)
			defer func() { in.Close(); out.Close() }()
			var said bytes.Buffer
			cmd.Stdin, cmd.Stderr = in, &said
			must(t, cmd.Start())
			late := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
			defer late.Stop()
			if c.fifo { // it can be opened, also by who does not wait, as soon as the command has
				out, err := os.OpenFile(empty, os.O_WRONLY, 0)
				must(t, err)
				defer out.Close()
			} else {
				<-f.looked // and then it reads
			}
			must(t, cmd.Process.Signal(syscall.SIGTERM))
			_ = cmd.Wait() // the status says it
			if status := cmd.ProcessState.ExitCode(); status != 1 || !strings.HasPrefix(said.String(), "Stopped. ") {
				t.Errorf("status %d, and it says %q", status, said.String())
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
