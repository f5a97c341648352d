//go:build desktop || dev || bindings

// Only this file knows Wails, and only builds with one of these tags see it: the agent is pure Go.

package app

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options/linux"
	"github.com/wailsapp/wails/v2/pkg/runtime"

	"github.com/oaklock/oaklock/frontend"
	"github.com/oaklock/oaklock/internal/control"
)

// isWindow says that this program is the window. It is decided when the program is built.
const isWindow = true

// runWindow shows the window until the user closes it or the agent ends, and returns the exit status. It ignores args: whoever
// starts the window must not steer it. The profile folder comes from OAKLOCK_HOME.
//
// The bindings generator runs this too, so nothing outside is touched before wails.Run.
func runWindow(args []string) int {
	disarmInspector()
	home, err := windowHome()
	if err != nil {
		fmt.Fprintln(os.Stderr, "oaklock:", err)
		return 1
	}
	w := newWindow(home)
	err = wails.Run(&options.App{
		Title:            "Oaklock",
		Width:            960,
		Height:           720,
		MinWidth:         480,
		MinHeight:        480,
		BackgroundColour: options.NewRGB(246, 245, 240),
		AssetServer:      &assetserver.Options{Assets: frontend.Files(), Middleware: withWindowPolicy},
		Linux:            &linux.Options{WebviewGpuPolicy: linux.WebviewGpuPolicyNever, ProgramName: "oaklock-window"},
		OnStartup:        w.start,
		OnDomReady:       w.domReady,
		OnShutdown:       w.stop,
		Bind:             []any{w.api},
		ErrorFormatter:   windowError,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "oaklock: the window could not open:", err)
		return 1
	}
	return 0
}

// window holds what lives as long as the window. Nothing of it is bound: only the API is.
type window struct {
	api    *API
	events eventSource

	cancel context.CancelFunc
	ready  chan struct{} // closed when the page has loaded for the first time
	once   sync.Once
	done   chan struct{} // closed when the watcher has ended
}

func newWindow(home string) *window {
	agent := control.Dial(home).From(control.Window)
	w := &window{events: agent.Events, ready: make(chan struct{}), done: make(chan struct{})}
	w.api = newAPI(agent, w.openURL)
	w.api.pick, w.api.save = w.pickFile, w.saveFile
	w.api.saved = func(lines, percent int64) { runtime.EventsEmit(w.api.windowContext(), savedEvent, lines, percent) }
	return w
}

// openURL shows an address in the user's browser.
func (w *window) openURL(url string) { runtime.BrowserOpenURL(w.api.windowContext(), url) }

// pickFile lets the user pick a file with keys. Such files begin with a dot.
func (w *window) pickFile(title string) (string, error) {
	return runtime.OpenFileDialog(w.api.windowContext(), runtime.OpenDialogOptions{Title: title, ShowHiddenFiles: true})
}

// saveFile lets the user say where a file goes. Where there is one already, the dialog asks.
func (w *window) saveFile(title, name string) (string, error) {
	return runtime.SaveFileDialog(w.api.windowContext(), runtime.SaveDialogOptions{Title: title, DefaultFilename: name, CanCreateDirectories: true})
}

// start is called by Wails when there is a window and before there is a page.
func (w *window) start(ctx context.Context) {
	w.api.start(ctx)
	watching, cancel := context.WithCancel(ctx)
	w.cancel = cancel
	go func() {
		defer close(w.done)
		// On Linux Wails loses a Quit that comes before its main loop runs.
		select {
		case <-w.ready:
		case <-watching.Done():
			return
		}
		follow(watching, w.events, screen{
			look:  func() { runtime.EventsEmit(ctx, lookEvent) },
			raise: func() { raise(ctx); runtime.EventsEmit(ctx, showEvent) },
			rise:  func() { rise(ctx) },
			quit:  func() { runtime.Quit(ctx) },
		})
	}()
}

// domReady is called by Wails after every load of the page, a reload included.
func (w *window) domReady(ctx context.Context) {
	w.once.Do(func() {
		close(w.ready)
		runtime.WindowExecJS(ctx, whenWanted)
	})
}

// stop is called by Wails after the window has closed.
func (w *window) stop(context.Context) {
	if w.cancel != nil {
		w.cancel()
		<-w.done
	}
}

// raise brings the window forward because the user wants it. Window managers may refuse: what the window then tells the agent, the
// agent tells the user.
func raise(ctx context.Context) {
	runtime.WindowShow(ctx)
	runtime.WindowUnminimise(ctx) // on Linux this asks for the focus too
	rise(ctx)
	runtime.WindowExecJS(ctx, whenWanted)
}

// whenWanted runs when the user wants the window. A window that has the focus for a moment was in front.
const whenWanted = `(() => {
	let came = document.hasFocus(), told = false
	const say = (what) => window.go.app.API[what]().catch(() => {})
	addEventListener('focus', () => { came = true; if (told) say('CameForward') }, { once: true })
	setTimeout(() => { if (!came) { told = true; say('StayedBehind') } }, 1000)
})()`
