//go:build real

package e2e_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/oaktest"
	"github.com/oaklock/oaklock/internal/oaktest/browser"
	"github.com/oaklock/oaklock/internal/oaktest/desktop"
)

// surfer is a browser on a screen, where its own questions are buttons like any other.
type surfer interface {
	Open(address string) (tab int)
	Evaluate(tab int, script string) json.RawMessage
	Click(tab int, selector string)
	Until(ctx context.Context, tab int, script string)
}

// The page helper, as it is packed, in a page on the internet: what it knows before it has sent anything, and that it goes on when
// the browser's permission comes while it asks. The permission is given by a click on the browser's own button.
func TestPageHelper(t *testing.T) {
	for name, start := range map[string]func(testing.TB, browser.Options) surfer{
		"Chromium": func(t testing.TB, o browser.Options) surfer { return browser.Start(t, o) },
		"Firefox":  func(t testing.TB, o browser.Options) surfer { return browser.StartFirefox(t, o) },
	} {
		t.Run(name, func(t *testing.T) {
			all := install(t)
			all.start()
			all.addKeys()
			page := oaktest.NewPageServer(t, kaiban, nil)
			o := browser.Options{Origin: page.Origin, SPKI: page.SPKI, PagePort: page.Port, Screen: all.desktop.Vars()}
			denied, given := o, o
			denied.Denied, given.LNA = true, true
			for _, c := range []struct {
				name string
				o    browser.Options
				see  func(*helper)
			}{
				{"asked and given", o, (*helper).helped},
				{"asked and denied", o, (*helper).saysNo},
				{"denied before", denied, (*helper).denied},
				{"given before", given, (*helper).stands},
			} {
				t.Run(c.name, func(t *testing.T) {
					p := *all
					p.TB = t
					h := &helper{T: t, p: &p, b: start(t, c.o)}
					h.tab = h.b.Open(kaiban + "/client.html?endpoint=" + url.QueryEscape(p.endpoint()))
					c.see(h)
				})
			}
		})
	}
}

// helper is a tab with client.html in it.
type helper struct {
	*testing.T
	p   *program
	b   surfer
	tab int
}

// value compares what an expression is in the page.
func (h *helper) value(script, want string) {
	h.Helper()
	if got := string(h.b.Evaluate(h.tab, script)); got != want {
		h.Errorf("%s is %s, want %s", script, got, want)
	}
}

func (h *helper) nothingAsked() {
	h.Helper()
	if n := len(h.p.state().Questions); n != 0 {
		h.Errorf("Oaklock asks %d questions, and the browser has let nothing through", n)
	}
}

// is compares what the helper detects now.
func (h *helper) is(want string) { h.Helper(); h.value("lock.detect()", strconv.Quote(want)) }

// sent is how many requests the page has begun.
func (h *helper) sent(want int) { h.Helper(); h.value("sent()", strconv.Itoa(want)) }

// ends waits for what the click has come to.
func (h *helper) ends(want string) { h.Helper(); h.value("ended()", strconv.Quote(want)) }

// helped is the whole way of a visitor who says yes twice.
func (h *helper) helped() {
	ctx := h.p.within(3 * time.Minute)
	h.is("browser-prompt")
	h.sent(0) // so that a page that only wants to know makes no browser ask
	h.b.Click(h.tab, "#ask")
	h.p.desktop.Find(ctx, desktop.Button, "Allow")
	h.is("browser-prompt")
	h.nothingAsked()
	h.p.desktop.ClickAway(ctx, desktop.Button, "Allow")
	q := h.p.question(kaiban)
	h.b.Until(ctx, h.tab, "told.at(-1) === 'pending'")
	h.is("pending")
	h.p.oaklock("allow", q.ID)
	h.ends("granted")
	h.value("told", `["browser-prompt","pending","granted"]`)
	h.value("chat()", "200")
	h.value("lock.detect().then(() => lock.status().providers[0].limits.costDay)", "250000")
	h.value("lock.release()", `"ungranted"`)

}

// saysNo is a visitor who says no to the browser.
func (h *helper) saysNo() {
	ctx := h.p.within(2 * time.Minute)
	h.b.Click(h.tab, "#ask")
	h.p.desktop.ClickAway(ctx, desktop.Button, "Block")
	h.ends("browser-denied")
	h.is("browser-denied")
	h.nothingAsked()
}

// denied is a visitor who has said no to the browser some time ago.
func (h *helper) denied() {
	h.is("browser-denied")
	h.sent(0)
}

// stands is what a page with the browser's permission reads of Oaklock.
func (h *helper) stands() {
	h.is("ungranted")
	h.sent(1)
	limited := func(to string) {
		h.Helper()
		h.p.oaklock("sites", "allow", kaiban, "--provider", "openai", "--models", "*", "--limit", to, "--for", "1d")
	}
	limited("1.00/day")
	h.is("granted")
	h.value("chat()", "200")
	limited("1tokens/day") // more than that is used by now
	h.is("over-limit")
	h.value("chat()", "402")
	limited("1.00/day")
	h.is("granted")
	h.p.oaklock("pause")
	h.is("paused")
	h.p.oaklock("resume")
	h.p.oaklock("lock")
	h.is("locked")
	h.p.oaklock("unlock")
	h.p.oaklock("sites", "revoke", kaiban)
	h.p.oaklock("sites", "deny", kaiban)
	h.is("denied")
	h.p.oaklock("sites", "block", kaiban) // a blocked site cannot tell that from nobody being there
	h.is("absent")
	h.p.oaklock("quit")
	h.is("absent")
}
