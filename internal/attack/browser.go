package attack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// try is one thing that a page tries. page.js says what the words in Do mean.
type try struct {
	name, tried string
	Do          string `json:"do"`
	Path        string `json:"path"`
	reads       bool   // it must work: the page is allowed, and the others mean nothing without it
}

// actor is a site and what its page tries, in this order.
type actor struct {
	Origin string
	tries  []try
}

const (
	models   = "/llm/openai/models"
	realtime = "/llm/openai/realtime?model=m"
)

// actors are the sites that the browser visits, one after the other. One with a dot at its end is not among them: Chromium
// then names it so in the TLS handshake, which Go's server refuses (crypto/tls, RFC 6066, section 3). [Heads] has it.
var actors = []actor{
	{Site, []try{
		{"browser/works", "The allowed site asks a model.", "fetch", path, true},
		{"browser/form", "The allowed site sends a text/plain form to a frame.", "form", path, false},
		{"browser/form-new-tab", "The allowed site sends a text/plain form to a new tab.", "form-tab", path, false},
		{"browser/navigation", "The allowed site opens the list of models in a new tab.", "open", models, false},
		{"browser/frame", "The allowed site shows the list of models in a frame.", "frame", models, false},
		{"browser/image", "The allowed site loads the list of models as an image.", "image", models, false},
		{"browser/script", "The allowed site loads the list of models as a script.", "script", models, false},
		{"browser/prefetch", "The allowed site has the list of models prefetched.", "prefetch", models, false},
		{"browser/no-cors", "The allowed site sends a request without CORS.", "no-cors", path, false},
		{"browser/beacon", "The allowed site sends a beacon.", "beacon", path, false},
		{"browser/null-frame", "A sandboxed frame in the allowed site asks a model.", "null-frame", path, false},
		{"browser/rebinding", "The allowed site opens a name that the attacker pointed to this machine.", "rebind", models, false},
	}},
	{stranger, []try{
		{"browser/stranger", "A site that nobody allowed asks a model.", "fetch", path, false},
		{"browser/stranger-websocket", "A site that nobody allowed opens a WebSocket.", "websocket", realtime, false},
		{"browser/stranger-events", "A site that nobody allowed opens a stream of events.", "events", models, false},
		{"browser/stranger-form", "A site that nobody allowed sends a text/plain form to a frame.", "form", path, false},
		{"browser/stranger-null", "A sandboxed frame in a site that nobody allowed asks a model.", "null-frame", path, false},
	}},
	{"https://x.app.oaklock-attack.test", []try{{"browser/subdomain", "A subdomain of the allowed site asks a model.", "fetch", path, false}}},
	{"https://app.oaklock-attack.test.evil.test", []try{{"browser/suffix", "A site whose name begins with the allowed one's asks a model.", "fetch", path, false}}},
	{"https://app.oaklock-attack.test:8443", []try{{"browser/port", "The allowed site at another port asks a model.", "fetch", path, false}}},
	{"https://xn--pp-6kc.oaklock-attack.test", []try{{"browser/punycode", "A site that looks like the allowed one in other letters asks a model.", "fetch", path, false}}},
	{"http://app.oaklock-attack.test", []try{{"browser/http", "The allowed site over plain http asks a model.", "fetch", path, false}}},
}

// browserTime bounds the browser's part as a whole.
const browserTime = 3 * time.Minute

// browse makes what only a browser can try, with a new profile that is removed afterwards. The browser's own permission to
// reach this machine is given to all sites, as a user may have done: it is Oaklock that is tried, not the browser.
func (t Target) browse(ctx context.Context, tell func(Finding)) error {
	if t.Browser == "" {
		why := t.WhyNot
		if why == "" {
			why = "There is no Chromium here."
		}
		for _, a := range actors {
			for _, one := range a.tries {
				tell(Finding{Name: one.name, Tried: one.tried, Works: one.reads, Skipped: why})
			}
		}
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, browserTime)
	defer cancel()
	s, err := newStage(ctx, t, tell)
	if err != nil {
		return err
	}
	defer s.close()
	folder, done, err := profile()
	if err != nil {
		return err
	}
	defer done()
	cmd := exec.CommandContext(ctx, t.Browser, s.arguments(folder)...) //nolint:gosec // the browser that is installed here
	cmd.WaitDelay = 5 * time.Second
	ended, err := Start(cmd)
	if err != nil {
		return fmt.Errorf("start %s: %w", t.Browser, err)
	}
	select {
	case <-s.over:
	case <-ended:
	case <-ctx.Done():
	}
	cancel()
	<-ended
	s.finish()
	return nil
}

// FindBrowser looks for a Chromium in the path. Where there is none it says so in a sentence.
func FindBrowser() (program, whyNot string) {
	names := []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}
	for _, name := range names {
		if program, err := exec.LookPath(name); err == nil {
			return program, ""
		}
	}
	return "", "There is no Chromium or Chrome in the path, so what needs a browser was not tried."
}

// folders begins the names of what a run keeps on the disk.
const folders = "oaklock-attack-"

// profile is a folder with the permissions that users give to sites, as Chromium keeps them (internal/oaktest has the same
// for tests); done removes it.
func profile() (folder string, done func(), err error) {
	folder, let, err := Folder()
	if err != nil {
		return "", nil, fmt.Errorf("make a profile for the browser: %w", err)
	}
	allowed := map[string]any{}
	for _, a := range actors {
		allowed[a.Origin+",*"] = map[string]any{"last_modified": "13400000000000000", "setting": 1}
	}
	exceptions := map[string]any{"loopback_network": allowed, "local_network_access": allowed}
	preferences, err := json.Marshal(map[string]any{"profile": map[string]any{"content_settings": map[string]any{"exceptions": exceptions}}})
	if err == nil {
		err = errors.Join(os.Mkdir(filepath.Join(folder, "Default"), 0o700),
			os.WriteFile(filepath.Join(folder, "Default", "Preferences"), preferences, 0o600))
	}
	done = func() { removeProfile(folder); let() }
	if err != nil {
		done()
		return "", nil, fmt.Errorf("make a profile for the browser: %w", err)
	}
	return folder, done, nil
}

// removeProfile tries for a while: the browser's helpers end a little after it and may still write. A killed browser also
// leaves the folder of a socket behind, to which a link in the profile points (chrome/browser/process_singleton_posix.cc).
func removeProfile(folder string) {
	if socket, err := os.Readlink(filepath.Join(folder, "SingletonSocket")); err == nil && filepath.Base(socket) == "SingletonSocket" {
		_ = os.Remove(socket)
		_ = os.Remove(filepath.Join(filepath.Dir(socket), "SingletonCookie"))
		_ = os.Remove(filepath.Dir(socket)) // only if nothing else is in it
	}
	for range 20 {
		if os.RemoveAll(folder) == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// arguments start a browser that knows no name but those of the actors and reaches nothing but this machine.
func (s *stage) arguments(folder string) []string {
	var rules, spaces []string
	for _, a := range actors {
		u, err := url.Parse(a.Origin)
		if err != nil {
			continue // they are constants
		}
		listener, asked := s.secure, "443"
		if u.Scheme == "http" {
			listener, asked = s.plain, "80"
		}
		if u.Port() != "" {
			asked = u.Port()
		}
		rules = append(rules, fmt.Sprintf("MAP %s:%s %s", u.Hostname(), asked, listener.Addr()))
	}
	for _, l := range []net.Listener{s.secure, s.plain} {
		spaces = append(spaces, l.Addr().String()+"=public")
	}
	rules = append(rules, fmt.Sprintf("MAP %s:%s 127.0.0.1:%s", rebound, port(s.t.Endpoint), port(s.t.Endpoint)),
		"MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1", "EXCLUDE localhost")
	all := []string{
		"--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-default-browser-check", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-popup-blocking", "--user-data-dir=" + folder,
		"--host-resolver-rules=" + strings.Join(rules, ", "),
		"--ip-address-space-overrides=" + strings.Join(spaces, ","),
		"--ignore-certificate-errors-spki-list=" + s.spki,
	}
	if os.Getuid() == 0 {
		all = append(all, "--no-sandbox") // Chromium refuses to start as root otherwise
	}
	return append(all, actors[0].Origin+"/")
}

// rebound is the attacker's name for this machine.
const rebound = "rebound.oaklock-attack.test"
