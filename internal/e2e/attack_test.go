//go:build unix

package e2e_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/cli"
)

// attacked runs "oaklock doctor --attack" on an agent that has a key and an allowed site, and says how the attacks went. It
// fails the test if something of the user's was touched by them.
func attacked(t *testing.T, env ...string) (findings map[string]cli.AttackFinding) {
	t.Helper()
	u := sit(t)
	u.agent(u.passphrase()...)
	u.done("printf sk-proj-not-to-be-touched | oaklock keys add openai")
	u.done("oaklock sites allow " + site + " --provider openai --models '*'")
	look := func() string {
		return u.done("oaklock keys list --json") + u.done("oaklock sites list --json") + u.done("oaklock log --json") +
			u.done("oaklock pending --json") + u.done("oaklock settings list --json") + u.done("oaklock providers list --json")
	}
	before := look()
	env = append(env, "TMPDIR="+t.TempDir())
	s := u.typesWithin(5*time.Minute, "oaklock doctor --attack --json", env...)
	if s.status != 0 {
		t.Errorf("exit status %d\n%s", s.status, s.err)
	}
	if after := look(); after != before {
		t.Errorf("what was the user's is now\n%s\nand was\n%s", after, before)
	}
	if left, err := filepath.Glob(filepath.Join(strings.TrimPrefix(env[len(env)-1], "TMPDIR="), "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	var all []cli.AttackFinding
	if err := json.Unmarshal([]byte(s.out), &all); err != nil {
		t.Fatalf("no JSON: %v\n%s", err, s.out)
	}
	findings = map[string]cli.AttackFinding{}
	yours := 0
	for _, f := range all {
		if f.Yours {
			yours++
		}
		if !f.Held && f.Skipped == "" {
			t.Errorf("%s: %s %s", f.Name, f.Tried, f.Detail)
		}
		findings[f.Name] = f
	}
	if yours < 40 || len(findings) < 120 {
		t.Errorf("%d attacks, %d of them on the user's own agent", len(findings), yours)
	}
	if other := findings["machine/other-user"]; (other.Skipped == "") != (os.Getuid() == 0) {
		t.Errorf("another user was tried by user %d: %+v", os.Getuid(), other)
	}
	return findings
}

// Without a browser the user is told so, and all else is tried.
func TestDoctorAttacksWithoutABrowser(t *testing.T) {
	t.Parallel()
	for name, f := range attacked(t, "PATH=/bin-of-nobody:"+binOf(t)) {
		if strings.HasPrefix(name, "browser/") != (f.Skipped != "") && name != "machine/other-user" {
			t.Errorf("%+v", f)
		}
	}
}

// binOf is a folder in which oaklock is and no browser.
func binOf(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "oaklock")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// An agent that ends while it is attacked lets nobody through: the doctor says that it has not finished.
func TestDoctorAttacksWhatEnds(t *testing.T) {
	t.Parallel()
	u := sit(t)
	agent := u.agent(u.passphrase()...)
	u.env = append(u.env, "TMPDIR="+t.TempDir(), "PATH=/bin-of-nobody:"+binOf(t))
	said := &buffer{}
	doctor := u.startsInto(writes(func(b []byte) (int, error) {
		if bytes.Contains(b, []byte("(on yours)")) {
			agent.kill()
		}
		return said.Write(b)
	}), "doctor", "--attack")
	select {
	case <-doctor.ended:
	case <-t.Context().Done():
	}
	text := string(said.Bytes())
	if doctor.ProcessState.ExitCode() != 1 || !strings.Contains(text, "ended or cannot be reached any more, so the test is not finished") ||
		strings.Contains(text, "NOT HELD") || strings.Contains(text, "got through") {
		t.Errorf("exit status %d\n%s", doctor.ProcessState.ExitCode(), text)
	}
}

// writes is a function as an io.Writer.
type writes func(b []byte) (int, error)

func (w writes) Write(b []byte) (int, error) { return w(b) }
