package grant_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/provider"
	"github.com/oaklock/oaklock/internal/store"
)

func profile(t testing.TB) string { return filepath.Join(t.TempDir(), "oaklock") }

func openDB(t testing.TB, dir string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// open opens the book in dir; now is the wall clock, nil for the real one.
func open(t testing.TB, dir string, now func() time.Time) *grant.Book {
	t.Helper()
	return openOn(t, openDB(t, dir), now)
}

func openOn(t testing.TB, db *store.DB, now func() time.Time) *grant.Book {
	t.Helper()
	b, err := grant.Open(t.Context(), db, grant.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	prove(t, db, b, true)
	return b
}

func testMAC(message []byte) (sum [sha256.Size]byte, ok bool) {
	h := hmac.New(sha256.New, []byte("the key of the seal"))
	h.Write(message)
	return [sha256.Size]byte(h.Sum(nil)), true
}

// prove opens the seal, as the agent does when the keychain has answered. With adopt, whatever is in the database is taken to
// be Oaklock's; without, it must be.
func prove(t interface {
	Helper()
	Fatal(...any)
}, db *store.DB, b *grant.Book, adopt bool) {
	t.Helper()
	v, err := db.Seal().Open(context.Background(), testMAC, 0, adopt)
	if err != nil || !adopt && (v.Whole || len(v.Changed)+len(v.Gone) > 0) {
		t.Fatal("the seal: ", v, err)
	}
	if err := b.Judge(context.Background(), db.Seal().Proven, v.Gone); err != nil {
		t.Fatal(err)
	}
}

func site(t testing.TB, s string) origin.Origin {
	t.Helper()
	o, err := origin.FromHeader(s)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func terms() grant.Terms {
	return grant.Terms{
		Classes: []provider.Class{provider.Inference}, Models: []string{grant.AnyModel},
		Limits: grant.Limits{CostDay: 1_000_000}, Credential: "personal",
	}
}

func until(e time.Time) grant.Terms {
	t := terms()
	t.Expires = e
	return t
}

func untilQuit() grant.Terms {
	t := terms()
	t.UntilQuit = true
	return t
}

func allow(t testing.TB, b *grant.Book, o origin.Origin, terms grant.Terms, ids ...string) *grant.Grant {
	t.Helper()
	if err := b.Allow(context.Background(), o, ids, terms, "window"); err != nil {
		t.Fatal(err)
	}
	s, g := b.Lookup(o, ids[0])
	if s != grant.Granted {
		t.Fatalf("after Allow the state is %v", s)
	}
	return g
}

func wantState(t testing.TB, b *grant.Book, o origin.Origin, p string, want grant.State) {
	t.Helper()
	if got, g := b.Lookup(o, p); got != want || (g != nil) != (want == grant.Granted) {
		t.Errorf("%v with %s is %v (%v), want %v", o, p, got, g, want)
	}
}

func ended(g *grant.Grant) bool {
	select {
	case <-g.Done():
		return true
	default:
		return false
	}
}

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestGrantsSurviveARestart(t *testing.T) {
	dir := profile(t)
	a, b := site(t, "https://app.example"), site(t, "http://localhost:5173")
	want := grant.Terms{
		Classes: []provider.Class{provider.Inference, provider.Optional}, Models: []string{"gpt-5", "o4-mini"},
		Limits:  grant.Limits{1, 2, 3, 4, 5, 6, 7, 8, 9},
		Expires: time.Now().Add(time.Hour).Truncate(time.Millisecond), Credential: "work",
	}
	{
		db := openDB(t, dir)
		book := openOn(t, db, nil)
		allow(t, book, a, want, "openai", "google")
		allow(t, book, a, untilQuit(), "mistral")
		noError(t, book.Block(t.Context(), b))
		_, err := book.Deny(t.Context(), a, []string{"groq"})
		noError(t, err)
		book.Used(a, "openai")
		book.Close()
		db.Close()
	}
	book := open(t, dir, nil)
	s, g := book.Lookup(a, "openai")
	if s != grant.Granted {
		t.Fatalf("state %v", s)
	}
	if !slices.Equal(g.Classes, want.Classes) || !slices.Equal(g.Models, want.Models) || g.Limits != want.Limits ||
		!g.Expires.Equal(want.Expires) || g.Credential != "work" || g.UntilQuit || g.GivenBy != "window" || g.Provider != "openai" || g.Origin != a {
		t.Errorf("the grant came back as %+v", g)
	}
	if time.Since(g.Given) > time.Minute || g.ID == 0 {
		t.Errorf("given %v with id %d", g.Given, g.ID)
	}
	wantState(t, book, a, "google", grant.Granted)
	wantState(t, book, a, "mistral", grant.Unknown)
	wantState(t, book, a, "groq", grant.Denied)
	wantState(t, book, b, "openai", grant.Blocked)
	sites := book.Sites()
	at := slices.IndexFunc(sites, func(s grant.Site) bool { return s.Origin == a }) // both were decided within a millisecond, maybe
	if len(sites) != 2 || at < 0 {
		t.Fatalf("the sites are %+v", sites)
	}
	if gs := sites[at].Grants; len(gs) != 2 || gs[0].Provider != "google" || !gs[0].LastUsed.IsZero() || gs[1].LastUsed.IsZero() {
		t.Errorf("the grants are %+v", gs)
	}
	if len(book.Skipped()) > 0 {
		t.Errorf("skipped %v", book.Skipped())
	}
}

func TestOriginsAreStrangers(t *testing.T) {
	b := open(t, profile(t), nil)
	allow(t, b, site(t, "https://app.example"), terms(), "openai")
	for _, o := range []string{"https://x.app.example", "https://app.example:8443", "https://app.exampl", "https://example"} {
		wantState(t, b, site(t, o), "openai", grant.Unknown)
	}
	wantState(t, b, site(t, "https://app.example"), "openai2", grant.Unknown)
	wantState(t, b, site(t, "https://app.example"), "", grant.Unknown)
	wantState(t, b, origin.Origin{}, "openai", grant.Unknown)
}

func TestReplacingEndsTheOldGrant(t *testing.T) {
	b := open(t, profile(t), nil)
	o := site(t, "https://app.example")
	old := allow(t, b, o, terms(), "openai")
	narrow := terms()
	narrow.Models = []string{"gpt-5"}
	g := allow(t, b, o, narrow, "openai")
	if !ended(old) || ended(g) || g.ID == old.ID {
		t.Errorf("old ended %v, new ended %v, ids %d and %d", ended(old), ended(g), old.ID, g.ID)
	}
	narrow.Models[0] = "*" // the caller's list is not the grant's
	if g.AllowsModel("o4") || !g.AllowsModel("gpt-5") {
		t.Error("the grant changed with the caller's list")
	}
}

// A wide grant on the disk, replaced by a narrow one until Oaklock quits, must not be back at the next start.
func TestReplacedByUntilQuit(t *testing.T) {
	dir := profile(t)
	o := site(t, "https://app.example")
	db := openDB(t, dir)
	b := openOn(t, db, nil)
	allow(t, b, o, terms(), "openai")
	allow(t, b, o, untilQuit(), "openai")
	b.Close()
	db.Close()
	wantState(t, open(t, dir, nil), o, "openai", grant.Unknown)
}

func TestBlockRevokeUnblock(t *testing.T) {
	b := open(t, profile(t), nil)
	ctx := t.Context()
	o := site(t, "https://app.example")
	openai := allow(t, b, o, terms(), "openai", "google")
	_, google := b.Lookup(o, "google")

	noError(t, b.Revoke(ctx, o, "openai"))
	wantState(t, b, o, "openai", grant.Unknown)
	wantState(t, b, o, "google", grant.Granted)
	if !ended(openai) || ended(google) {
		t.Errorf("after the revocation openai ended %v, google %v", ended(openai), ended(google))
	}
	if err := b.Revoke(ctx, o, "openai"); !errors.Is(err, grant.ErrNotFound) {
		t.Errorf("revoking nothing says %v", err)
	}
	noError(t, b.Block(ctx, o))
	wantState(t, b, o, "google", grant.Blocked)
	wantState(t, b, o, "never heard of", grant.Blocked)
	if !ended(google) {
		t.Error("the block did not end the grant")
	}
	noError(t, b.Unblock(ctx, o))
	wantState(t, b, o, "google", grant.Unknown)
	noError(t, b.Block(ctx, o))
	allow(t, b, o, terms(), "google") // ends the block
	wantState(t, b, o, "openai", grant.Unknown)
	noError(t, b.Revoke(ctx, o, ""))
	if s := b.Sites(); len(s) != 0 {
		t.Errorf("sites left: %+v", s)
	}
}

func TestDenialBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, profile(t), nil)
		o := site(t, "https://app.example")
		deny := func(want time.Duration) {
			t.Helper()
			got, err := b.Deny(context.Background(), o, []string{"openai"})
			noError(t, err)
			if !got.Equal(time.Now().Add(want)) {
				t.Errorf("denied for %v, want %v", time.Until(got), want)
			}
			wantState(t, b, o, "openai", grant.Denied)
			wantState(t, b, o, "google", grant.Unknown)
			wantState(t, b, o, "", grant.Unknown) // where the site's denials are counted
			time.Sleep(want - time.Millisecond)
			wantState(t, b, o, "openai", grant.Denied)
			time.Sleep(time.Millisecond)
			wantState(t, b, o, "openai", grant.Unknown)
		}
		for i, d := range []time.Duration{10 * time.Minute, time.Hour, 24 * time.Hour, 24 * time.Hour} {
			deny(d)
			if b.Denials(o) != i+1 {
				t.Errorf("%d denials, want %d", b.Denials(o), i+1)
			}
		}
		time.Sleep(7*24*time.Hour + time.Second)
		if b.Denials(o) != 0 {
			t.Errorf("%d denials after a week", b.Denials(o))
		}
		deny(10 * time.Minute)
		allow(t, b, o, terms(), "openai")
		noError(t, b.Revoke(context.Background(), o, ""))
		if b.Denials(o) != 0 {
			t.Errorf("%d denials after an approval", b.Denials(o))
		}
		deny(10 * time.Minute)
	})
}

func TestDenyLeavesGrantsAlone(t *testing.T) {
	b := open(t, profile(t), nil)
	o := site(t, "https://app.example")
	g := allow(t, b, o, terms(), "openai")
	if until, err := b.Deny(t.Context(), o, []string{"openai"}); err != nil || !until.IsZero() {
		t.Errorf("Deny of what is granted says %v, %v", until, err)
	}
	if ended(g) || b.Denials(o) != 0 {
		t.Error("an answer to no question changed something")
	}
	wantState(t, b, o, "openai", grant.Granted)
}

func TestSitesNewestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, profile(t), nil)
		names := func() (s []string) {
			for _, x := range b.Sites() {
				s = append(s, x.Origin.Host())
			}
			return s
		}
		step := func() { time.Sleep(time.Second) }
		for _, h := range []string{"a", "b", "c"} {
			allow(t, b, site(t, "https://"+h), terms(), "openai")
			step()
		}
		if got := strings.Join(names(), ""); got != "cba" {
			t.Errorf("given: %s", got)
		}
		b.Used(site(t, "https://a"), "openai")
		step()
		noError(t, b.Block(context.Background(), site(t, "https://d")))
		if got := strings.Join(names(), ""); got != "dacb" {
			t.Errorf("used and blocked: %s", got)
		}
	})
}

func TestCorruptRowsAreNotHonoured(t *testing.T) {
	db := openDB(t, profile(t))
	o := site(t, "https://good.example")
	b := openOn(t, db, nil)
	allow(t, b, o, terms(), "openai")
	b.Close()

	const row = `INSERT INTO grant (origin, provider, id, classes, models, limits, credential, expires, ends, given, given_by) VALUES `
	limits := `{"CostDay":1}`
	bad := map[string][]any{
		"not canonical":   {"https://Bad.example", "openai", 1, `["inference"]`, `["*"]`, limits, "", 0, 0},
		"plain http":      {"http://bad.example", "openai", 2, `["inference"]`, `["*"]`, limits, "", 0, 0},
		"never class":     {"https://bad.example", "a", 3, `["never"]`, `["*"]`, limits, "", 0, 0},
		"no models":       {"https://bad.example", "b", 4, `["inference"]`, `[]`, limits, "", 0, 0},
		"null models":     {"https://bad.example", "c", 5, `["inference"]`, `null`, limits, "", 0, 0},
		"no limits":       {"https://bad.example", "d", 6, `["inference"]`, `["*"]`, `{}`, "", 0, 0},
		"unknown limit":   {"https://bad.example", "e", 7, `["inference"]`, `["*"]`, `{"CostDay":1,"Free":1}`, "", 0, 0},
		"no JSON":         {"https://bad.example", "f", 8, `inference`, `["*"]`, limits, "", 0, 0},
		"two values":      {"https://bad.example", "g", 9, `["inference"]["stored"]`, `["*"]`, limits, "", 0, 0},
		"end disagrees":   {"https://bad.example", "h", 10, `["inference"]`, `["*"]`, limits, "", 1, 0},
		"end overflows":   {"https://bad.example", "i", 11, `["inference"]`, `["*"]`, limits, "", 1, int64(1) << 60},
		"ends before all": {"https://bad.example", "j", 12, `["inference"]`, `["*"]`, limits, "", 1, -1},
		"no provider":     {"https://bad.example", "", 13, `["inference"]`, `["*"]`, limits, "", 0, 0},
		"id below zero":   {"https://bad.example", "k", -1, `["inference"]`, `["*"]`, limits, "", 0, 0},
	}
	noError(t, db.Write(t.Context(), func(tx *sql.Tx) error {
		for _, args := range bad {
			if _, err := tx.Exec(row+"(?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '')", args...); err != nil {
				return err
			}
		}
		_, err := tx.Exec("UPDATE grant_clock SET at = -5")
		return err
	}))

	b = openOn(t, db, nil)
	wantState(t, b, o, "openai", grant.Granted)
	for name, args := range bad {
		if host, err := origin.FromHeader(args[0].(string)); err == nil {
			if s, _ := b.Lookup(host, args[1].(string)); s != grant.Unknown {
				t.Errorf("%s: %v", name, s)
			}
		}
	}
	if got := b.Skipped(); len(got) != len(bad)+1 { // and the clock
		t.Errorf("%d rows reported, want %d: %s", len(got), len(bad)+1, strings.Join(got, "\n"))
	}
	if len(b.Sites()) != 1 {
		t.Errorf("sites: %+v", b.Sites())
	}
}
