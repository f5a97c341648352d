// Package tray shows Oaklock in the desktop's tray: an icon that says how it is, and a menu.
//
// [Run] shows it and blocks until its context ends; [Tray.Set] says what to show and may be called from anywhere, as often
// as one likes. [Available] says whether this desktop has a tray at all: where it has none (plain GNOME, a server) the
// user needs another way to Oaklock, so closing the window must never be the only way out. Run is worth calling even
// then, because a tray that starts later still gets the icon.
//
// The menu allows nothing and shows no key, on purpose. Every program of the user can read the menu over D-Bus and click
// its entries, so whatever the menu could do, any program could: it pauses, locks, resumes what the user has already
// allowed, and opens the window. Questions are answered in the window, and so is Unlock.
//
// On Linux this is a StatusNotifierItem with a com.canonical.dbusmenu, written here over a connection of its own.
// fyne.io/systray, which the other systems use, shares godbus' one connection of the process with go-keyring: the first
// prompt of a keyring ends its watch for new trays, after which a restarted panel never shows the icon again, and
// ending the tray cuts off a keychain call that is under way.
package tray

import (
	"context"
	"errors"
	"slices"
	"sync"
)

var (
	// ErrNoBus means that there is no D-Bus session to show anything on. None is started for it.
	ErrNoBus = errors.New("there is no D-Bus session")
	// ErrNoHost means that nothing on this desktop shows tray icons, at least for now.
	ErrNoHost = errors.New("this desktop has no tray")
)

// The states of [Menu.State].
const (
	On     = "on"
	Paused = "paused"
	Locked = "locked"
)

// Menu is all that the tray shows.
type Menu struct {
	// Status is one sentence, shown at the top and as the icon's tooltip.
	Status string
	// Notes are more sentences on how things are now, each a line below the status and in the tooltip; two at most are shown.
	Notes []string
	// Questions are the origins that wait for an answer, oldest first. Each gets an entry that opens the window; those
	// after the fifth are counted. They are text from outside: the tray cleans and shortens them.
	Questions []string
	// State is On, Paused or Locked. Anything else counts as On.
	State string
	// NeedsYou puts the dot on the icon, whatever the state.
	NeedsYou bool
	// Endpoint is what Copy would copy, such as http://127.0.0.1:6255. Empty: there is nothing to copy.
	Endpoint string
	// Words are those of the menu itself. Where there are none they are English.
	Words Words
}

// Words are what the menu says by itself, in one language.
type Words struct {
	On, Paused, Locked                      string // the sentence where Menu.Status is empty
	Waits                                   string // with %s for the origin
	More                                    string // with %d for how many
	Copy                                    string // with %s for the endpoint
	Pause, Resume, Lock, Unlock, Open, Quit string
}

// English are the words of a menu that was given none.
var English = Words{
	On: "Oaklock is on.", Paused: "Oaklock is paused.", Locked: "Oaklock is locked.",
	Waits: "Answer %s…", More: "%d more are waiting for your answer…", Copy: "Copy endpoint (%s)",
	Pause: "Pause all", Resume: "Resume", Lock: "Lock", Unlock: "Unlock…", Open: "Open Oaklock", Quit: "Quit Oaklock",
}

func (m Menu) words() Words {
	if m.Words == (Words{}) {
		return English
	}
	return m.Words
}

// Actions are what the menu does. One is called at a time, on a goroutine of the tray, and Run waits for the one that is
// running: so none may wait for Run to return. An action that is nil has no entry.
type Actions struct {
	Open   func() // the window: a click on the icon, "Open Oaklock", a question, "Unlock…"
	Pause  func()
	Resume func()
	Lock   func()
	Copy   func() // copies the endpoint
	Quit   func()

	// Host is told whether there is a tray that shows the icon: once when Run has looked, and then whenever it comes or goes.
	// It is no entry, and is called on the goroutine that shows: it returns soon.
	Host func(shown bool)
}

// Tray is the icon while Run shows it.
type Tray struct {
	actions Actions
	changed chan struct{} // holds one: the menu is to be looked at again
	clicks  chan func()

	mu   sync.Mutex
	menu Menu // guarded by mu
}

// maxClicks that wait for the action before them. More are dropped: nobody clicks so fast but a program.
const maxClicks = 8

// Run shows the icon until ctx ends, and then returns nil. It must be called on the main goroutine, as macOS and Windows
// demand, and at most once at a time; on those two at most once in the process.
//
// It calls ready once, on a goroutine of its own, when the icon can be shown; it does not mean that a tray has taken it.
// Run returns an error that wraps ErrNoBus when there is no session bus or when it goes away, and errors.ErrUnsupported
// on systems without a tray.
func Run(ctx context.Context, a Actions, ready func(*Tray)) error {
	ctx, cancel := context.WithCancel(ctx)
	t := &Tray{actions: a, changed: make(chan struct{}, 1), clicks: make(chan func(), maxClicks)}
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	work.Go(func() { t.act(ctx) })
	return t.show(ctx, func() {
		if ready != nil {
			work.Go(func() { ready(t) })
		}
	})
}

// Set says what to show from now on. It never blocks; what is shown already is not touched, and of several changes in a
// row only the last may be seen.
func (t *Tray) Set(m Menu) {
	m.Questions, m.Notes = slices.Clone(m.Questions), slices.Clone(m.Notes)
	t.mu.Lock()
	t.menu = m
	t.mu.Unlock()
	select {
	case t.changed <- struct{}{}:
	default: // whoever looks at the one in the channel sees this menu
	}
}

func (t *Tray) host(shown bool) {
	if t.actions.Host != nil {
		t.actions.Host(shown)
	}
}

func (t *Tray) current() Menu {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.menu
}

// click does what the entry stands for.
func (t *Tray) click(id entryID) {
	do := t.actions.of(id)
	if do == nil {
		return
	}
	select {
	case t.clicks <- do:
	default:
	}
}

func (t *Tray) act(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case do := <-t.clicks:
			do()
		}
	}
}
