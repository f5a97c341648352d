package agent

import (
	"context"
	"slices"
	"sync"

	"github.com/oaklock/oaklock/internal/control"
)

// watchers are told to look again.
type watchers struct {
	mu   sync.Mutex
	next int             // guarded by mu
	all  map[int]watcher // guarded by mu

	behind int // guarded by mu; how often the open window has stayed behind others since it was in front; 0: it is in front
}

type watcher struct {
	tell   func(control.Event)
	window bool
}

// Watch calls tell for every event until cancel is called.
func (a *Agent) Watch(ctx context.Context, tell func(control.Event)) (cancel func()) {
	w := &a.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = map[int]watcher{}
	}
	w.next++
	id, window := w.next, control.Door(ctx) == control.Window
	w.all[id] = watcher{tell, window}
	return func() {
		w.mu.Lock()
		delete(w.all, id)
		w.mu.Unlock()
		if window && a.inFront() {
			a.changed()
		}
	}
}

func (a *Agent) changed() {
	a.worked()
	a.watchers.tell(control.LookAgain, false)
}

func (a *Agent) worked() {
	if a.o.Worked != nil {
		a.o.Worked()
	}
}

// tell tells all watchers, or only windows, and says how many.
func (w *watchers) tell(e control.Event, windowsOnly bool) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.all {
		if x.window || !windowsOnly {
			x.tell(e)
			n++
		}
	}
	return n
}

// Show brings an open window forward, or starts one.
func (a *Agent) Show(context.Context) (control.Shown, error) {
	if a.watchers.tell(control.ComeForward, true) > 0 {
		return control.Shown{How: "forward"}, nil
	}
	if a.o.OpenWindow == nil {
		return control.Shown{How: "headless", Message: "Oaklock runs without a window here. Use the command line: oaklock pending, oaklock allow, oaklock status."}, nil
	}
	if err := a.o.OpenWindow(); err != nil {
		a.log.Warn("the window did not start", "error", err)
		return control.Shown{How: "headless", Message: "The window could not be started: " + err.Error() + " The command line works: oaklock pending, oaklock allow, oaklock status."}, nil
	}
	return control.Shown{How: "started"}, nil
}

// Rise lets an open window be seen, without the focus. Where none is open nothing happens.
func (a *Agent) Rise() { a.watchers.tell(control.Rise, true) }

// StayedBehind notes it, for whoever tells the user in another way that the window is open.
func (a *Agent) StayedBehind(context.Context) error {
	a.watchers.mu.Lock()
	a.watchers.behind++
	a.watchers.mu.Unlock()
	a.changed()
	return nil
}

// CameForward takes StayedBehind back.
func (a *Agent) CameForward(context.Context) error {
	if a.inFront() {
		a.changed()
	}
	return nil
}

// inFront notes that no window is behind others any more, and says whether one was.
func (a *Agent) inFront() (changed bool) {
	w := &a.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	changed = w.behind > 0
	w.behind = 0
	return changed
}

// WindowBehind is how often the desktop did not let the open window come forward when the user wanted it, since it was last in front;
// 0 where it is in front or closed.
func (a *Agent) WindowBehind() int {
	w := &a.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.all {
		if x.window {
			return w.behind
		}
	}
	return 0 // what it said before it closed came late
}

// Quit asks whoever runs the agent to close it.
func (a *Agent) Quit(context.Context) error {
	a.once.Do(func() { close(a.quit) })
	return nil
}

// problems are what the user should know, in the order they came up; one for each code.
type problems struct {
	mu  sync.Mutex
	all []control.Problem // guarded by mu
}

func (p *problems) add(q control.Problem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.all {
		if p.all[i].Code == q.Code {
			p.all[i] = q
			return
		}
	}
	p.all = append(p.all, q)
}

func (p *problems) remove(code string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = slices.DeleteFunc(p.all, func(q control.Problem) bool { return q.Code == code })
}

func (p *problems) list() []control.Problem {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]control.Problem{}, p.all...)
}

// RemoveProblem takes back what AddProblem has shown.
func (a *Agent) RemoveProblem(code string) {
	a.problems.remove(code)
	a.changed()
}

// AddProblem shows something that the program around the agent found out, such as a missing tray.
func (a *Agent) AddProblem(p control.Problem) {
	a.problems.add(p)
	a.changed()
}
