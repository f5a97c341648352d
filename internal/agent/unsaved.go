package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/proxy"
)

// pauseMark is the kind of the mark of a pause that could not be saved.
const pauseMark = "pause"

// Between attempts to save what could not be saved: at first, and at most.
const (
	againSoon   = time.Second
	againSeldom = 16 * time.Second
)

// pauseSaving is how far a pause outlasts a restart.
type pauseSaving struct {
	turn sync.Mutex // held by who pauses, resumes or tries again, across the writes

	mu      sync.Mutex
	saved   bool // guarded by mu: the database has it
	marked  bool // guarded by mu: a mark has it
	unsaved bool // guarded by mu: it is not in the database and should be

	again again
}

func (p *pauseSaving) left() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.unsaved
}

// openPause takes up the pause of an earlier run.
func (a *Agent) openPause() {
	p := &a.pauseSaving
	p.saved = a.settings.paused
	p.marked = len(a.db.Marks().Left(pauseMark)) > 0
	p.unsaved = p.marked && !p.saved
	if p.saved || p.marked {
		a.pausing.Store(true)
		a.state.Store(uint32(proxy.Paused))
	}
	if p.marked {
		a.tryPauseAgain()
	}
}

// savePause makes a pause last over a restart. False: it does not.
func (a *Agent) savePause(ctx context.Context) bool {
	p := &a.pauseSaving
	p.turn.Lock()
	defer p.turn.Unlock()
	if !a.pausing.Load() {
		return true // it has been resumed meanwhile
	}
	err := a.db.SetSetting(ctx, pausedSetting, "yes")
	p.mu.Lock()
	saved, marked := p.saved || err == nil, p.marked
	p.mu.Unlock()
	switch {
	case saved && marked:
		a.db.Marks().Drop(pauseMark, "")
		marked = false
	case !saved:
		marked = marked || a.db.Marks().Put(pauseMark, "", nil) == nil
		a.log.Error("a pause was not saved", "marked", marked, "error", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.saved, p.marked, p.unsaved = saved, marked, !saved
	return saved || marked
}

func (a *Agent) tryPauseAgain() {
	a.tryAgain(&a.pauseSaving.again, a.pauseSaving.left, func(ctx context.Context) { a.savePause(ctx) })
}

// again is somebody who tries again to save what could not be saved.
type again struct {
	mu     sync.Mutex
	trying bool // guarded by mu
}

// tryAgain saves until nothing is left to be saved, and begins with that if somebody does not already. It sleeps twice as long after
// each attempt.
func (a *Agent) tryAgain(t *again, left func() bool, save func(context.Context)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.trying || !left() {
		return
	}
	t.trying = true
	a.work.Go(func() {
		ctx, cancel := a.whileOpen()
		defer cancel()
		for wait := againSoon; ; wait = min(2*wait, againSeldom) {
			select {
			case <-time.After(wait):
			case <-a.closing:
				return
			}
			save(ctx)
			t.mu.Lock()
			t.trying = left() // under mu: who had something left meanwhile finds that somebody tries, or that nobody does
			over := !t.trying
			t.mu.Unlock()
			if over {
				a.changed()
				return
			}
		}
	})
}

// tryAppsAgain takes removed apps out of the database where that could not be done at once.
func (a *Agent) tryAppsAgain() {
	left := func() bool {
		marked, lost := a.apps.Unsaved()
		return len(marked)+len(lost) > 0
	}
	a.tryAgain(&a.appsAgain, left, func(ctx context.Context) {
		if err := a.apps.SaveLate(ctx); err != nil {
			a.log.Warn("a removed app is still in the database", "error", err)
		}
	})
}

// endPause makes the next start go on.
func (a *Agent) endPause(ctx context.Context) error {
	p := &a.pauseSaving
	p.turn.Lock()
	defer p.turn.Unlock()
	p.mu.Lock()
	inDatabase, marked := !p.unsaved, p.marked
	p.mu.Unlock()
	if inDatabase { // else there is nothing to take out, for which a full disk would have no room
		if err := a.db.SetSetting(ctx, pausedSetting, ""); err != nil {
			return err
		}
	}
	if marked {
		a.db.Marks().Drop(pauseMark, "")
	}
	a.pausing.Store(false)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.saved, p.marked, p.unsaved = false, false, false
	return nil
}

// unsaved are the problems that decisions are in force and not saved: what was given, what a mark keeps, and what the end of
// Oaklock undoes.
func (a *Agent) unsaved() (out []control.Problem) {
	kept, lost := a.grants.Unsaved()
	keptApps, lostApps := a.apps.Unsaved()
	p := &a.pauseSaving
	p.mu.Lock()
	paused, marked := p.unsaved, p.marked
	p.mu.Unlock()
	var keptNames, lostNames []string
	for _, o := range kept {
		keptNames = append(keptNames, o.String())
	}
	for _, o := range lost {
		lostNames = append(lostNames, o.String())
	}
	// What was removed with its permissions is one decision.
	for _, name := range lostApps {
		lostNames = addName(lostNames, "app:"+name)
	}
	for _, name := range keptApps {
		keptNames = addName(keptNames, "app:"+name)
	}
	var given []string
	for _, o := range a.grants.NotSaved() {
		given = append(given, o.String())
	}
	if len(given) > 0 {
		out = append(out, control.Problem{Code: control.NotSaved,
			Message: fmt.Sprintf("Allowed until Oaklock quits, since it could not be saved: %s.", someOf(given)),
			Fix:     "Make room on the disk, or make the folder of Oaklock writable, then allow it again."})
	}
	// What is noted of those is what they had before, which does not hold again after a restart; nor does what was given.
	keptNames = slices.DeleteFunc(keptNames, func(name string) bool { return slices.Contains(lostNames, name) || slices.Contains(given, name) })
	switch {
	case paused && marked:
		keptNames = append(keptNames, "the pause")
	case paused:
		lostNames = append(lostNames, "the pause")
	}
	if len(lostNames) > 0 {
		out = append(out, control.Problem{Code: control.Unsaved,
			Message: fmt.Sprintf("Decisions that could not be saved: %d (%s). They hold while Oaklock runs; should it end, all of this is again as it was before.", len(lostNames), someOf(lostNames)),
			Fix:     "Make room on the disk, or make the folder of Oaklock writable: it is saved within seconds then. Do not quit before."})
	}
	if len(keptNames) > 0 {
		out = append(out, control.Problem{Code: "unwritten",
			Message: fmt.Sprintf("Decisions that are only noted so far, since the list of them cannot be written: %d (%s). They hold, also after a restart.", len(keptNames), someOf(keptNames)),
			Fix:     "Make room on the disk, or make the folder of Oaklock writable: it is written within seconds then."})
	}
	return out
}

func addName(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

// someOf names some and counts the rest.
func someOf(names []string) string {
	const most = 4
	out := slices.Clone(names[:min(len(names), most)])
	if more := len(names) - most; more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(out, ", ")
}

// allProblems are all that the user should know of now.
func (a *Agent) allProblems() []control.Problem {
	out := append(a.problems.list(), a.unsaved()...)
	if a.settings.capped.Load() {
		out = append(out, control.Problem{Code: "limit_lost",
			Message: "Oaklock cannot tell which limit over everything you have set, or whether any: another program may have changed it. Until you say so, no request goes through.",
			Fix:     "Set it anew: oaklock settings set limit 20.00/day (off for none). Or confirm everything as it stands: oaklock sites trust"})
	}
	return out
}
