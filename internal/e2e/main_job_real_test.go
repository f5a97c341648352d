//go:build real

package e2e_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/oaktest/browser"
	"github.com/oaklock/oaklock/internal/oaktest/desktop"
	"github.com/oaklock/oaklock/internal/oaktest/notifications"
	"github.com/oaklock/oaklock/internal/oaktest/traywatcher"
)

const kaiban = "https://app.kaiban.test"

// browse starts Chromium with the browser's own permission for these origins, each on a page server of its own.
func browse(t *testing.T, permitted bool, origins ...string) *browser.Browser {
	t.Helper()
	var all []browser.Options
	for _, o := range origins {
		page := oaktest.NewPageServer(t, o, nil)
		all = append(all, browser.Options{Origin: page.Origin, SPKI: page.SPKI, PagePort: page.Port, LNA: permitted})
	}
	first := all[0]
	first.More = all[1:]
	return browser.Start(t, first)
}

// One day of a user: keys into the real keychain, an unmodified KaibanJS page in Chromium, the question, a click on Allow in
// the real window, and the team finishes. The page never sees the key, and no file holds it.
func TestMainJob(t *testing.T) {
	p := install(t)
	p.start()
	p.addKeys()
	stored, err := exec.CommandContext(t.Context(), "env", append(append([]string{"-i"}, p.bus.Vars()...), "secret-tool", "search", "--all", "username", "openai/personal")...).Output()
	if err != nil || !strings.Contains(string(stored), "secret = "+p.key+"\n") {
		t.Fatalf("the keychain does not hold the key: %v", err)
	}
	item, err := p.tray.Next(p.within(20 * time.Second))
	if err != nil {
		t.Fatal("no tray icon: ", err)
	}
	b := browse(t, true, kaiban)
	ctx := p.within(3 * time.Minute)

	finished := func(t *testing.T, tab int) {
		t.Helper()
		s := b.WaitTab(ctx, tab, browser.Finished, browser.Errored)
		if s.State != browser.Finished || !strings.Contains(s.Text, "Written by the demo provider from 5 notes") {
			t.Fatalf("the team ended as %+v\n%s", s, p.oaklock("log"))
		}
	}
	team := func(id string) int {
		return b.Open(kaiban + browser.Team{Provider: id, Base: p.endpoint() + "/llm/" + id}.Path())
	}

	t.Run("openai, allowed by a click in the window", func(t *testing.T) {
		tab := team("openai")
		q := p.question(kaiban)
		if q.Browser != "Chromium" || len(q.Warnings) > 0 {
			t.Errorf("it asks through %q, with the warnings %+v", q.Browser, q.Warnings)
		}
		if _, err := item.Until(p.within(30*time.Second), func(v traywatcher.View) bool { return v.Status == "NeedsAttention" && v.Has("Answer "+kaiban) }); err != nil {
			t.Error("the tray does not show that something waits: ", err)
		}
		note, err := p.notes.Until(ctx, func(n notifications.Note) bool { return strings.Contains(n.Title+n.Body, kaiban) })
		if err != nil {
			t.Fatal("no notification: ", err)
		}
		if !strings.HasPrefix(note.Body, "Through Chromium. ") {
			t.Errorf("the notification does not say through what: %q", note.Body)
		}
		for _, a := range note.Actions {
			if strings.Contains(strings.ToLower(a.Key+a.Label), "allow") {
				t.Errorf("the notification can allow: %+v", note)
			}
		}
		if err := p.notes.Invoke(note.ID, "open"); err != nil {
			t.Fatal(err)
		}
		p.desktop.Find(ctx, desktop.Dialog, "A site asks")
		if n := p.state().Questions[0].Waiting; n < 1 {
			t.Errorf("%d requests wait", n)
		}
		picture(t, p, "question")
		p.desktop.Click(ctx, desktop.Button, "Allow")
		finished(t, tab)
		if _, err := item.Until(ctx, func(v traywatcher.View) bool { return v.Status == "Active" }); err != nil {
			t.Error("the tray still says that something waits: ", err)
		}
		if out, code := p.try("", "allow", q.ID); code == 0 {
			t.Errorf("a late answer was taken: %s", out)
		}
		b.Shut(tab)
	})
	for _, id := range []string{"anthropic", "google", "mistral"} {
		t.Run(id+", allowed on the command line", func(t *testing.T) {
			tab := team(id)
			p.oaklock("allow", p.question(kaiban).ID)
			finished(t, tab)
			b.Shut(tab)
		})
	}
	t.Run("what was seen", func(t *testing.T) {
		var sites []control.Site
		if err := json.Unmarshal([]byte(p.oaklock("sites", "list", "--json")), &sites); err != nil {
			t.Fatal(err)
		}
		if len(sites) != 1 || sites[0].Origin != kaiban || len(sites[0].Grants) != 4 || sites[0].LastUsed == 0 || sites[0].Grants[0].ExpiresAt == 0 {
			t.Errorf("sites: %+v", sites)
		}
		var log []control.Entry
		if err := json.Unmarshal([]byte(p.oaklock("log", "--json")), &log); err != nil {
			t.Fatal(err)
		}
		if len(log) < 16 {
			t.Errorf("%d entries for four teams of two agents", len(log))
		}
		for _, e := range log {
			if e.Status != 200 || e.Origin != kaiban || e.Input <= 0 && e.Provider != "mistral" || e.Model == "" {
				t.Errorf("entry: %+v", e)
			}
		}
		p.oaklock("lock") // what the agent holds back in memory until then is written
		oaktest.Scan(t, p.key, b.Observed(), oaktest.Path(p.home), oaktest.Path(p.home+".log"))
		for _, r := range p.model.Requests() {
			if !strings.Contains(r.Header.Get("Authorization")+r.Header.Get("X-Api-Key")+r.Header.Get("X-Goog-Api-Key"), p.key) {
				t.Errorf("%s came without the key", r)
			}
			if r.Header.Get("Origin") != "" || r.Header.Get("Cookie") != "" || r.Header.Get("Referer") != "" {
				t.Errorf("%s tells the provider about the page", r)
			}
		}
	})
}

// The same page where it must not work.
func TestPagesThatMayNot(t *testing.T) {
	p := install(t)
	p.start()
	p.addKeys()
	p.oaklock("settings", "set", "wait", "2s")
	const stranger, blocked, gone = "https://stranger.test", "https://blocked.test", "https://revoked.test"
	for _, o := range []string{kaiban, gone} {
		p.oaklock("sites", "allow", o, "--provider", "openai", "--models", "*", "--limit", "1.00/day", "--for", "1d")
	}
	p.oaklock("sites", "block", blocked)
	p.oaklock("sites", "revoke", gone)
	p.oaklock("sites", "deny", gone)
	b := browse(t, true, kaiban, stranger, blocked, gone)
	ctx := p.within(5 * time.Minute)
	fails := func(t *testing.T, origin, words string) {
		t.Helper()
		before := p.model.Count()
		tab := b.Open(origin + browser.Team{Provider: "openai", Base: p.endpoint() + "/llm/openai"}.Path())
		s := b.WaitTab(ctx, tab, browser.Finished, browser.Errored)
		if s.State != browser.Errored || !strings.Contains(s.Text, words) {
			t.Errorf("%s: %+v; want an error with %q", origin, s, words)
		}
		if n := p.model.Count() - before; n != 0 {
			t.Errorf("%s: %d requests reached the provider", origin, n)
		}
		b.Shut(tab)
	}
	t.Run("never allowed", func(t *testing.T) { fails(t, stranger, "has not answered yet") })
	t.Run("blocked", func(t *testing.T) { fails(t, blocked, "") })
	t.Run("revoked and denied", func(t *testing.T) { fails(t, gone, "has not allowed this site") })
	t.Run("locked", func(t *testing.T) {
		p.oaklock("lock")
		fails(t, kaiban, "Oaklock is locked")
		p.oaklock("unlock")
	})
	t.Run("paused", func(t *testing.T) {
		p.oaklock("pause")
		fails(t, kaiban, "paused")
		p.oaklock("resume")
	})
	t.Run("the browser's permission missing", func(t *testing.T) {
		b := browse(t, false, kaiban)
		before := len(p.log(t))
		tab := b.Open(kaiban + browser.Team{Provider: "openai", Base: p.endpoint() + "/llm/openai"}.Path())
		if s := b.WaitTab(ctx, tab, browser.Finished, browser.Errored); s.State != browser.Errored {
			t.Errorf("%+v", s)
		}
		if n := len(p.log(t)) - before; n != 0 {
			t.Errorf("%d requests reached Oaklock", n)
		}
	})
	t.Run("and afterwards the allowed one finishes", func(t *testing.T) {
		tab := b.Open(kaiban + browser.Team{Provider: "openai", Base: p.endpoint() + "/llm/openai"}.Path())
		if s := b.WaitTab(ctx, tab, browser.Finished, browser.Errored); s.State != browser.Finished {
			t.Errorf("%+v", s)
		}
	})
	oaktest.Scan(t, p.key, b.Observed(), oaktest.Path(p.home), oaktest.Path(p.home+".log"))
}

func (p *program) log(t testing.TB) (entries []control.Entry) {
	t.Helper()
	if err := json.Unmarshal([]byte(p.oaklock("log", "--json")), &entries); err != nil {
		t.Fatal(err)
	}
	return entries
}

// picture keeps a screenshot where OAKLOCK_PICTURES says, for a person to look at.
func picture(t *testing.T, p *program, name string) {
	t.Helper()
	if dir := os.Getenv("OAKLOCK_PICTURES"); dir != "" {
		p.desktop.Screenshot(filepath.Join(dir, name+".png"))
	}
}
