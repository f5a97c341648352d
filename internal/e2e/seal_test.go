package e2e_test

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
	"github.com/oaklock/oaklock/internal/store"
)

// outside changes the database as another program of the user can.
func (s *story) outside(statements ...string) {
	s.Helper()
	db, err := sql.Open("sqlite", filepath.Join(s.home, store.FileName)+"?_pragma=busy_timeout(5000)")
	s.must(nil, err)
	for _, q := range statements {
		res, err := db.ExecContext(s.Context(), q)
		s.must(nil, err)
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			s.Fatalf("%s changed %d rows, %v", q, n, err)
		}
	}
	s.must(nil, db.Close())
}

// stop ends the agent, so that all is in the file.
func (s *story) stop() {
	s.Helper()
	s.must(nil, s.agent.Close())
}

// problem waits for a problem with this code and gives it.
func (s *story) problem(code string) control.Problem {
	s.Helper()
	var found control.Problem
	s.await("the problem "+code, func(st control.State) bool {
		for _, p := range st.Problems {
			if p.Code == code {
				found = p
				return true
			}
		}
		return false
	})
	return found
}

func (s *story) noProblem(code string) {
	s.Helper()
	st, err := s.State(s.Context())
	s.must(nil, err)
	for _, p := range st.Problems {
		if p.Code == code {
			s.Errorf("there is a problem: %+v", p)
		}
	}
}

// asked says that a request of the site is held and asks the user, so no grant of it is in force; the question is denied.
func (s *story) asked(origin string) {
	s.Helper()
	answers := s.chatting(s.Context(), origin)
	q := s.question()
	if q.Origin != origin {
		s.Errorf("the question is of %s", q.Origin)
	}
	s.must(nil, s.AnswerDeny(s.Context(), control.Answer{ID: q.ID}))
	if a := <-answers; a.status != 403 {
		s.Errorf("denied, it got %v", a)
	}
}

// works says that the site gets an answer.
func (s *story) works(origin string) {
	s.Helper()
	if a := s.chat(origin); a.status != 200 {
		s.Errorf("%s got %v", origin, a)
	}
}

const otherSite = "https://other.example"

// A grant whose limit was raised with an editor is not in force, the user is told, and the others go on.
func TestAGrantThatWasEdited(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allow(site, "openai")
	s.allow(otherSite, "openai")
	s.stop()
	s.outside(`UPDATE grant SET limits = replace(limits, '1000000', '900000000') WHERE origin = '` + site + `'`)
	s.start()
	p := s.problem("changed_outside")
	if !strings.Contains(p.Message, site) || strings.Contains(p.Message, otherSite) || !strings.Contains(p.Fix, "oaklock sites trust") {
		t.Errorf("the user is told %+v", p)
	}
	s.works(otherSite)
	s.asked(site)
	for _, x := range s.sites() {
		if want := map[string]string{site: "denied", otherSite: "allowed"}[x.Origin]; x.State != want || x.Grants[0].Unproven != (x.Origin == site) {
			t.Errorf("%s is shown as %s, unproven %v", x.Origin, x.State, x.Grants[0].Unproven)
		}
	}
	s.allow(site, "openai") // with the limit of before
	s.works(site)
	s.stop()
	s.start()
	s.works(site)
	s.noProblem("changed_outside")
}

func (s *story) sites() []control.Site {
	s.Helper()
	sites, err := s.Sites(s.Context())
	s.must(nil, err)
	return sites
}

// Rows of every table that decides something: what would give is not in force, what took away is kept.
func TestRowsFromOutside(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allow(site, "openai")
	s.allow(otherSite, "openai")
	s.must(nil, s.BlockSite(t.Context(), control.SiteRef{Origin: otherSite}))
	s.must(s.LimitKey(t.Context(), control.LimitKey{Provider: "openai", Label: "default", Limits: control.Limits{CostDay: 5_000_000}}))
	s.must(s.SetSetting(t.Context(), "limit", "20.00/day"))
	for name, c := range map[string]struct {
		do   string
		then func(*story)
	}{
		"a block deleted":            {`DELETE FROM block`, func(s *story) { s.refusedAs(otherSite, 403) }},
		"a grant made":               {`INSERT INTO grant SELECT 'https://evil.example', provider, id + 1000, classes, models, limits, credential, expires, ends, given, given_by, 0 FROM grant`, func(s *story) { s.asked("https://evil.example") }},
		"the limit of all taken off": {`DELETE FROM setting WHERE name = 'limit'`, func(s *story) { s.refusedAs(site, 402) }},
		"the limit of all raised":    {`UPDATE setting SET value = '900.00/day' WHERE name = 'limit'`, func(s *story) { s.refusedAs(site, 402) }},
		"a key's limit raised":       {`UPDATE key_limit SET limits = replace(limits, '5000000', '900000000')`, func(s *story) { s.refusedAs(site, 402); s.limitLost() }},
		"a key's limit taken off":    {`DELETE FROM key_limit`, func(s *story) { s.refusedAs(site, 402); s.limitLost() }},
		"a key sent elsewhere":       {`UPDATE credential SET endpoint = 'https://evil.example' WHERE provider = 'openai'`, func(s *story) { s.refusedAs(site, 423) }},
		"a provider sent elsewhere":  {`UPDATE provider_row SET json = replace(json, '127.0.0.1', '127.0.0.2') WHERE id = 'openai'`, func(s *story) { s.refusedAs(site, 423) }},
		"a price lowered":            {`UPDATE setting SET value = replace(value, '1000000', '1') WHERE name = 'prices'`, func(s *story) { s.problem("changed_outside") }},
	} {
		t.Run(name, func(t *testing.T) {
			c.then(s.copied(t, c.do))
		})
	}
}

// limitLost says that a key is shown as one that nothing goes with, and with no limit that nobody has set.
func (s *story) limitLost() {
	s.Helper()
	keys, err := s.Keys(s.Context())
	s.must(keys, err)
	i := slices.IndexFunc(keys, func(k control.Key) bool { return k.Provider == "openai" })
	if k := keys[i]; k.Trouble != control.KeyLimitLost || k.Usable || k.Limits != (control.Limits{}) {
		s.Errorf("the key is %+v", k)
	}
}

// refusedAs says that the site is refused with this status, and the user told.
func (s *story) refusedAs(origin string, status int) {
	s.Helper()
	s.problem("changed_outside")
	if a := s.chat(origin); a.status != status {
		s.Errorf("%s got %v, want %d", origin, a, status)
	}
}

// copied is the story over again in a copy of its folder and of its keychain, after a change from outside. The story itself is
// stopped at the first copy.
func (s *story) copied(t *testing.T, statements ...string) *story {
	t.Helper()
	s.stop()
	c := &story{TB: t, key: s.key, home: s.home, log: &buffer{}, provider: s.provider, vault: &memory{m: map[keychain.ID][]byte{}}}
	for id, b := range s.vault.m {
		c.vault.m[id] = bytes.Clone(b)
	}
	// The same path, since the seal's key is that of the profile folder.
	keep := t.TempDir()
	copyFolder(t, s.home, filepath.Join(keep, "home"))
	t.Cleanup(func() {
		s.must(nil, os.RemoveAll(s.home))
		s.must(nil, os.Rename(filepath.Join(keep, "home"), s.home))
	})
	c.outside(statements...)
	c.start()
	return c
}

// copyFolder copies a profile folder.
func copyFolder(t testing.TB, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(to, 0o700); err != nil { //nolint:gosec // a folder
		t.Fatal(err)
	}
}

// The keychain's key for the seal is gone: nothing of before is in force, until the user allows anew or confirms everything.
func TestTheKeyOfTheSealIsGone(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allow(site, "openai")
	s.allow(otherSite, "openai")
	s.must(nil, s.BlockSite(t.Context(), control.SiteRef{Origin: "https://bad.example"}))
	s.must(nil, s.DenySite(t.Context(), control.SiteRef{Origin: "https://denied.example", Provider: "openai"}))
	s.must(s.SetSetting(t.Context(), "limit", "20.00/day"))
	s.stop()
	s.vault.forget("@oaklock")
	s.start()
	if p := s.problem("changed_outside"); !strings.Contains(p.Message, "keychain") {
		t.Errorf("the user is told %+v", p)
	}
	// Nothing goes until the limit over everything is set; that is said as what it is, and no limit is shown that nobody has set.
	if p := s.problem("limit_lost"); !strings.Contains(p.Message, "no request goes through") || !strings.Contains(p.Fix, "settings set limit") {
		t.Errorf("of the limit the user is told %+v", p)
	}
	if l := s.state().Overall.Limits; l != (control.Limits{}) {
		t.Errorf("a limit that nobody has set: %+v", l)
	}
	if v := s.setting("limit"); v != "" {
		t.Errorf("the setting is said to be %q", v)
	}
	doubts, err := s.Doubts(t.Context())
	if s.must(doubts, err); len(doubts) != len(slices.Compact(slices.Sorted(slices.Values(doubts)))) || !slices.Contains(doubts, "a denial of https://denied.example") {
		t.Errorf("what is to be confirmed: %q", doubts)
	}
	s.asked(site)
	s.must(s.SetProvider(t.Context(), control.SetProvider{ID: "openai", BaseURL: s.provider.BaseURL("openai")}))
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Secret: s.key, Anyway: true}))
	s.allow(site, "openai")
	s.refusedAs(site, 402)
	if over := s.state().OverLimit; len(over) > 0 {
		t.Errorf("a limit is offered to be raised that nobody has set: %+v", over)
	}
	s.must(s.SetSetting(t.Context(), "limit", "off"))
	s.noProblem("limit_lost")
	if v := s.setting("limit"); v != "off" {
		t.Errorf("set anew, the setting is said to be %q", v)
	}
	s.allow(site, "openai")
	s.works(site)
	s.stop()
	s.start()
	s.works(site) // it was sealed with the new key
	s.asked(otherSite)
	if a := s.chat("https://bad.example"); a.status != 403 {
		t.Errorf("a block got %v", a)
	}
	s.must(nil, s.Trust(t.Context()))
	s.noProblem("changed_outside")
	s.must(nil, s.RevokeSite(t.Context(), control.SiteRef{Origin: site}))
	s.stop()
	s.start()
	s.noProblem("changed_outside")
	for _, x := range s.sites() {
		if x.Origin == otherSite && (len(x.Grants) != 1 || x.Grants[0].Unproven) {
			t.Errorf("trusted, it is %+v", x)
		}
	}
}

// A price is a decision like any other: the first one after the key was lost is sealed with a new one.
func TestAPriceAfterTheKeyOfTheSealIsGone(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.stop()
	s.vault.forget("@oaklock")
	s.start()
	s.problem("changed_outside")
	s.must(s.SetPrice(t.Context(), control.SetPrice{Provider: "openai", Model: "mine", Rates: map[string]int64{"input": 1, "output": 2}}))
	s.stop()
	s.start()
	s.await("what is proven", func(st control.State) bool {
		all, err := s.Prices(t.Context())
		return err == nil && slices.ContainsFunc(all, func(p control.Price) bool { return p.Model == "mine" && p.Output == 2 })
	})
	s.must(s.SetSetting(t.Context(), "brake", "on")) // all is judged now
	all, err := s.Prices(t.Context())
	if err != nil || !slices.ContainsFunc(all, func(p control.Price) bool { return p.Model == "mine" && p.Output == 2 }) {
		t.Errorf("the price that was set is gone: %v", err)
	}
}

// forget loses all items of a provider.
func (v *memory) forget(provider string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id := range v.m {
		if id.Provider == provider {
			delete(v.m, id)
		}
	}
}

// While the keychain is locked nothing can be proven: no site gets an answer, and none is asked about anew. Once it is open,
// all goes on without a restart.
func TestALockedKeychainAtTheStart(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allow(site, "openai")
	s.stop()
	s.vault.breakWith(keychain.ErrLocked)
	s.start()
	if a := s.chat(site); a.status != 423 || a.code() != "locked" {
		t.Errorf("with a locked keychain: %v", a)
	}
	if st := s.state(); len(st.Questions) != 0 {
		t.Errorf("the user is asked: %+v", st.Questions)
	}
	s.problem("keychain_seal")
	s.vault.breakWith(nil)
	s.must(nil, s.Unlock(t.Context(), control.Unlock{}))
	s.works(site)
	s.noProblem("keychain_seal")
	s.noProblem("changed_outside")
}

// A database from before there was a seal is taken over as it stands, once; not again where somebody takes the seal off.
func TestADatabaseFromBeforeTheSeal(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allow(site, "openai")
	s.stop()
	s.outside("DELETE FROM seal_mark", "DELETE FROM seal")
	s.vault.forget("@oaklock")
	s.start()
	s.works(site)
	s.noProblem("changed_outside")
	s.stop()
	s.outside("DELETE FROM seal_mark", "DELETE FROM seal")
	s.start()
	s.problem("changed_outside")
	s.asked(site)
}

// putsBack puts a copy of the whole folder in the place of what has become of it since.
func (s *story) putsBack(since func()) {
	s.Helper()
	s.stop()
	old := filepath.Join(s.TempDir(), "old")
	copyFolder(s.TB, s.home, old)
	s.start()
	since()
	s.stop()
	s.must(nil, os.RemoveAll(s.home))
	s.must(nil, os.Rename(old, s.home))
	s.start()
}

// A copy of the whole folder from before is not taken for the newer one, which took something back.
func TestAnOlderDatabaseIsPutBack(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allow(site, "openai")
	s.putsBack(func() { s.must(nil, s.RevokeSite(t.Context(), control.SiteRef{Origin: site})) })
	if p := s.problem("changed_outside"); !strings.Contains(p.Message, "older") {
		t.Errorf("the user is told %+v", p)
	}
	s.asked(site)
}

// Also where what took something back was decided just after a start, when the keychain had not answered yet, and just before
// the end.
func TestAnOlderDatabaseIsPutBackAfterAQuickEnd(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allow(site, "openai")
	answers := make(chan struct{})
	s.vault.beforeGet(func() {
		<-answers
		time.Sleep(30 * time.Millisecond) // a keychain's own; meanwhile the end begins
	})
	s.putsBack(func() {
		s.must(nil, s.RevokeSite(t.Context(), control.SiteRef{Origin: site}))
		close(answers)
	})
	s.problem("changed_outside")
	s.asked(site)
}

// What another program writes while Oaklock runs is not in force, now or later.
func TestARowFromOutsideWhileItRuns(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.allow(site, "openai")
	s.works(site)
	s.outside(`INSERT INTO grant SELECT 'https://evil.example', provider, id + 1000, classes, models, limits, credential, expires, ends, given, given_by, 0 FROM grant`)
	s.outside(`INSERT INTO grant SELECT 'https://worse.example', provider, id + 2000, classes, models, limits, credential, expires, ends, given, given_by, 0 FROM grant WHERE origin = '` + site + `'`)
	s.asked("https://worse.example") // its row goes with the denial
	s.allow(otherSite, "openai")     // another change of the table
	s.stop()
	s.start()
	if p := s.problem("changed_outside"); !strings.Contains(p.Message, "https://evil.example") || strings.Contains(p.Message, "https://worse.example") {
		t.Errorf("the user is told %+v", p)
	}
	s.works(otherSite)
	s.works(site)
}
