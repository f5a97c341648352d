//go:build windows || (darwin && cgo)

package tray

import (
	"context"
	"strings"
	"sync"

	"fyne.io/systray"
)

// Available is always nil here: the system has a tray.
func Available(context.Context) error { return nil }

// show runs the system's own loop on the calling goroutine. Not tested: nobody has run it yet.
//
// The library writes to Go's standard logger and can be run once in a process.
func (t *Tray) show(ctx context.Context, ready func()) error {
	var work sync.WaitGroup
	defer work.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	systray.Run(func() { // on a goroutine of the library's
		work.Go(func() {
			t.follow(ctx)
			systray.Quit()
		})
		t.host(true)
		ready()
	}, nil)
	return nil
}

// follow shows the menu until ctx ends. Every entry that there can be is made first, because the library adds only at the
// end and its Remove races with clicks; those that are not in the menu are hidden.
func (t *Tray) follow(ctx context.Context) {
	systray.SetTooltip("Oaklock")
	var work sync.WaitGroup
	defer work.Wait()
	made := map[entryID]*systray.MenuItem{}
	add := func(id entryID) {
		m := systray.AddMenuItem("", "")
		m.Hide()
		made[id] = m
		work.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-m.ClickedCh:
					t.click(id)
				}
			}
		})
	}
	add(status)
	for i := range entryID(maxNotes) {
		add(firstNote + i)
	}
	for i := range entryID(maxQuestions) {
		add(firstQuestion + i)
	}
	add(moreQuestions)
	systray.AddSeparator()
	for _, id := range []entryID{pause, resume, unlock, lock, copyEndpoint} {
		add(id)
	}
	systray.AddSeparator()
	add(open)
	add(quit)

	shown, icon := map[entryID]entry{}, ""
	for {
		m := t.current()
		if p := picture(m); p != icon {
			icon = p
			setIcon(p)
		}
		systray.SetTooltip("Oaklock. " + tip(m))
		shown = update(made, shown, entries(m, t.actions))
		select {
		case <-ctx.Done():
			return
		case <-t.changed:
		}
	}
}

// update touches what changed and returns what is shown then.
func update(made map[entryID]*systray.MenuItem, before map[entryID]entry, all []entry) map[entryID]entry {
	now := map[entryID]entry{}
	for _, e := range all {
		if e.label != "" {
			now[e.id] = e
		}
	}
	for id, m := range made {
		e, shown := now[id]
		old, was := before[id]
		switch {
		case shown && e != old:
			m.SetTitle(strings.ReplaceAll(e.label, "&", mnemonic))
			if e.plain {
				m.Disable()
			}
			m.Show()
		case was && !shown:
			m.Hide()
		}
	}
	return now
}
