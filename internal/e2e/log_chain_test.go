package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/store"
)

// logged is a story with some lines in its log.
func logged(t *testing.T) *story {
	s := begin(t)
	s.allow(site, "openai")
	for range 4 {
		s.works(site)
	}
	s.logFits()
	return s
}

func (s *story) check() control.LogCheck {
	s.Helper()
	c, err := s.VerifyLog(s.Context())
	s.must(nil, err)
	return c
}

// lines is how many the log has.
func (s *story) lines() int64 {
	s.Helper()
	all, err := s.Client.Log(s.Context(), control.LogFilter{Limit: 1000})
	s.must(nil, err)
	return int64(len(all))
}

func (s *story) logFits() {
	s.Helper()
	if c := s.check(); c.Broken || !c.Sealed || c.Lines == 0 || c.Lines != s.lines() {
		s.Errorf("the log of %d lines: %+v", s.lines(), c)
	}
}

// changedLog is what another program does to the log, and what the user then reads.
type changedLog struct{ do, says string }

// otherwise says that it was found in another way first: by what the keychain knows, or, where the end and its record are gone, by the
// sums, which are then more than the lines.
func (c changedLog) otherwise(message string) bool {
	return strings.Contains(message, "line 4, which your keychain knows, is not in it") ||
		strings.Contains(c.do, "log_chain SET") && strings.Contains(message, "are more than the log's lines")
}

// What another program does to the log is found at the start, or when the user asks. Nothing is lost, pages go on, and it is
// known until the user confirms it.
func TestTheLogIsChangedFromOutside(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]changedLog{
		"a cost made less":       {"UPDATE entry SET cost = 0 WHERE id = 2", "line 2 is not as Oaklock wrote it"},
		"a line taken out":       {"DELETE FROM entry WHERE id = 2", "line 3 is not as Oaklock wrote it"},
		"the end taken off":      {"DELETE FROM entry WHERE id > 3", "what came after line 3 is gone"},
		"the end and its record": {"UPDATE log_chain SET last = 3, head = (SELECT hash FROM entry WHERE id = 3)", "its end, up to line"},
		"the record taken out":   {"DELETE FROM log_chain", "its end"},
		"the sums made less":     {"UPDATE usage SET cost = 0", "are less than the log's lines"},
		"the sums made more":     {"UPDATE usage SET cost = cost + 1 WHERE origin <> ''", "are more than the log's lines"},
		"all records taken out":  {"DELETE FROM log_chain; DELETE FROM seal_mark WHERE of = 'log_chain'", "line 1 was put at its end"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := logged(t)
			before := s.lines()
			s.stop()
			s.outside(c.do)
			if strings.Contains(c.do, "log_chain SET") {
				s.outside("DELETE FROM entry WHERE id > 3")
			}
			s.start()
			if p := s.problem("log_changed"); !strings.Contains(p.Message, c.says) && !c.otherwise(p.Message) || !strings.Contains(p.Fix, "oaklock log verify") {
				t.Errorf("the user is told %+v", p)
			}
			s.noProblem("changed_outside")
			s.works(site)
			if check := s.check(); !check.Broken {
				t.Errorf("asked, it says %+v", check)
			}
			if doubts, err := s.Doubts(t.Context()); err != nil || len(doubts) != 1 || !strings.Contains(doubts[0], "the log") {
				t.Errorf("in doubt are %q, %v", doubts, err)
			}
			s.stop()
			s.start()
			s.problem("log_changed")
			s.must(nil, s.Trust(t.Context()))
			s.noProblem("log_changed")
			s.works(site)
			s.stop()
			s.start()
			s.works(site)
			if check := s.check(); check.Broken && !strings.Contains(c.do, "usage") {
				t.Errorf("confirmed, it says %+v", check)
			}
			if n := s.lines(); n < before-2 {
				t.Errorf("%d lines are left of %d", n, before)
			}
		})
	}
}

// A copy of the folder from before, while the settings are the same: the keychain knows a newer line.
func TestAnOlderLogIsPutBack(t *testing.T) {
	t.Parallel()
	s := logged(t)
	s.putsBack(func() { s.works(site) })
	if p := s.problem("log_changed"); !strings.Contains(p.Message, "keychain knows") {
		t.Errorf("the user is told %+v", p)
	}
	s.works(site)
}

// What is written while the keychain is closed is chained, and no false alarm.
func TestTheLogOfALockedKeychain(t *testing.T) {
	t.Parallel()
	s := logged(t)
	s.stop()
	s.vault.breakWith(keychain.ErrLocked)
	s.start()
	s.chat(site)
	if c := s.check(); c.Broken || c.Sealed {
		t.Errorf("while the keychain is closed: %+v", c)
	}
	s.stop()
	s.start()
	s.vault.breakWith(nil)
	s.must(nil, s.Unlock(t.Context(), control.Unlock{}))
	s.works(site)
	s.logFits()
	s.noProblem("log_changed")
	s.must(nil, s.Lock(t.Context()))
	s.must(nil, s.Unlock(t.Context(), control.Unlock{}))
	s.stop()
	s.start()
	s.works(site)
	s.logFits()
	s.noProblem("log_changed")
}

// A database that was lost or could not be read, and was told of as that, is no changed log as well; the new one is checked like any.
func TestTheLogOfANewDatabase(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(s *story) error{
		"garbage": func(s *story) error {
			return os.WriteFile(filepath.Join(s.home, store.FileName), []byte(strings.Repeat("no database\n", 999)), 0o600)
		},
		"gone": func(s *story) error { return os.RemoveAll(s.home) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := logged(t)
			s.stop()
			s.must(nil, lose(s))
			s.start()
			s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "openai", BaseURL: s.provider.BaseURL("openai")}))
			s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Secret: s.key, Anyway: true}))
			s.allow(site, "openai")
			s.works(site)
			s.logFits()
			s.noProblem("log_changed")
			s.stop()
			s.start()
			s.works(site)
			s.logFits()
			s.noProblem("log_changed")
			s.stop()
			s.outside("DELETE FROM entry WHERE id = 2")
			s.start()
			s.problem("log_changed")
		})
	}
}
