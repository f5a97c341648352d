//go:build unix

package control_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
)

// stranger is the uid and gid of a user who is not the one that runs the tests.
const stranger = 65534

func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can become another user") //nolint:forbidigo // nobody else can play the stranger
	}
}

// playUser is what this test binary does as another process, and perhaps as another user.
func playUser(role, path string) int {
	switch role {
	case "stranger asks":
		return ask(path, syscall.Setgid(stranger), syscall.Setuid(stranger))
	case "user asks":
		return ask(path)
	case "stranger listens":
		if err := errors.Join(syscall.Setgid(stranger), syscall.Setuid(stranger)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		l, err := net.Listen("unix", path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println("ready")
		for {
			conn, err := l.Accept()
			if err != nil {
				return 1
			}
			got, _ := io.ReadAll(conn)
			fmt.Printf("%d bytes\n", len(got))
		}
	}
	return 1
}

// ask speaks HTTP on the socket with nothing of this package between, and prints what comes back.
func ask(path string, before ...error) int {
	conn, err := net.Dial("unix", path)
	if err := errors.Join(append(before, err)...); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Fprint(conn, "GET /v1/state HTTP/1.1\r\nHost: oaklock\r\nConnection: close\r\n\r\n")
	got, err := io.ReadAll(conn)
	if len(got) == 0 {
		fmt.Print("nothing")
		return 0
	}
	fmt.Print(string(got[:min(len(got), 15)]), err)
	return 0
}

// TestOtherUser opens the folder and the socket to everybody on purpose, so that only the question whose connection it is stands between.
func TestOtherUser(t *testing.T) {
	needRoot(t)
	dir, _ := serve(t, newFake(), quiet())
	for path := dir; path != os.TempDir() && len(path) > 1; path = filepath.Dir(path) {
		must(t, os.Chmod(path, 0o777))
	}
	socket := filepath.Join(dir, "agent.sock")
	must(t, os.Chmod(socket, 0o777))
	for role, want := range map[string]string{"stranger asks": "nothing", "user asks": "HTTP/1.1 200 OK<nil>"} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "OAKLOCK_TEST_ROLE="+role, "OAKLOCK_TEST_SOCKET="+socket)
		out, err := cmd.CombinedOutput()
		if err != nil || string(out) != want {
			t.Errorf("%s got %q, %v; want %q", role, out, err, want)
		}
	}
}

// TestOtherUsersSocket: a client does not give a key to a socket that somebody else put in the place of the agent's.
func TestOtherUsersSocket(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	must(t, os.Chmod(filepath.Dir(dir), 0o777))
	must(t, os.Chmod(dir, 0o777))
	start(t, "stranger listens", filepath.Join(dir, "agent.sock"))
	must(t, os.Chmod(dir, 0o700))
	if _, err := control.Dial(dir).AddKey(t.Context(), control.AddKey{Secret: "sk-secret"}); !errors.Is(err, control.ErrFolder) {
		t.Errorf("got %v, want ErrFolder", err)
	}
}
