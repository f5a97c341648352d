package app

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/oaklock/oaklock/internal/control"
)

// The names of the events that the page listens for. Of the agent they carry nothing: the page pulls.
const (
	lookEvent  = "look"
	showEvent  = "show"  // the user has asked for the window
	savedEvent = "saved" // while the log is saved: the lines that are written, and how many of 100 parts that is
)

// retryAgent is how long the window waits before it looks again for an agent that was not there when it started.
const retryAgent = 500 * time.Millisecond

// windowPolicy is the content security policy of the window's page. Nothing but the program's own files runs or shows, so that
// a site's name or a provider's words can never become code, and nothing can be sent anywhere.
const windowPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// withWindowPolicy adds the policy to every answer of next, error pages included.
func withWindowPolicy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", windowPolicy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// disarmInspector removes the variables by which WebKit would open its inspector on a port: whoever connects there has the
// window in his hands, and with it the Allow button. It must run before the web engine reads its environment.
func disarmInspector() {
	for _, name := range []string{"WEBKIT_INSPECTOR_HTTP_SERVER", "WEBKIT_INSPECTOR_SERVER"} {
		_ = os.Unsetenv(name) // fails only for names that are not valid
	}
}

// screen is the window as the watcher of events needs it.
type screen struct {
	look  func() // tells the page to pull
	raise func() // brings the window forward
	rise  func() // lets it be seen without the focus
	quit  func() // closes the window
}

// windowHome is the profile folder, as every command finds it without --home: the window takes no arguments.
func windowHome() (string, error) {
	if home := os.Getenv("OAKLOCK_HOME"); home != "" {
		return home, nil
	}
	home, err := control.MainFolder()
	if err != nil {
		return "", fmt.Errorf("find the profile folder: %w", err)
	}
	return home, nil
}

// eventSource connects to the agent. The channel closes when the agent ends or ctx does; control.Client.Events is one.
type eventSource func(ctx context.Context) (<-chan control.Event, error)

// follow keeps the window in step with the agent until ctx ends. A window that has lost its agent goes away, because what it
// shows is no longer true; one that never had an agent says so, and waits for it.
func follow(ctx context.Context, connect eventSource, s screen) {
	for {
		events, err := connect(ctx)
		if err == nil {
			for e := range events {
				switch e {
				case control.ComeForward:
					s.raise()
				case control.Rise:
					s.rise()
				case control.LookAgain:
				}
				s.look()
			}
			if ctx.Err() == nil {
				s.quit()
			}
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(retryAgent):
		}
	}
}
