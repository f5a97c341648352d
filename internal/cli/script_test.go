package cli_test

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/oaklock/oaklock/internal/cli"
	"github.com/oaklock/oaklock/internal/control"
)

var update = flag.Bool("update", false, "write what commands print into the scripts")

func TestMain(m *testing.M) {
	asOaklock()
	testscript.Main(leaks{m}, map[string]func(){
		"oaklock": func() { os.Exit(cli.Main(os.Args[1:], host())) },
	})
}

// leaks fails the tests of a package when goroutines are left; testscript.Main ends the process before goleak.VerifyTestMain could.
type leaks struct{ *testing.M }

func (l leaks) Run() int {
	code := l.M.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// TestScripts runs testdata/*.txtar. In a script, "agent" starts a fake agent (fake_test.go says which files it answers from), "noagent" ends
// it, "exits N oaklock …" runs a command that must end with that status.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata",
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("OAKLOCK_HOME", filepath.Join(e.WorkDir, "home"))
			e.Setenv("TZ", "UTC")
			e.Setenv("GORACE", "atexit_sleep_ms=0") // else each command ends with a second of sleep under -race
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"agent":   startAgent,
			"noagent": stopAgent,
			"exits":   exits,
		},
		Condition: func(name string) (bool, error) {
			if name == "root" {
				return os.Getuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
	})
}

// agents are the stops of the agents of scripts that run side by side.
var agents sync.Map

func startAgent(ts *testscript.TestScript, _ bool, _ []string) {
	f := &fake{dir: ts.Getenv("WORK"), quit: make(chan struct{}), looked: make(chan struct{})}
	l, err := control.Listen(ts.Getenv("OAKLOCK_HOME"))
	ts.Check(err)
	served, ended := make(chan error, 1), make(chan struct{})
	go func() { served <- l.Serve(f, slog.New(slog.DiscardHandler)) }()
	go func() { // Quit answers first and closes afterwards
		select {
		case <-f.quit:
			_ = l.Close()
		case <-ended:
		}
	}()
	stop := func() {
		select {
		case <-ended:
		default:
			close(ended)
			if err := errors.Join(l.Close(), <-served); err != nil {
				ts.Logf("%v", err)
			}
		}
	}
	ts.Defer(stop)
	agents.Store(ts, stop)
}

func stopAgent(ts *testscript.TestScript, _ bool, _ []string) {
	stop, _ := agents.Load(ts)
	stop.(func())()
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		got = ended.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%v ended with status %d, want %d", args[1:], got, want)
	}
}
