package admission

import (
	"context"
	"strings"
)

// Program is what sits at the other end of a connection. Any program can bear the name of a browser, so this helps the user to
// recognise what asks, and decides nothing.
type Program struct {
	Name    string // for people: "Firefox", or the name of the program's file; empty when it cannot be found out
	Browser bool   // it has the name of a browser that is known here
}

// ProgramOf names what made a request, whose context this is. It looks through the user's processes at the first call for
// a connection, which takes milliseconds: it is for when a question is asked, not for every request.
func ProgramOf(ctx context.Context) Program {
	c, ok := ctx.Value(connKey{}).(*conn)
	if !ok {
		return Program{}
	}
	c.once.Do(func() { c.program = named(programs(c.Conn)) })
	return c.program
}

// browsers are the names of browsers by those of their programs.
var browsers = map[string]string{
	"firefox": "Firefox", "firefox-esr": "Firefox", "firefox-bin": "Firefox", "firefox.real": "Tor Browser",
	"chromium": "Chromium", "chromium-browser": "Chromium", "headless_shell": "Chromium", "chrome-headless-shell": "Chromium",
	"chrome": "Chrome", "google-chrome": "Chrome", "brave": "Brave", "brave-browser": "Brave", "msedge": "Edge", "opera": "Opera",
	"vivaldi-bin": "Vivaldi", "vivaldi": "Vivaldi", "librewolf": "LibreWolf", "waterfox": "Waterfox", "epiphany": "GNOME Web",
	"falkon": "Falkon", "konqueror": "Konqueror", "qutebrowser": "qutebrowser", "zen": "Zen", "zen-bin": "Zen",
}

// helpers are programs that make a browser's connections for it; the browser has started them.
var helpers = map[string]bool{"WebKitNetworkProcess": true, "QtWebEngineProcess": true}

// named chooses the name: the first is the program's own file, those after it are of the programs that started it.
func named(files []string) Program {
	for len(files) > 1 && helpers[files[0]] {
		files = files[1:]
	}
	if len(files) == 0 {
		return Program{}
	}
	if name, ok := browsers[strings.ToLower(files[0])]; ok {
		return Program{name, true}
	}
	return Program{Name: harmless(files[0])}
}

// harmless is a file's name as it may stand in a question.
func harmless(name string) string {
	name = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("._+-", r) {
			return r
		}
		return -1
	}, name)
	const most = 32
	if len(name) > most {
		name = name[:most]
	}
	return name
}
