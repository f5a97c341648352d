//go:build real

package e2e_test

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	godbus "github.com/godbus/dbus/v5"

	"github.com/oaklock/oaklock/internal/oaktest/notifications"
)

// Whoever logs in is told that Oaklock has not started, and why, also by a desktop that shows notifications later.
func TestALoginIsToldThatOaklockHasNotStarted(t *testing.T) {
	p := install(t)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := p.notes.Stop(); err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	agent := exec.CommandContext(t.Context(), binary(t, "OAKLOCK_BIN"), "agent", "--at-login", "--port", port)
	agent.Env = append(p.desktop.Vars(), "OAKLOCK_HOME="+p.home)
	var said bytes.Buffer
	agent.Stderr = &said
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second) // for the first attempts; where it takes longer, they are simply later
	conn, err := godbus.Connect(p.bus.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	notes, err := notifications.Start(conn)
	if err != nil {
		t.Fatal(err)
	}
	note, err := notes.Until(p.within(patience), func(n notifications.Note) bool { return n.Title == "Oaklock has not started" })
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(note.Body, "Port "+port+" is taken by ") || !strings.Contains(note.Body, "choose another port") {
		t.Errorf("it says %q", note.Body)
	}
	_ = agent.Process.Signal(os.Interrupt) // else it stays for a minute
	var exit *exec.ExitError
	if err := agent.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(said.String(), "port "+port+" is taken") {
		t.Errorf("it ended with %v, and said %s", err, said.String())
	}
}
