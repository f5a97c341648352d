package app

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/notify"
)

// note is a notification of something that waits for the user.
type note struct {
	id          string // that of a question can be answered with Deny
	title, body string
	buttons     []notify.Button
	once        bool // a limit is come to and left again with each request: it is told the first time
}

func (w *desktopWords) questionNotes(questions []control.Question) (notes []note) {
	for _, q := range questions {
		asks := w.asks
		if len(q.Providers) > 1 {
			asks = w.asksForSeveral
		}
		notes = append(notes, note{id: q.ID, title: fmt.Sprintf(asks, q.Origin, w.providerNames(q)),
			body: w.throughWhat(q) + w.openToDecide, buttons: w.offer(notify.Open, notify.Deny)})
	}
	return notes
}

func (w *desktopWords) offer(actions ...notify.Action) (all []notify.Button) {
	for _, a := range actions {
		all = append(all, notify.Button{Action: a, Label: w.buttons[a]})
	}
	return all
}

// windowNotes tell that the window is open where the desktop did not let it come forward, anew each time that the user wanted it.
func (w *desktopWords) windowNotes(behind int) []note {
	if behind == 0 {
		return nil
	}
	return []note{{id: fmt.Sprint("window ", behind), title: w.windowOpen, body: w.windowBehind}}
}

// stoppedNotes tell of sites that cannot go on by themselves. A rate is over before anybody could read about it.
func (w *desktopWords) stoppedNotes(paused []control.PausedSite, over []control.OverLimit) (notes []note) {
	open := w.offer(notify.Open)
	for _, p := range paused {
		notes = append(notes, note{id: fmt.Sprint("paused ", p.Origin, " ", p.At), title: fmt.Sprintf(w.isPaused, p.Origin),
			body: w.why(p) + " " + w.goOn, buttons: open})
	}
	for _, o := range over {
		n := note{id: fmt.Sprint("limit ", o.Origin, " ", o.Provider, " ", o.Credential, " ", o.Scope, " ", o.Limit, " ", o.Ceiling, " ", o.Resets),
			title: fmt.Sprintf(w.isLimited, o.Origin), body: w.limit(o) + " " + w.raise, buttons: open, once: true}
		switch o.Code {
		case "rate_limited":
			continue
		case "price_unknown":
			n.id, n.title = fmt.Sprint("price ", o.Origin, " ", o.Provider, " ", o.Model), fmt.Sprintf(w.isUnpriced, o.Origin)
			n.body = w.limit(o) + " " + w.setOne
		}
		notes = append(notes, n)
	}
	return notes
}

// quitAgain is how long a second Quit counts as said in the knowledge of what it undoes.
const quitAgain = time.Minute

// quitWarning is when the user was last told that a quit undoes something; zero: never.
type quitWarning struct{ at time.Time }

// lets says whether a click on Quit quits, or gives what is to be told first.
func (w *quitWarning) lets(words *desktopWords, problems []control.Problem, now time.Time) (n note, ok bool) {
	i := slices.IndexFunc(problems, func(p control.Problem) bool { return p.Code == control.Unsaved })
	if i < 0 || !w.at.IsZero() && now.Sub(w.at) < quitAgain {
		return note{}, true
	}
	w.at = now
	return note{id: "quit", title: words.notQuit, buttons: words.offer(notify.Open),
		body: words.problem(problems[i]) + " " + words.quitAnyway}, false
}

// throughWhat says in a notification which program asks, where that is known.
func (w *desktopWords) throughWhat(q control.Question) string {
	if q.Browser == "" {
		return ""
	}
	for _, warning := range q.Warnings {
		if warning.Code == "not_browser" {
			return fmt.Sprintf(w.notBrowser, q.Browser)
		}
	}
	return fmt.Sprintf(w.through, q.Browser)
}

func (w *desktopWords) providerNames(q control.Question) string {
	var names []string
	for _, p := range q.Providers {
		names = append(names, p.Name)
	}
	if len(names) > 1 {
		return strings.Join(names[:len(names)-1], ", ") + " " + w.and + " " + names[len(names)-1]
	}
	return strings.Join(names, "")
}
