package tray

import (
	"fmt"
	"slices"
	"strings"
)

// entryID is the same for the same entry as long as the tray is shown.
type entryID int32

const (
	status entryID = iota + 1
	pause
	resume
	lock
	unlock
	copyEndpoint
	open
	quit
	firstLine
	secondLine
	moreQuestions
	firstNote                            // and maxNotes-1 after it
	firstQuestion = firstNote + maxNotes // and maxQuestions-1 after it
)

// maxNotes that are shown.
const maxNotes = 2

// maxQuestions that have an entry each. Admission lets three origins wait.
const maxQuestions = 5

// entry is one line of the menu. Its label is plain text; the systems' own escapes come later.
type entry struct {
	id    entryID
	label string // empty: a line between groups
	plain bool   // text that cannot be clicked
}

// entries are the menu's lines from top to bottom.
func entries(m Menu, a Actions) []entry {
	w := m.words()
	all := []entry{{id: status, label: sentence(m), plain: true}}
	for i, note := range m.Notes[:min(len(m.Notes), maxNotes)] {
		all = append(all, entry{id: firstNote + entryID(i), label: head(note, maxStatus), plain: true})
	}
	for i, origin := range m.Questions {
		if i == maxQuestions {
			all = append(all, entry{id: moreQuestions, label: fmt.Sprintf(w.More, len(m.Questions)-i)})
			break
		}
		all = append(all, entry{id: firstQuestion + entryID(i), label: fmt.Sprintf(w.Waits, tail(origin, maxOrigin))})
	}
	all = append(all, entry{id: firstLine})
	switch m.State {
	case Locked:
		all = append(all, entry{id: unlock, label: w.Unlock})
	case Paused:
		all = append(all, entry{id: resume, label: w.Resume}, entry{id: lock, label: w.Lock})
	default:
		all = append(all, entry{id: pause, label: w.Pause}, entry{id: lock, label: w.Lock})
	}
	if m.Endpoint != "" {
		all = append(all, entry{id: copyEndpoint, label: fmt.Sprintf(w.Copy, head(m.Endpoint, maxOrigin))})
	}
	all = append(all, entry{id: secondLine}, entry{id: open, label: w.Open}, entry{id: quit, label: w.Quit})
	return slices.DeleteFunc(all, func(e entry) bool { return e.label != "" && !e.plain && a.of(e.id) == nil })
}

// of is what an entry does; nil for text, lines and entries that there are not. Nothing in this list may allow a site or
// show a key: see the package comment.
func (a Actions) of(id entryID) func() {
	switch id {
	case pause:
		return a.Pause
	case resume:
		return a.Resume
	case lock:
		return a.Lock
	case copyEndpoint:
		return a.Copy
	case quit:
		return a.Quit
	case open, unlock, moreQuestions:
		return a.Open
	}
	if id >= firstQuestion && id < firstQuestion+maxQuestions {
		return a.Open
	}
	return nil
}

// sentence is the status, or a plain one where none was given.
func sentence(m Menu) string {
	if s := head(m.Status, maxStatus); s != "" {
		return s
	}
	switch m.State {
	case Locked:
		return m.words().Locked
	case Paused:
		return m.words().Paused
	}
	return m.words().On
}

// tip is what the icon says to the pointer: the status and the notes.
func tip(m Menu) string {
	text := sentence(m)
	for _, note := range m.Notes[:min(len(m.Notes), maxNotes)] {
		text = strings.TrimSuffix(text, ".") + ". " + head(note, maxStatus)
	}
	return text
}

// picture is the name of the icon: of the files in icons/.
func picture(m Menu) string {
	switch {
	case m.NeedsYou:
		return "needs-you"
	case m.State == Locked:
		return "locked"
	case m.State == Paused:
		return "paused"
	}
	return "on"
}
