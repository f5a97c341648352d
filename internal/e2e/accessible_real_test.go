//go:build real

package e2e_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/oaktest/desktop"
)

// heard is one thing that a screen reader is told: its role, and the name it has there.
var heard = regexp.MustCompile(`(?m)^ *(.+?) (?:'(.*)'|"(.*)") -?\d+ -?\d+ -?\d+ -?\d+$`)

// pressable are the roles of what a person can act on. Without a name nobody who does not see knows what it is for.
var pressable = []string{"push button", "button", "toggle button", "link", "check box", "radio button", "combo box", "entry", "password text", "switch", "toggle switch"}

// What a screen reader gets of the production window, through AT-SPI: each view and the question with their headings, and a name
// on everything that can be pressed or typed into.
func TestScreenReaderReadsTheWindow(t *testing.T) {
	p := install(t)
	p.start()
	p.addKeys()
	p.oaklock("sites", "allow", "https://board.example", "--provider", "openai", "--models", "*", "--limit", "1.00/day", "--for", "1d")
	ctx := p.within(2 * time.Minute)
	p.oaklock()
	p.desktop.Find(ctx, desktop.Window, "Oaklock")

	main := []string{"link Overview", "link Sites", "link Keys", "link Activity", "link Settings"}
	// listen reads the whole window, and wants these among it.
	listen := func(t *testing.T, wanted ...string) {
		t.Helper()
		tree := p.desktop.Tree()
		said := map[string]bool{}
		pressables := 0
		for _, m := range heard.FindAllStringSubmatch(tree, -1) {
			role, name := m[1], m[2]+m[3]
			said[role+" "+name] = true
			for _, r := range pressable {
				if role != r {
					continue
				}
				pressables++
				if strings.TrimSpace(name) == "" {
					t.Errorf("a %s has no name", role)
				}
			}
		}
		if pressables < len(main) {
			t.Errorf("%d things can be pressed", pressables)
		}
		for _, w := range wanted {
			if !said[w] {
				t.Errorf("%q is not heard", w)
			}
		}
		if t.Failed() {
			t.Log(tree)
		}
	}

	for _, view := range []struct {
		name, is string
		has      []string
	}{
		{"Overview", "Today", []string{"heading Today", "push button Pause", "push button Lock", "push button Copy endpoint For pages"}},
		{"Sites", "Add a site", []string{"heading Sites", "push button Add a site", "link Web sites 1", "link Apps on this machine 0"}},
		{"Keys", "Add a key", []string{"heading Keys", "push button Add a key", "push button Test the OpenAI key personal", "push button Remove the OpenAI key personal"}},
		{"Activity", "Nothing has happened yet", []string{"heading Activity"}},
		{"Settings", "Appearance", []string{"heading Settings", "heading Locking", "entry Port for pages", "radio button Dark"}},
	} {
		t.Run(view.name, func(t *testing.T) {
			p.desktop.Click(ctx, desktop.Link, view.name)
			p.desktop.Find(ctx, desktop.Any, view.is) // the view is there
			listen(t, append(view.has, main...)...)
		})
	}
	t.Run("the question", func(t *testing.T) {
		_ = p.ask(ctx, "https://research.example")
		p.desktop.Find(ctx, desktop.Dialog, "A site asks")
		p.desktop.Find(ctx, desktop.Button, "Allow")
		if got, want := p.desktop.Focused(ctx, desktop.Dialog, "A site asks"), "https://research.example asks to use your OpenAI key"; got != want {
			t.Errorf("with the title of the question %q is read out, not %q", got, want)
		}
		listen(t, "dialog A site asks", "push button Block", "push button Deny", "push button Allow", "push button Not now", "combo box Models", "combo box Limit", "combo box For")
		p.desktop.Click(ctx, desktop.Button, "Deny")
	})
}
