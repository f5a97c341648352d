package grant_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/origin"
	"github.com/oaklock/oaklock/internal/store"
)

// model is the book as a few maps. now is the time that counts: it goes with the wall clock forward, and stands still
// where that goes back.
type model struct {
	now     time.Duration
	blocked map[string]bool
	grants  map[pair]given
	denials map[pair]no // with no provider: of the whole site
}

type pair struct{ site, provider string }

type given struct {
	ends      time.Duration // 0: never
	untilQuit bool
	grant     *grant.Grant
}

type no struct {
	count       int
	last, until time.Duration
}

func (m *model) live(p pair) bool {
	g, ok := m.grants[p]
	return ok && (g.ends == 0 || m.now < g.ends)
}

func (m *model) state(p pair) grant.State {
	switch {
	case m.blocked[p.site]:
		return grant.Blocked
	case m.live(p):
		return grant.Granted
	case m.now < m.denials[p].until:
		return grant.Denied
	}
	return grant.Unknown
}

func (m *model) count(p pair) int {
	if d := m.denials[p]; m.now-d.last <= 7*24*time.Hour {
		return d.count
	}
	return 0
}

func (m *model) deny(p pair) {
	n := m.count(p) + 1
	wait := []time.Duration{10 * time.Minute, time.Hour, 24 * time.Hour}[min(n, 3)-1]
	m.denials[p] = no{n, m.now, max(m.denials[p].until, m.now+wait)}
}

func TestBookIsItsModel(t *testing.T) {
	sites := []string{"https://a.example", "https://b.example", "http://localhost:3000"}
	providers := []string{"openai", "google", "mistral"}
	rounds := 0
	rapid.Check(t, func(r *rapid.T) {
		rounds++
		dir := filepath.Join(t.TempDir(), fmt.Sprint(rounds))
		ctx := context.Background()
		var clock atomic.Int64 // the book's own goroutine looks too
		now := func() time.Time { return time.UnixMilli(clock.Load()) }
		clock.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli())
		m := &model{now: time.Hour, blocked: map[string]bool{}, grants: map[pair]given{}, denials: map[pair]no{}}
		var db *store.DB
		var b *grant.Book
		var past []*grant.Grant // all that were ever in force
		reopen := func() {
			if b != nil {
				b.Close()
				if err := db.Close(); err != nil {
					r.Fatal(err)
				}
			}
			var err error
			if db, err = store.Open(ctx, dir); err != nil {
				r.Fatal(err)
			}
			if b, err = grant.Open(ctx, db, grant.Options{Now: now}); err != nil {
				r.Fatal(err)
			}
			prove(r, db, b, !db.Seal().Sealed())
		}
		reopen()
		defer func() { b.Close(); db.Close() }()
		drawSite := func(r *rapid.T) (string, origin.Origin) {
			s := rapid.SampledFrom(sites).Draw(r, "site")
			o, err := origin.FromHeader(s)
			if err != nil {
				r.Fatal(err)
			}
			return s, o
		}
		some := rapid.SliceOfNDistinct(rapid.SampledFrom(providers), 1, 3, rapid.ID[string])

		r.Repeat(map[string]func(*rapid.T){
			"allow": func(r *rapid.T) {
				s, o := drawSite(r)
				ids := some.Draw(r, "providers")
				x := terms()
				x.UntilQuit = rapid.Bool().Draw(r, "until quit")
				var ends time.Duration
				if minutes := rapid.SampledFrom([]int{0, 1, 10, 60, 24 * 60}).Draw(r, "minutes"); minutes > 0 {
					d := time.Duration(minutes) * time.Minute
					x.Expires, ends = now().Add(d), m.now+d
				}
				if err := b.Allow(ctx, o, ids, x, "window"); err != nil {
					r.Fatal(err)
				}
				delete(m.blocked, s)
				delete(m.denials, pair{s, ""})
				for _, id := range ids {
					p := pair{s, id}
					delete(m.denials, p)
					_, g := b.Lookup(o, id)
					m.grants[p] = given{ends, x.UntilQuit, g}
					past = append(past, g)
				}
			},
			"deny": func(r *rapid.T) {
				s, o := drawSite(r)
				ids := some.Draw(r, "providers")
				until, err := b.Deny(ctx, o, ids)
				if err != nil {
					r.Fatal(err)
				}
				var last time.Duration
				for _, id := range ids {
					if p := (pair{s, id}); !m.live(p) {
						m.deny(p)
						last = max(last, m.denials[p].until)
					}
				}
				if last == 0 {
					if !until.IsZero() {
						r.Errorf("nothing was denied until %v", until)
					}
					return
				}
				m.deny(pair{s, ""})
				if got := until.Sub(now()); got < last-m.now-time.Second || got > last-m.now+time.Second {
					r.Errorf("denied for %v, want %v", got, last-m.now)
				}
			},
			"block": func(r *rapid.T) {
				s, o := drawSite(r)
				if err := b.Block(ctx, o); err != nil {
					r.Fatal(err)
				}
				m.blocked[s] = true
				for _, id := range append(providers, "") {
					delete(m.grants, pair{s, id})
					delete(m.denials, pair{s, id})
				}
			},
			"unblock": func(r *rapid.T) {
				s, o := drawSite(r)
				if err := b.Unblock(ctx, o); err != nil {
					r.Fatal(err)
				}
				delete(m.blocked, s)
				for _, id := range append(providers, "") {
					delete(m.denials, pair{s, id})
				}
			},
			"revoke": func(r *rapid.T) {
				s, o := drawSite(r)
				id := rapid.SampledFrom(append(providers, "")).Draw(r, "provider")
				found := false
				for _, each := range providers {
					if _, ok := m.grants[pair{s, each}]; ok && (id == "" || id == each) {
						found = true
						delete(m.grants, pair{s, each})
					}
				}
				if err := b.Revoke(ctx, o, id); errors.Is(err, grant.ErrNotFound) == found || found && err != nil {
					r.Errorf("Revoke says %v, found is %v", err, found)
				}
			},
			"time": func(r *rapid.T) {
				d := time.Duration(rapid.SampledFrom([]int{1, 9, 10, 59, 60, 24 * 60, 8 * 24 * 60}).Draw(r, "minutes")) * time.Minute
				if rapid.IntRange(0, 2).Draw(r, "back") == 0 {
					clock.Add(-d.Milliseconds())
				} else {
					clock.Add(d.Milliseconds())
					m.now += d
				}
				b.Lookup(origin.Origin{}, "") // somebody looks between two jumps
			},
			"restart": func(r *rapid.T) {
				reopen()
				for p, g := range m.grants {
					if g.untilQuit {
						delete(m.grants, p)
						continue
					}
					o, _ := origin.FromHeader(p.site)
					_, g.grant = b.Lookup(o, p.provider)
					m.grants[p] = g
				}
				past = nil // of another run
			},
			"": func(r *rapid.T) {
				inForce := make(map[*grant.Grant]bool)
				for _, s := range sites {
					o, err := origin.FromHeader(s)
					if err != nil {
						r.Fatal(err)
					}
					for _, id := range providers {
						p := pair{s, id}
						got, g := b.Lookup(o, id)
						if want := m.state(p); got != want {
							r.Fatalf("%v is %v, want %v", p, got, want)
						}
						if got == grant.Granted && g != m.grants[p].grant {
							r.Fatalf("%v has another grant than the one that was given", p)
						}
						inForce[g] = true
					}
					if got, want := b.Denials(o), m.count(pair{s, ""}); got != want {
						r.Fatalf("%s has %d denials, want %d", s, got, want)
					}
				}
				for _, g := range past {
					if ended(g) == inForce[g] {
						r.Fatalf("grant %d for %v and %s: in force %v, ended %v", g.ID, g.Origin, g.Provider, inForce[g], ended(g))
					}
				}
				if got := b.Skipped(); len(got) > 0 {
					r.Fatalf("rows cannot be read: %v", got)
				}
			},
		})
	})
}
