package grant_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/store"
)

// outside changes the database as another program would.
func outside(t *testing.T, dir string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(s, err)
		}
	}
}

// What gives counts only if Oaklock wrote it; what takes away counts in any case, and comes back where somebody deleted it.
func TestOnlyProvenGrantsCount(t *testing.T) {
	dir := profile(t)
	db := openDB(t, dir)
	b := openOn(t, db, nil)
	good, edited, blocked := site(t, "https://good.example"), site(t, "https://edited.example"), site(t, "https://blocked.example")
	for _, err := range []error{
		b.Allow(t.Context(), good, []string{"openai"}, terms(), "window"),
		b.Allow(t.Context(), edited, []string{"openai", "mistral"}, terms(), "window"),
		b.Block(t.Context(), blocked),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	b.Close()
	db.Close()
	outside(t, dir,
		`UPDATE grant SET limits = replace(limits, '1', '9') WHERE origin = 'https://edited.example' AND provider = 'openai'`,
		`DELETE FROM block`,
		`INSERT INTO grant SELECT 'https://evil.example', provider, id + 1000, classes, models, limits, credential, expires, ends, given, given_by, 0 FROM grant WHERE origin = 'https://good.example'`,
		`INSERT INTO block VALUES ('https://victim.example', 1)`)

	db = openDB(t, dir)
	b, err := grant.Open(t.Context(), db, grant.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	evil, victim := site(t, "https://evil.example"), site(t, "https://victim.example")
	for o, want := range map[string]grant.State{good.String(): grant.Unproven, edited.String(): grant.Unproven, evil.String(): grant.Unproven, victim.String(): grant.Blocked, blocked.String(): grant.Unknown} {
		if got, g := b.Lookup(site(t, o), "openai"); got != want || g != nil {
			t.Errorf("before the key is there, %s is %v, %v", o, got, g)
		}
	}
	v, err := db.Seal().Open(t.Context(), testMAC, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Judge(t.Context(), db.Seal().Proven, v.Gone); err != nil {
		t.Fatal(err)
	}
	check := func(when string) {
		t.Helper()
		for _, c := range []struct {
			o, p string
			want grant.State
		}{
			{"https://good.example", "openai", grant.Granted}, {"https://edited.example", "openai", grant.Unknown}, {"https://edited.example", "mistral", grant.Granted},
			{"https://evil.example", "openai", grant.Unknown}, {"https://victim.example", "openai", grant.Blocked}, {"https://blocked.example", "openai", grant.Blocked},
		} {
			if got, _ := b.Lookup(site(t, c.o), c.p); got != c.want {
				t.Errorf("%s: %s with %s is %v, want %v", when, c.o, c.p, got, c.want)
			}
		}
	}
	check("judged")
	if b.Known(evil) || !b.Known(edited) {
		t.Error("a site whose only grant is not proven is known")
	}
	for _, s := range b.Sites() {
		for _, g := range s.Grants {
			if want := s.Origin == evil || s.Origin == edited && g.Provider == "openai"; g.Unproven != want {
				t.Errorf("%v with %s is shown as unproven: %v", s.Origin, g.Provider, g.Unproven)
			}
		}
	}

	// A change of the site's other grant does not make the edited one ours.
	if err := b.Allow(t.Context(), edited, []string{"mistral"}, terms(), "window"); err != nil {
		t.Fatal(err)
	}
	check("after another decision")
	b.Close()
	db.Close()
	db = openDB(t, dir)
	if b, err = grant.Open(t.Context(), db, grant.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if v, err = db.Seal().Open(t.Context(), testMAC, 0, false); err != nil || v.Whole {
		t.Fatal(v, err)
	}
	if err := b.Judge(t.Context(), db.Seal().Proven, v.Gone); err != nil {
		t.Fatal(err)
	}
	check("after a restart")

	// A no counts beside a grant that does not.
	if _, err := b.Deny(t.Context(), evil, []string{"openai"}); err != nil {
		t.Fatal(err)
	}
	if got, _ := b.Lookup(evil, "openai"); got != grant.Denied {
		t.Errorf("denied, it is %v", got)
	}
	if err := b.Unblock(t.Context(), evil); err != nil {
		t.Fatal(err)
	}

	// The user decides anew, or says that all is well.
	if err := b.Allow(t.Context(), edited, []string{"openai"}, terms(), "window"); err != nil {
		t.Fatal(err)
	}
	if got, _ := b.Lookup(edited, "openai"); got != grant.Granted {
		t.Errorf("allowed anew it is %v", got)
	}
	prove(t, db, b, true)
	if got, _ := b.Lookup(evil, "openai"); got != grant.Granted {
		t.Errorf("trusted it is %v", got)
	}
}

// Before the key is there, a decision about a site does not make ours what else stands in the database about it; and what is
// ours stays so.
func TestADecisionBeforeTheKeyProvesNothingElse(t *testing.T) {
	dir := profile(t)
	db := openDB(t, dir)
	b := openOn(t, db, nil)
	o := site(t, "https://app.example")
	if err := b.Allow(t.Context(), o, []string{"openai", "mistral", "google"}, terms(), "window"); err != nil {
		t.Fatal(err)
	}
	b.Close()
	db.Close()
	outside(t, dir, `UPDATE grant SET limits = replace(limits, '1', '9') WHERE provider = 'openai'`)
	db = openDB(t, dir)
	b, err := grant.Open(t.Context(), db, grant.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if err := b.Revoke(t.Context(), o, "google"); err != nil {
		t.Fatal(err)
	}
	if err := b.Allow(t.Context(), o, []string{"groq"}, terms(), "window"); err != nil {
		t.Fatal(err)
	}
	if got, _ := b.Lookup(o, "groq"); got != grant.Granted {
		t.Errorf("allowed in this run it is %v", got)
	}
	v, err := db.Seal().Open(t.Context(), testMAC, 0, false)
	if err != nil || v.Whole || len(v.Changed) != 1 || len(v.Gone) != 0 {
		t.Fatal(v, err)
	}
	if err := b.Judge(t.Context(), db.Seal().Proven, v.Gone); err != nil {
		t.Fatal(err)
	}
	for p, want := range map[string]grant.State{"openai": grant.Unknown, "mistral": grant.Granted, "google": grant.Unknown, "groq": grant.Granted} {
		if got, _ := b.Lookup(o, p); got != want {
			t.Errorf("%s is %v, want %v", p, got, want)
		}
	}
}
