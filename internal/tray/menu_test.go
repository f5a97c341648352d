package tray_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/oaklock/oaklock/internal/tray"
)

func nop() {}

var all = tray.Actions{Open: nop, Pause: nop, Resume: nop, Lock: nop, Copy: nop, Quit: nop}

func TestMenu(t *testing.T) {
	const endpoint = "http://127.0.0.1:6255"
	without := all
	without.Copy, without.Quit = nil, nil
	for _, c := range []struct {
		name    string
		menu    tray.Menu
		actions tray.Actions
		picture string
		lines   []string
	}{
		{"on", tray.Menu{Status: "On, 2 sites allowed.", State: tray.On, Endpoint: endpoint}, all, "on", []string{
			"[On, 2 sites allowed.]", "-", "Pause all", "Lock", "Copy endpoint (http://127.0.0.1:6255)", "-", "Open Oaklock", "Quit Oaklock",
		}},
		{"nothing said yet", tray.Menu{}, all, "on", []string{
			"[Oaklock is on.]", "-", "Pause all", "Lock", "-", "Open Oaklock", "Quit Oaklock",
		}},
		{"paused", tray.Menu{State: tray.Paused}, all, "paused", []string{
			"[Oaklock is paused.]", "-", "Resume", "Lock", "-", "Open Oaklock", "Quit Oaklock",
		}},
		{"locked: neither pause nor a second lock", tray.Menu{State: tray.Locked}, all, "locked", []string{
			"[Oaklock is locked.]", "-", "Unlock…", "-", "Open Oaklock", "Quit Oaklock",
		}},
		{"a question", tray.Menu{Status: "A site asks.", Questions: []string{"https://research.example"}, NeedsYou: true}, all, "needs-you", []string{
			"[A site asks.]", "Answer https://research.example…", "-", "Pause all", "Lock", "-", "Open Oaklock", "Quit Oaklock",
		}},
		{"a question while locked shows the dot", tray.Menu{State: tray.Locked, NeedsYou: true}, all, "needs-you", []string{
			"[Oaklock is locked.]", "-", "Unlock…", "-", "Open Oaklock", "Quit Oaklock",
		}},
		{"many questions", tray.Menu{Questions: strings.Split("a b c d e f g", " ")}, all, "on", []string{
			"[Oaklock is on.]", "Answer a…", "Answer b…", "Answer c…",
			"Answer d…", "Answer e…", "2 more are waiting for your answer…",
			"-", "Pause all", "Lock", "-", "Open Oaklock", "Quit Oaklock",
		}},
		{"with what is so besides", tray.Menu{Status: "On.", Notes: []string{"Its window is behind.", "And\nthis.", "Not this."}, Questions: []string{"a"}}, all, "on", []string{
			"[On.]", "[Its window is behind.]", "[And this.]", "Answer a…", "-", "Pause all", "Lock", "-", "Open Oaklock", "Quit Oaklock",
		}},
		{"in another language", tray.Menu{State: tray.Paused, Questions: strings.Split("a b c d e f", " "), Endpoint: endpoint, Words: tray.Words{
			Paused: "En pausa.", Waits: "%s espera…", More: "%d más…", Copy: "Copiar (%s)", Resume: "Reanudar", Lock: "Cerrar", Open: "Abrir", Quit: "Salir",
		}}, all, "paused", []string{
			"[En pausa.]", "a espera…", "b espera…", "c espera…", "d espera…", "e espera…", "1 más…",
			"-", "Reanudar", "Cerrar", "Copiar (" + endpoint + ")", "-", "Abrir", "Salir",
		}},
		{"what cannot be done is not offered", tray.Menu{Endpoint: endpoint}, without, "on", []string{
			"[Oaklock is on.]", "-", "Pause all", "Lock", "-", "Open Oaklock",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := tray.Lines(c.menu, c.actions); !slices.Equal(got, c.lines) {
				t.Errorf("menu\n%q\nwant\n%q", got, c.lines)
			}
			if got := tray.Picture(c.menu); got != c.picture {
				t.Errorf("icon %s, want %s", got, c.picture)
			}
		})
	}
}

// An origin is text from a page, as far as the tray knows.
func TestMenuCleansOrigins(t *testing.T) {
	long := "https://bank.example." + strings.Repeat("very-long.", 30) + "evil.example:8443"
	for _, c := range []struct{ name, origin, want string }{
		{"control characters", "https://a.example\r\x00\x1b[31m", "https://a.example[31m"},
		{"line breaks", "https://a.example\nAllow", "https://a.example Allow"},
		{"right to left", "https://\u202eelpmaxe.a\u2066", "https://elpmaxe.a"},
		{"zero width", "https://a\u200b.exam\ufeffple", "https://a.example"},
		{"not UTF-8", "https://a\xff.example", "https://a\ufffd.example"},
		{"an underscore stays", "https://a_b.example", "https://a_b.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines := tray.Lines(tray.Menu{Questions: []string{c.origin}}, all)
			if want := "Answer " + c.want + "…"; lines[1] != want {
				t.Errorf("%q, want %q", lines[1], want)
			}
		})
	}
	// What is cut must be the beginning, which whoever owns the end may choose.
	lines := tray.Lines(tray.Menu{Questions: []string{long}, Status: strings.Repeat("x", 1000), Endpoint: strings.Repeat("y", 1000)}, all)
	if !strings.HasPrefix(lines[1], "Answer …") || !strings.HasSuffix(lines[1], "evil.example:8443…") {
		t.Errorf("a long origin is shown as %q", lines[1])
	}
	for _, l := range lines {
		if n := utf8.RuneCountInString(l); n > 125 {
			t.Errorf("a line of %d characters: %q", n, l)
		}
	}
}
