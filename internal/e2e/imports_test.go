package e2e_test

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Who may import whom. The rows are the architecture: what is not allowed here is not a matter of taste, it would move a
// wall. Files for every system and with every build tag are read, which a list that Go's own tools make would not do.

const module = "github.com/oaklock/oaklock"

// row is what the code of one package, its tests apart, may import besides the standard library.
type row struct {
	packages []string // of this module, relative to its root
	modules  []string // of others; a package of them counts as the module
	why      string   // why no more, shown to whoever tries
}

// Modules that are named more than once.
const (
	dbus    = "github.com/godbus/dbus/v5"
	sys     = "golang.org/x/sys" // a system's own calls, in files for that system
	gorilla = "github.com/gorilla/websocket"
)

var table = map[string]row{
	".": {
		packages: []string{"app"},
		why:      "main calls app.Main and nothing else; the root is a package only because Wails builds the package there",
	},
	"app": {
		packages: []string{
			"internal/agent", "internal/cli", "internal/control", "internal/tray", "internal/notify", "internal/session", "internal/clipboard",
			"internal/autostart", "internal/demo", "internal/envkeys", "internal/attack", "internal/system", "internal/money", "frontend", "frontend/demo",
			"internal/appkey", // the window turns an app's key into its sum: the agent never has it
		},
		modules: []string{
			"github.com/wailsapp/wails/v2", sys,
			"github.com/jezek/xgb", // in the window only: GTK cannot raise a window without asking for the focus too
		},
		why: "app puts the two programs together; what the agent consists of is the agent's matter",
	},
	"frontend": {
		why: "it carries the built files of the window, and no code",
	},
	"frontend/demo": {
		why: "it carries the built files of the demo page, and no code",
	},
	"build/papers": {
		packages: []string{"internal/cli"},
		modules:  []string{"github.com/spf13/cobra"},
		why:      "it writes the manual from the tree of commands when a package is made, and is in no program",
	},
	"internal/cli": {
		packages: []string{
			"internal/control",
			"internal/origin",  // a site is named back as it is stored, not as it was typed
			"internal/appkey",  // an app's key is made where it is shown, and the agent never has it
			"internal/envkeys", // the shell's environment is seen by the shell's programs only
			"internal/owner",   // it warns whoever starts it as root
			"internal/system",  // what to do is not the same on every system
			"internal/money",   // amounts are written in one way, by the agent and by its clients
			"internal/command", // and values in commands
		},
		modules: []string{
			"github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term",
			sys, // a key is typed without echo, and Ctrl-D in its place is heard
		},
		why: "the command line is a client of the control socket: what it can do, the window and a test can do too",
	},
	"internal/command": {
		why: "how a value is written in a command is for all who advise one; it knows nobody",
	},
	"internal/control": {
		packages: []string{"internal/command", "internal/owner"},
		modules:  []string{gorilla, sys},
		why:      "control is the user's door and declares the interface that it needs; the agent stands behind it",
	},
	"internal/envkeys": {
		packages: []string{"internal/control"},
		why:      "it reads text that somebody else has got hold of, and says what is in it in the words of the user's door",
	},
	"internal/clock": {
		why: "it compares two clocks for the door for pages and for the way to the providers, which share nothing else",
	},
	"internal/nonblock": {
		modules: []string{sys}, // Windows is asked whether there is something to read; the other systems by the standard library
		why:     "it moves bytes of sockets for both doors, and knows neither",
	},
	"internal/upstream": {
		packages: []string{"internal/clock", "internal/nonblock"},
		// What the environment says of proxies, SOCKS; a WebSocket's handshake is part of connecting; whether a server has hung up.
		modules: []string{"golang.org/x/net", gorilla, sys},
		why:     "connections to providers know nothing of what goes over them; the agent gives them to the proxy as interfaces",
	},
	"internal/agent": {
		packages: []string{
			"internal/control", "internal/proxy", "internal/admission", "internal/consent", "internal/ledger", "internal/grant",
			"internal/keychain", "internal/provider", "internal/store", "internal/origin", "internal/secret", "internal/upstream",
			"internal/appkey", "internal/envkeys", "internal/issued", "internal/brake", "internal/owner", "internal/system", "internal/money", "internal/command",
			"internal/demo", // the window starts it; it is served like a stranger's page and has no way into the agent
		},
		modules: []string{sys},
		why:     "the agent owns the parts and works without a screen: tray, notifications and window are given to it by app",
	},
	"internal/proxy": {
		packages: []string{
			"internal/admission", "internal/consent", "internal/grant", "internal/issued", "internal/ledger", "internal/provider",
			"internal/origin", "internal/secret", "internal/brake", "internal/clock", "internal/money",
		},
		modules: []string{"golang.org/x/sync", gorilla}, // a page's WebSocket is answered, and its messages relayed, here
		why:     "proxy is the pages' door, and is handed the one key of a request instead of reaching into the keychain",
	},
	"internal/http1": {
		modules: []string{"golang.org/x/net"}, // what may stand in a header
		why:     "it serves HTTP, and knows neither who may ask nor for what",
	},
	"internal/admission": {
		packages: []string{"internal/origin", "internal/nonblock", "internal/http1", "internal/owner"},
		modules:  []string{sys},
		why:      "who may speak to the listener is decided from the connection and the headers alone, before anything is looked up",
	},
	"internal/consent": {
		packages: []string{"internal/grant", "internal/store", "internal/origin", "internal/provider"},
		why:      "the broker knows nothing of windows, keys or pages: it writes a grant and wakes who waits",
	},
	"internal/issued": {
		packages: []string{"internal/store", "internal/origin"},
		why:      "it remembers whose an id is; what an id is, the catalogue says, and what follows from it, the proxy",
	},
	"internal/ledger": {
		packages: []string{"internal/grant", "internal/store", "internal/origin", "internal/provider"},
		why:      "money is counted from numbers; the ledger sees no key, no request and no answer",
	},
	"internal/brake": {
		packages: []string{"internal/store", "internal/origin"},
		why:      "it counts what sites do and sees neither bodies nor limits; what pausing means is decided at the doors",
	},
	"internal/grant": {
		packages: []string{"internal/store", "internal/origin", "internal/provider", "internal/money"},
		why:      "what the user has allowed depends on nothing that happens later",
	},
	"internal/appkey": {
		packages: []string{"internal/store", "internal/origin"},
		why:      "it knows apps by the sums of their keys, and nothing of what they may do",
	},
	"internal/keychain": {
		packages: []string{"internal/secret", "internal/provider", "internal/store"}, // store: no keychain can be listed, so the index of labels lies in the database
		modules:  []string{"github.com/zalando/go-keyring", "filippo.io/age", dbus, sys},
		why:      "it stores credentials and gives them out by name; who may have one is decided above",
	},
	"internal/provider": {
		packages: []string{"internal/secret"},
		why:      "the catalogue is a table about other people's servers; it knows no page and no user",
	},
	"internal/store": {
		packages: []string{"internal/command", "internal/owner"},
		modules:  []string{"modernc.org/sqlite", sys},
		why:      "the database is a floor to stand on; it knows nothing of what is kept in it",
	},
	"internal/secret": {
		modules: []string{sys},
		why:     "the Secret is held to be safe by reading one small package",
	},
	"internal/origin": {
		modules: []string{"golang.org/x/net"},
		why:     "an origin is a value; everything stands on it",
	},
	"internal/owner": {
		packages: []string{"internal/command"},
		modules:  []string{sys},
		why:      "one platform matter: whose something is on Windows, asked at both doors and of the profile folder, which share nothing else",
	},
	"internal/money": {
		why: "amounts in words are a value, for both sides of the control socket; it knows nobody",
	},
	"internal/system": {
		why: "words that differ by system, for all who say some; it knows nobody",
	},
	"internal/bus": {
		modules: []string{dbus},
		why:     "one platform matter: how a bus is found and reached, for all that speak over one",
	},
	"internal/tray": {
		packages: []string{"internal/bus"},
		modules:  []string{"fyne.io/systray", dbus, sys},
		why:      "one platform matter: app gives it what to show and hears what was chosen",
	},
	"internal/notify": {
		packages: []string{"internal/bus"},
		modules:  []string{dbus, sys},
		why:      "one platform matter: app gives it what to say and hears what was chosen",
	},
	"internal/session": {
		packages: []string{"internal/bus"},
		modules:  []string{dbus, sys, "github.com/ebitengine/purego"}, // purego: what macOS says is said to functions in C
		why:      "one platform matter: app hears from it that the screen was locked or the machine slept",
	},
	"internal/clipboard": {
		modules: []string{"github.com/jezek/xgb"}, // X hands out what was copied by messages, and the agent has no toolkit that would
		why:     "one platform matter",
	},
	"internal/autostart": {
		modules: []string{sys},
		why:     "one platform matter",
	},
	"internal/demo": {
		why: "the demo provider plays a stranger's server: it shares no code with what is shown with it",
	},
	"internal/attack": {
		modules: []string{sys},
		why:     "it attacks from outside: it knows an address and nothing of what is behind it",
	},
	"internal/e2e": {
		why: "it holds stories, which are tests",
	},
}

// forTests is the folder of test code. Tests build the real neighbours of what they test, so these and it may import
// every package of the module.
const forTests = "internal/oaktest"

// doors are kept apart also in tests.
var doors = map[string]string{"internal/proxy": "internal/control", "internal/control": "internal/proxy"}

// onlyTests holds what may be imported by tests only.
var onlyTests = map[string]string{
	"testing":                         "it adds its flags to the program",
	"net/http/httptest":               "it adds its flags to the program",
	module + "/" + forTests:           "it is made for tests",
	"go.uber.org/goleak":              "it is made for tests",
	"pgregory.net/rapid":              "it is made for tests",
	"github.com/rogpeppe/go-internal": "it is made for tests",
}

// never holds what no program of ours imports.
var never = map[string]string{
	"C":                 "the agent is static, and every file must be checkable for the other systems without their headers",
	"expvar":            "it registers a page on the global mux, and there is no debug surface",
	"log":               "the redacting slog handler is the only logger (slog.NewLogLogger where a *log.Logger is asked for)",
	"net/http/httputil": "ReverseProxy strips the credential on \"Connection: Authorization\", relays redirects, 1xx and trailers, and adds X-Forwarded-For",
	"net/http/pprof":    "it registers pages on the global mux, and a heap profile holds keys",
	"plugin":            "code that is not in the program is not run",
}

// refusal says why file of the package pkg (relative to the module's root, slashes) may not import what, or "".
func refusal(pkg, file, what string) string {
	r, known := table[pkg]
	isTest := within(pkg, forTests) || strings.HasSuffix(file, "_test.go")
	if !known && !isTest {
		return "no row in the table says what this package may import: add one, with its reason"
	}
	ours, isOurs := strings.CutPrefix(what, module+"/")

	if isOurs && doors[pkg] == ours {
		return "pages and the user have different doors into the same rooms"
	}
	if isTest {
		if within(what, "github.com/wailsapp/wails/v2") && pkg != "app" {
			return "only app imports Wails: everything else is tested without a web view"
		}
		return ""
	}
	for name, why := range onlyTests {
		if within(what, name) {
			return "only tests may: " + why
		}
	}
	if why, found := never[what]; found {
		return why
	}
	switch {
	case isOurs:
		if ours == pkg || slices.Contains(r.packages, ours) {
			return ""
		}
	case !strings.Contains(strings.SplitN(what, "/", 2)[0], "."): // the standard library
		return ""
	default:
		if slices.ContainsFunc(r.modules, func(m string) bool { return within(what, m) }) {
			return ""
		}
	}
	return r.why + allowed(r)
}

// within says whether the package named what is the module or package root, or lies in it.
func within(what, root string) bool {
	return what == root || strings.HasPrefix(what, root+"/")
}

func allowed(r row) string {
	all := slices.Concat(r.packages, r.modules)
	if len(all) == 0 {
		return "; it may import the standard library only"
	}
	return "; it may import " + strings.Join(all, ", ")
}

// root is the module's, from here.
var root = filepath.Join("..", "..")

// eachFile gives every Go file of the module to do, by its name from the root, with slashes.
func eachFile(t *testing.T, do func(name string) error) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			if errors.Is(err, fs.ErrNotExist) { // built files may come and go meanwhile
				return nil
			}
			return err
		case d.IsDir() && name != "." && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name()[0] == '.'):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		return do(name)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestImports(t *testing.T) {
	seen := map[string]int{}
	eachFile(t, func(name string) error {
		pkg := path.Dir(name)
		seen[pkg]++
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, filepath.FromSlash(name)), nil, parser.ImportsOnly)
		if err != nil {
			return fmt.Errorf("read the imports of %s: %w", name, err)
		}
		for _, spec := range file.Imports {
			what, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return fmt.Errorf("read the imports of %s: %w", name, err)
			}
			if why := refusal(pkg, name, what); why != "" {
				t.Errorf("%s must not import %s: %s", name, what, why)
			}
		}
		return nil
	})
	for _, pkg := range []string{".", "app", "internal/control", "internal/origin", "internal/secret"} {
		if seen[pkg] == 0 {
			t.Errorf("found no file of %s among %v: the walk does not reach what it should check", pkg, slices.Sorted(maps.Keys(seen)))
		}
	}
}

// The table is only worth something if it says no.
func TestImportsAreRefused(t *testing.T) {
	ours := func(pkg string) string { return module + "/" + pkg }
	for _, c := range []struct {
		pkg, file, what string
		want            string // part of the reason; "" when allowed
	}{
		{".", "main.go", ours("app"), ""},
		{".", "main.go", ours("internal/cli"), "calls app.Main and nothing else"},
		{"internal/proxy", "forward.go", ours("internal/grant"), ""},
		{"internal/proxy", "forward.go", ours("internal/control"), "different doors"},
		{"internal/proxy", "forward.go", ours("internal/keychain"), "handed the one key"},
		{"internal/proxy", "forward.go", "net/http/httputil", "ReverseProxy"},
		{"internal/proxy", "forward_test.go", ours("internal/store"), ""},
		{"internal/proxy", "forward_test.go", ours("internal/control"), "different doors"},
		{"internal/proxy", "forward_test.go", "net/http/httputil", ""},
		{"internal/control", "door.go", ours("internal/proxy"), "different doors"},
		{"internal/control", "door.go", gorilla, ""},
		{"internal/cli", "keys.go", ours("internal/keychain"), "a client of the control socket"},
		{"internal/cli", "keys.go", "github.com/spf13/cobra/doc", ""},
		{"internal/grant", "book.go", "modernc.org/sqlite", "depends on nothing"},
		{"internal/store", "store.go", "modernc.org/sqlite", ""},
		{"internal/store", "store.go", "modernc.org/sqlite-vendored", "a floor to stand on"},
		{"internal/agent", "agent.go", ours("internal/tray"), "without a screen"},
		{"internal/agent", "agent.go", "github.com/wailsapp/wails/v2/pkg/runtime", "without a screen"},
		{"internal/agent", "agent_test.go", "github.com/wailsapp/wails/v2", "only app imports Wails"},
		{"app", "window_wails.go", "github.com/wailsapp/wails/v2/pkg/runtime", ""},
		{"app", "window.go", ours("internal/keychain"), "the agent's matter"},
		{"app", "window.go", ours("internal/oaktest"), "made for tests"},
		{"app", "window.go", "go.uber.org/goleak", "made for tests"},
		{"app", "window.go", "testing/synctest", "flags"},
		{"app", "window_test.go", "go.uber.org/goleak", ""},
		{"internal/oaktest", "page.go", "testing", ""},
		{"internal/oaktest", "agent.go", ours("internal/agent"), ""},
		{"internal/oaktest/bus", "bus_linux.go", dbus, ""},
		{"internal/oaktesting", "page.go", "testing", "no row"},
		{"internal/keychain", "os.go", ours("internal/oaktest/bus"), "made for tests"},
		{"internal/demo", "run.go", ours("internal/provider"), "shares no code"},
		{"internal/demo", "run.go", "golang.org/x/net/http2", "the standard library only"},
		{"internal/secret", "memory_linux.go", "C", "static"},
		{"internal/store", "store.go", "log", "the only logger"},
		{"internal/store", "store.go", "log/slog", ""},
		{"internal/thing", "thing.go", "fmt", "no row"},
	} {
		got := refusal(c.pkg, path.Join(c.pkg, c.file), c.what)
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s in %s imports %s: got %q, want %q", c.file, c.pkg, c.what, got, c.want)
		}
	}
}
