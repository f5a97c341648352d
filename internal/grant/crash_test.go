package grant_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/store"
)

const (
	allowerDir  = "OAKLOCK_TEST_ALLOWER"
	allowerName = "OAKLOCK_TEST_ALLOWER_NAME"
)

// allowUntilKilled is the other process of TestKillLosesNothing: it allows one site after another and prints each when
// Allow has returned. Every third it blocks instead.
func allowUntilKilled(dir string) {
	check := func(err error) {
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
	}
	ctx := context.Background()
	db, err := store.Open(ctx, dir)
	check(err)
	if db.Recovered != "" {
		check(fmt.Errorf("a kill broke the database: %s", db.Recovered))
	}
	b, err := grant.Open(ctx, db, grant.Options{})
	check(err)
	prove(failing{}, db, b, !db.Seal().Sealed())
	for i := 0; ; i++ {
		o, err := origin.FromHeader(fmt.Sprintf("https://n%d.run%s.example", i, os.Getenv(allowerName)))
		check(err)
		check(b.Allow(ctx, o, []string{"openai", "google"}, terms(), "window"))
		state := grant.Granted
		if i%3 == 0 {
			check(b.Block(ctx, o))
			state = grant.Blocked
		}
		fmt.Println(o, state)
	}
}

func TestKillLosesNothing(t *testing.T) {
	const kills = 25
	dir := profile(t)
	said := make(map[string]string)
	for n := range kills {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), allowerDir+"="+dir, fmt.Sprintf("%s=%d", allowerName, n))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		// Every second one may live until it has acknowledged something, however busy the machine is.
		kill := func() { cmd.Process.Kill() }
		killer := time.AfterFunc(time.Hour, kill)
		if n%2 == 0 {
			killer.Reset(time.Duration(rand.IntN(120)+1) * time.Millisecond)
		}
		for first := true; ; first = false {
			line, err := lines.ReadString('\n')
			if first && n%2 == 1 {
				killer.Reset(time.Duration(rand.IntN(60)) * time.Millisecond)
			}
			if err != nil { // a line cut short was not acknowledged
				break
			}
			name, state, _ := strings.Cut(strings.TrimSpace(line), " ")
			if name == "error:" {
				t.Errorf("run %d: %s", n, line)
				continue
			}
			said[name] = state
		}
		killer.Stop()
		cmd.Process.Kill()
		cmd.Wait()
	}
	t.Logf("%d sites acknowledged in %d runs", len(said), kills)
	if len(said) < kills/2 {
		t.Errorf("only %d sites were acknowledged: the processes hardly ran", len(said))
	}

	db := openDB(t, dir)
	b, err := grant.Open(t.Context(), db, grant.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	prove(t, db, b, false) // every kill left a seal that fits
	for name, want := range said {
		for _, p := range []string{"openai", "google"} {
			if got, _ := b.Lookup(site(t, name), p); got.String() != want {
				t.Errorf("%s with %s was acknowledged as %s and is %s", name, p, want, got)
			}
		}
	}
	if len(b.Skipped()) > 0 {
		t.Errorf("rows could not be read: %v", b.Skipped())
	}
}

// failing is a testing.TB of the process that is killed.
type failing struct{}

func (failing) Helper() {}

func (failing) Fatal(v ...any) {
	fmt.Fprintln(os.Stderr, v...)
	os.Exit(1)
}
