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
	actions     []notify.Action
	once        bool // a limit is come to and left again with each request: it is told the first time
}

func questionNotes(questions []control.Question) (notes []note) {
	for _, q := range questions {
		notes = append(notes, note{id: q.ID, title: q.Origin + " asks to use your " + providerNames(q) + " key",
			body: through(q) + "Open Oaklock to allow or deny it. The page waits.", actions: []notify.Action{notify.Open, notify.Deny}})
	}
	return notes
}

// stoppedNotes tell of sites that cannot go on by themselves. A rate is over before anybody could read about it.
func stoppedNotes(paused []control.PausedSite, over []control.OverLimit) (notes []note) {
	open := []notify.Action{notify.Open}
	for _, p := range paused {
		notes = append(notes, note{id: fmt.Sprint("paused ", p.Origin, " ", p.At), title: p.Origin + " is paused",
			body: p.Message + " Nothing that you allowed is lost. Open Oaklock to let it go on, or to block it.", actions: open})
	}
	for _, o := range over {
		n := note{id: fmt.Sprint("limit ", o.Origin, " ", o.Provider, " ", o.Credential, " ", o.Scope, " ", o.Limit, " ", o.Ceiling, " ", o.Resets),
			title: o.Origin + " has come to a limit", body: o.Message + " Open Oaklock to raise it.", actions: open, once: true}
		switch o.Code {
		case "rate_limited":
			continue
		case "price_unknown":
			n.id, n.title = fmt.Sprint("price ", o.Origin, " ", o.Provider, " ", o.Model), o.Origin+" asks for a model without a price"
			n.body = o.Message + " Open Oaklock to set one."
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
func (w *quitWarning) lets(problems []control.Problem, now time.Time) (n note, ok bool) {
	i := slices.IndexFunc(problems, func(p control.Problem) bool { return p.Code == control.Unsaved })
	if i < 0 || !w.at.IsZero() && now.Sub(w.at) < quitAgain {
		return note{}, true
	}
	w.at = now
	return note{id: "quit", title: "Oaklock has not quit", actions: []notify.Action{notify.Open},
		body: problems[i].Message + " " + problems[i].Fix + " To quit all the same, choose Quit Oaklock again."}, false
}

// through says in a notification which program asks, where that is known.
func through(q control.Question) string {
	if q.Browser == "" {
		return ""
	}
	for _, w := range q.Warnings {
		if w.Code == "not_browser" {
			return "It comes from the program " + q.Browser + ", which is no browser that Oaklock knows. "
		}
	}
	return "Through " + q.Browser + ". "
}

func providerNames(q control.Question) string {
	var names []string
	for _, p := range q.Providers {
		names = append(names, p.Name)
	}
	if len(names) > 1 {
		return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
	}
	return strings.Join(names, "")
}
