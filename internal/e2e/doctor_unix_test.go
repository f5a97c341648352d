//go:build unix

package e2e_test

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
)

// doctor is what the command says, by codes.
func (u *terminal) doctor() map[string]control.Check {
	u.Helper()
	s := u.types("oaklock doctor --json")
	var all []control.Check
	if err := json.Unmarshal([]byte(s.out), &all); err != nil || s.err != "" {
		u.Fatalf("doctor: %v\n%v", err, s)
	}
	out, wrong := map[string]control.Check{}, 0
	for _, c := range all {
		out[c.Code] = c
		if c.State == control.Wrong {
			wrong = 1
		}
	}
	if s.status != wrong {
		u.Errorf("doctor ended with %d, and found %+v", s.status, all)
	}
	return out
}

// While no agent runs, the port that is looked at is the one that the user has chosen.
func TestDoctorLooksAtTheChosenPort(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, err := net.SplitHostPort(taken.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	u := sit(t)
	u.agent()
	u.done("oaklock settings set port " + port)
	u.done("oaklock quit")
	if c := u.doctor()["port_taken"]; c.State != control.Wrong || !strings.Contains(c.Message, " has port "+port+", ") {
		t.Errorf("the port is taken: %+v", c)
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	if c := u.doctor()["port"]; c.State != control.Fine || c.Message != "Port "+port+" is free." {
		t.Errorf("the port is free: %+v", c)
	}
}

// The command examines the real agent with keys in a file, and what there is to see while none runs.
func TestDoctor(t *testing.T) {
	t.Parallel()
	u := sit(t)
	checks := u.doctor()
	for _, code := range []string{"not_running", "session", "display", "browser"} {
		if _, ok := checks[code]; !ok {
			t.Errorf("without an agent nothing is said of %s: %+v", code, checks)
		}
	}
	pass := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(pass, []byte("correct horse battery"), 0o600); err != nil {
		t.Fatal(err)
	}
	u.agent("--vault", "file", "--passphrase-file", pass)
	u.doctor() // after it the agent has put into the vault what a first start does
	before, err := os.ReadDir(filepath.Join(u.home, "vault"))
	if err != nil {
		t.Fatal(err)
	}
	checks = u.doctor()
	for _, code := range []string{"port", "vault", "database", "folder", "clock"} {
		if checks[code].State != control.Fine {
			t.Errorf("%s: %+v", code, checks[code])
		}
	}
	if checks["session"].State != control.Note || checks["display"].State != control.Note {
		t.Errorf("without buses and display: %+v, %+v", checks["session"], checks["display"])
	}
	if after, err := os.ReadDir(filepath.Join(u.home, "vault")); err != nil || len(after) != len(before) {
		t.Errorf("the vault has %v, %v; had %v", after, err, before)
	}
	u.done("oaklock lock")
	if c := u.doctor()["vault_locked"]; c.State != control.Wrong {
		t.Errorf("locked: %+v", c)
	}
}
