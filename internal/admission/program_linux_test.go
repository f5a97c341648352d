package admission_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/admission"
)

func TestNamed(t *testing.T) {
	for _, c := range []struct {
		files []string
		want  admission.Program
	}{
		{[]string{"firefox-esr", "systemd"}, admission.Program{Name: "Firefox", Browser: true}},
		{[]string{"chrome"}, admission.Program{Name: "Chrome", Browser: true}},
		{[]string{"WebKitNetworkProcess", "epiphany"}, admission.Program{Name: "GNOME Web", Browser: true}},
		{[]string{"WebKitNetworkProcess", "some-app"}, admission.Program{Name: "some-app"}},
		{[]string{"WebKitNetworkProcess"}, admission.Program{Name: "WebKitNetworkProcess"}},
		{[]string{"python3.11", "firefox"}, admission.Program{Name: "python3.11"}},
		{[]string{"a\u202eb <b>\x1b[31m; it is Firefox"}, admission.Program{Name: "abb31mitisFirefox"}},
		{[]string{"0123456789012345678901234567890123456789"}, admission.Program{Name: "01234567890123456789012345678901"}},
		{nil, admission.Program{}},
	} {
		if got := admission.Named(c.files...); got != c.want {
			t.Errorf("%q is %+v, want %+v", c.files, got, c.want)
		}
	}
}

// TestProgramOf lets programs of several names connect: copies of bash, which can speak TCP.
func TestProgramOf(t *testing.T) {
	l, err := admission.Listen(t.Context(), 0, func(reason string) { t.Error("refused: ", reason) })
	if err != nil {
		t.Fatal(err)
	}
	named := make(chan admission.Program, 8)
	s := l.Server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first := admission.ProgramOf(r.Context())
		began := time.Now()
		if again := admission.ProgramOf(r.Context()); again != first {
			t.Errorf("the same connection is %v, then %v", first, again)
		}
		t.Log("the second look took ", time.Since(began))
		named <- first
		_, _ = io.WriteString(w, "served")
	}))
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	dir := t.TempDir()
	bash, err := os.ReadFile("/bin/bash")
	if err != nil {
		t.Fatal(err)
	}
	program := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, bash, 0o700); err != nil { //nolint:gosec // a program
			t.Fatal(err)
		}
		return path
	}
	ask := fmt.Sprintf(`exec 3<>/dev/tcp/127.0.0.1/%d; printf 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3; while read -r line; do :; done <&3`, l.Port())
	for _, c := range []struct {
		cmd  *exec.Cmd
		want admission.Program
	}{
		{exec.CommandContext(t.Context(), program("firefox"), "-c", ask), admission.Program{Name: "Firefox", Browser: true}},
		{exec.CommandContext(t.Context(), program("my-script"), "-c", ask), admission.Program{Name: "my-script"}},
		{exec.CommandContext(t.Context(), program("epiphany"), "-c", program("WebKitNetworkProcess")+` -c "$0"; true`, ask), admission.Program{Name: "GNOME Web", Browser: true}},
	} {
		if out, err := c.cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if got := <-named; got != c.want {
			t.Errorf("%s is %+v, want %+v", filepath.Base(c.cmd.Path), got, c.want)
		}
	}
}
