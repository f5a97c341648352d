//go:build unix

package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
)

// However often and whenever the agent is killed while grants are given, every one that a command acknowledged is there at
// the next start, which takes over the socket that was left, and reads the log.
func TestKilledAtAnyMoment(t *testing.T) {
	const kills = 12
	u := sit(t)
	acknowledged := map[string]bool{}
	for round := range kills {
		agent := u.agent("--vault", "file")
		u.kept(t, acknowledged)

		// Two terminals at once; both go on until the agent is gone.
		var mu sync.Mutex
		var typing sync.WaitGroup
		for n := range 2 {
			typing.Go(func() {
				for i := 0; ; i++ {
					origin := fmt.Sprintf("https://r%d-t%d-n%d.example", round, n, i)
					switch s := u.types("oaklock sites allow " + origin + " --provider openai --models '*'"); s.status {
					case 0:
						mu.Lock()
						acknowledged[origin] = true
						mu.Unlock()
					case 1, 3: // it went away before it answered; or it was gone already
						return
					default:
						t.Errorf("%s: %v", origin, s)
						return
					}
				}
			})
		}
		moment := time.Duration(rand.IntN(250_000)) * time.Microsecond
		time.Sleep(moment) // the moment is the experiment, not a synchronisation
		if status := agent.end(syscall.SIGKILL); status != -1 {
			t.Errorf("it ended with %d", status)
		}
		typing.Wait()
		if info, err := os.Lstat(filepath.Join(u.home, "agent.sock")); err != nil || info.Mode().Type() != os.ModeSocket {
			t.Errorf("no stale socket was left, so the next start proves nothing: %v", err)
		}
	}
	u.agent("--vault", "file")
	u.kept(t, acknowledged)
	if len(acknowledged) < kills {
		t.Errorf("only %d grants were acknowledged in %d rounds", len(acknowledged), kills)
	}
	t.Logf("%d grants were acknowledged in %d rounds", len(acknowledged), kills)
}

// kept says that these sites are allowed, and that nothing else is wrong.
func (u *terminal) kept(t *testing.T, origins map[string]bool) {
	t.Helper()
	var sites []control.Site
	u.reads("oaklock sites list --json", &sites)
	there := map[string]bool{}
	for _, s := range sites {
		there[s.Origin] = s.State == "allowed" && len(s.Grants) == 1 && !s.Grants[0].UntilQuit
	}
	for o := range origins {
		if !there[o] {
			t.Errorf("%s was acknowledged and is lost", o)
		}
	}
	var st control.State
	u.reads("oaklock status --json", &st)
	for _, p := range st.Problems {
		if p.Code != "no_ipv6" {
			t.Errorf("after a kill: %+v", p)
		}
	}
	var log []control.Entry
	u.reads("oaklock log --json", &log)
	u.done("oaklock log verify")
}

// The log that a killed agent had begun is read by the next one, and lines that were on the disk are there.
func TestTheLogSurvivesAKill(t *testing.T) {
	u := sit(t)
	for round := 1; round <= 3; round++ {
		agent := u.agent("--vault", "file")
		if a := u.page(t.Context(), "https://nobody.example/"); a.status != 403 { // refused at the gate: no line
			t.Error(a)
		}
		u.done("oaklock settings set questions off")
		if a := u.page(t.Context(), "https://stranger.example"); a.status != 403 {
			t.Error(a)
		}
		var log []control.Entry
		u.reads("oaklock log --json", &log) // which writes what is waiting first
		var check control.LogCheck
		u.reads("oaklock log verify --json", &check)
		if len(log) != round || log[0].Code != "unheard" || check.Broken || check.Lines != int64(round) {
			t.Errorf("round %d: %+v, %+v", round, log, check)
		}
		agent.end(syscall.SIGKILL)
	}
}
