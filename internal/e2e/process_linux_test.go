package e2e_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

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

// A program that is sent a SIGQUIT ends as by any other signal, and Go would print no stacks of one that is broken: what lies
// in the arguments of calls would stand in the journal.
func TestNoTraceOfStacks(t *testing.T) {
	u := sit(t)
	b := u.agent("--vault", "file")
	// Of an agent of one's own only root can see the environment.
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", b.Process.Pid))
	if os.Getuid() == 0 && (err != nil || !bytes.Contains(environment, []byte("\x00GOTRACEBACK=none\x00"))) {
		t.Errorf("Go may print stacks: %q, %v", environment, err)
	}
	status := b.end(syscall.SIGQUIT)
	if words := b.words.Bytes(); status != 0 || bytes.Contains(words, []byte("goroutine ")) || bytes.Contains(words, []byte("SIGQUIT")) {
		t.Errorf("it ended with %d and left %s", status, words)
	}
}

// No other program of the user can look into a running agent. Root sees it by whom the system gives the files in /proc
// to: those of a process that is not dumpable are root's (proc(5)).
func TestNobodyLooksIntoTheAgent(t *testing.T) {
	u := sit(t)
	if os.Getuid() == 0 {
		u.asNobody(t)
	}
	here, there, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	if err := here.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	b := u.startsInto(there, "agent", "--headless", "--port", "0", "--vault", "file")
	_ = there.Close() // the agent has its own
	lines := bufio.NewScanner(here)
	for lines.Scan() && !strings.Contains(lines.Text(), "listens for pages") { //nolint:revive // the line is all
	}
	info, err := os.Stat(fmt.Sprintf("/proc/%d/fd", b.Process.Pid))
	if err != nil {
		t.Fatalf("%v; it said last %q, %v", err, lines.Text(), lines.Err())
	}
	if uid := info.Sys().(*syscall.Stat_t).Uid; uid != 0 || lines.Err() != nil {
		t.Errorf("its files in /proc are those of user %d, so that this user may attach to it; %v", uid, lines.Err())
	}
}

const nobody = 65534

// asNobody makes what the terminal starts run as a user without rights: a copy of the program that this user can reach.
func (u *terminal) asNobody(t *testing.T) {
	t.Helper()
	dir := filepath.Dir(u.home)
	program := filepath.Join(dir, "bin", "oaklock")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(program), copyFile(self, program), os.Chmod(program, 0o755), os.Chmod(filepath.Dir(program), 0o755), //nolint:gosec // another user runs it
		os.Chown(dir, nobody, nobody), os.Chmod(filepath.Dir(dir), 0o755)); err != nil { //nolint:gosec // t.TempDir lies in a folder of its own
		t.Fatal(err)
	}
	u.attributes = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	t.Cleanup(func() { // so that what it made can be taken away
		if out, err := exec.Command("chown", "-R", fmt.Sprint(os.Getuid()), dir).CombinedOutput(); err != nil { //nolint:noctx,gosec // the test's own folder
			t.Errorf("%s %v", out, err)
		}
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
