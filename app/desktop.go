package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/clipboard"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/notify"
	"github.com/oaklock/oaklock/internal/system"
	"github.com/oaklock/oaklock/internal/tray"
)

// desktop shows the agent's state in the tray and its questions as notifications. Neither can allow anything.
type desktop struct {
	a        *agent.Agent
	log      *slog.Logger
	tray     atomic.Pointer[tray.Tray] // nil until one is shown
	notifier *notify.Notifier          // nil where there is none
	hosted   atomic.Bool               // something shows the tray

	clipboard clipboard.Clipboard

	// Of the goroutine that tells.
	seen     map[string]bool // ids of the questions that an open window was shown for
	notified map[string]bool // ids of what has a notification
	told     map[string]bool // ids of what is notified once, also when it has been over meanwhile
	unshown  bool            // the last one was shown by nobody

	warned quitWarning // of the goroutine of the tray's clicks
}

const (
	noTray = "no_tray"
	// trayWait is how long a desktop may take after a login to show its tray.
	trayWait = 15 * time.Second
)

// lookPause bounds how often the tray is drawn while requests come and go.
const lookPause = 150 * time.Millisecond

// runDesktop shows tray and notifications until ctx ends or the user quits, which calls quit. atLogin: the desktop has started
// it, so a tray may come in a while.
func runDesktop(ctx context.Context, quit func(), a *agent.Agent, log *slog.Logger, atLogin bool) {
	d := &desktop{a: a, log: log, notified: map[string]bool{}, told: map[string]bool{}}
	d.hosted.Store(true) // until something says otherwise
	if err := tray.Available(ctx); err != nil {
		log.Info("no tray", "reason", err)
		d.host(ctx, false)
	}
	ctx, cancel := context.WithCancel(ctx)
	n, err := notify.New(ctx, d.answered)
	if err != nil {
		log.Info("no notifications", "reason", err)
	} else {
		d.notifier = n
	}
	// Apart: a notification service that hangs must not make the tray wait.
	var work sync.WaitGroup
	shown := make(chan struct{}, 1)
	work.Go(func() { d.follow(ctx, shown, d.draw) })
	work.Go(func() { d.follow(ctx, nil, d.tell) })
	if atLogin {
		late := time.AfterFunc(trayWait, func() {
			if hasDisplay() && tray.Available(ctx) != nil {
				d.open() //nolint:contextcheck // closing it must not be the last that the user sees of Oaklock
			}
		})
		defer late.Stop()
	}
	err = tray.Run(ctx, tray.Actions{
		Open:   d.open,
		Pause:  d.act("pause", a.Pause),   //nolint:contextcheck // a click lives no shorter than what it does
		Resume: d.act("resume", a.Resume), //nolint:contextcheck // a click lives no shorter than what it does
		Lock:   d.act("lock", a.Lock),     //nolint:contextcheck // a click lives no shorter than what it does
		Copy:   d.copyEndpoint,
		Quit:   d.quit(quit), //nolint:contextcheck // a click lives no shorter than what it does
		Host:   func(shown bool) { d.host(ctx, shown) },
	}, func(t *tray.Tray) { d.tray.Store(t); shown <- struct{}{} })
	if err != nil && !errors.Is(err, context.Canceled) {
		log.Info("the tray ended", "reason", err)
	}
	<-ctx.Done() // without a tray Oaklock lives on until it is told to quit
	cancel()
	work.Wait()
	d.clipboard.Close()
	if d.notifier != nil {
		d.notifier.Wait()
	}
}

// words are those of the language that the user has chosen, or of the desktop.
func (d *desktop) words() *desktopWords { return wordsFor(d.a.Language(), os.Getenv) }

// host is told when a tray comes and goes.
func (d *desktop) host(ctx context.Context, shown bool) {
	d.hosted.Store(shown)
	d.sayTray(ctx)
}

// sayTray says where a question is shown while there is no tray.
func (d *desktop) sayTray(ctx context.Context) {
	if d.hosted.Load() || !hasDisplay() {
		d.a.RemoveProblem(noTray)
		return
	}
	d.a.AddProblem(trayProblem(notify.Available(ctx)))
}

// trayProblem says that there is no tray; noNotes is what [notify.Available] says. That notifications can be sent does not say so: there
// may be nobody who shows them.
func trayProblem(noNotes error) control.Problem {
	p := control.Problem{Code: noTray,
		Message: "This desktop shows no tray icon, so a waiting question is shown by a notification and in the window only.",
		Fix:     system.For(runtime.GOOS).NoTray}
	if noNotes != nil {
		p.Message = "This desktop shows neither a tray icon nor notifications, so a waiting question is shown in the window only."
	}
	return p
}

// follow shows the state anew whenever the agent says that it has changed, or again does.
func (d *desktop) follow(ctx context.Context, again <-chan struct{}, show func(context.Context)) {
	look := make(chan struct{}, 1)
	cancel := d.a.Watch(ctx, func(control.Event) {
		select {
		case look <- struct{}{}:
		default: // a look is due anyway
		}
	})
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again:
		case <-look:
		}
		show(ctx)
		select {
		case <-ctx.Done():
			return
		case <-time.After(lookPause):
		}
	}
}

// draw shows the state in the tray, once there is one.
func (d *desktop) draw(ctx context.Context) {
	t := d.tray.Load()
	if t == nil {
		return
	}
	s, err := d.a.State(ctx)
	if err != nil {
		d.log.Error("the tray cannot know the state", "error", err)
		return
	}
	w := d.words()
	m := tray.Menu{Words: w.tray, Status: w.statusSentence(s), Notes: w.statusNotes(s, d.a.WindowBehind()), State: s.State, NeedsYou: s.NeedsYou, Endpoint: s.Endpoint}
	for _, q := range s.Questions {
		m.Questions = append(m.Questions, q.Origin)
	}
	t.Set(m)
}

// tell lets an open window be seen when a site asks, and notifies. No request takes the focus.
func (d *desktop) tell(ctx context.Context) {
	questions := d.a.OpenQuestions()
	fresh, now := false, map[string]bool{}
	for _, q := range questions {
		now[q.ID] = true
		fresh = fresh || !d.seen[q.ID]
	}
	d.seen = now
	if fresh {
		d.a.Rise()
	}
	if d.notifier != nil {
		w := d.words()
		d.notify(ctx, slices.Concat(w.questionNotes(questions), w.stoppedNotes(d.a.Stopped()), w.windowNotes(d.a.WindowBehind())))
	}
}

// notify shows each new notification and takes back those that are over.
func (d *desktop) notify(ctx context.Context, notes []note) {
	now := map[string]bool{}
	for _, n := range notes {
		now[n.id] = true
		if d.notified[n.id] || n.once && d.told[n.id] {
			continue
		}
		err := d.notifier.Ask(n.id, n.title, n.body, n.buttons...)
		if d.unshown != (err != nil) { // who shows them has gone, or has come
			d.unshown = err != nil
			d.sayTray(ctx)
		}
		if err != nil {
			d.log.Info("something that waits for the user was not notified", "reason", err)
			delete(now, n.id) // a desktop that is still starting gets it with the next look
			continue
		}
		if n.once {
			d.told[n.id] = true
		}
	}
	for id := range d.notified {
		if !now[id] {
			d.notifier.Close(id)
		}
	}
	d.notified = now
}

// answered is what the user did with a notification: Open, or Deny.
func (d *desktop) answered(id string, action notify.Action) {
	if action == notify.Deny {
		if err := d.a.AnswerDeny(context.Background(), control.Answer{ID: id}); err != nil {
			d.log.Info("a notification was answered late", "reason", err)
		}
		return
	}
	d.open()
}

func (d *desktop) open() {
	if _, err := d.a.Show(context.Background()); err != nil {
		d.log.Warn("the window was not shown", "error", err)
	}
}

// quit is the tray's Quit. Where it would undo what the user has decided, the first click says so.
func (d *desktop) quit(quit func()) func() {
	return func() {
		s, err := d.a.State(context.Background())
		if err != nil {
			d.log.Warn("the tray quits without a look at what is not saved", "error", err)
		}
		n, lets := d.warned.lets(d.words(), s.Problems, time.Now())
		if lets {
			quit()
			return
		}
		d.open() // where the problem stands
		if d.notifier == nil {
			return
		}
		if err := d.notifier.Ask(n.id, n.title, n.body, n.buttons...); err != nil {
			d.log.Info("it was not notified what a quit would undo", "reason", err)
		}
	}
}

func (d *desktop) act(what string, f func(context.Context) error) func() {
	return func() {
		if err := f(context.Background()); err != nil {
			d.log.Warn("the tray could not act", "act", what, "error", err)
			d.open() // where the reason is shown
		}
	}
}

// copyEndpoint puts the address for pages on the clipboard. Where that is not possible it says so with the address, or shows
// the window, which has a button for it. The address is no secret.
func (d *desktop) copyEndpoint() {
	endpoint := d.a.Endpoint()
	err := d.clipboard.Set(endpoint)
	if err == nil {
		return
	}
	d.log.Info("the endpoint was not copied", "reason", err)
	if d.notifier != nil {
		w := d.words()
		if d.notifier.Ask("copy", w.notCopied, fmt.Sprintf(w.copyIt, endpoint), w.offer(notify.Open)...) == nil {
			return
		}
	}
	d.open()
}

// has says whether there is a problem of this code.
func has(s control.State, code string) bool {
	return slices.ContainsFunc(s.Problems, func(p control.Problem) bool { return p.Code == code })
}

// statusNotes are what is to be known besides.
func (w *desktopWords) statusNotes(s control.State, behind int) (notes []string) {
	if has(s, control.Unsaved) {
		notes = append(notes, w.isUnsaved)
	}
	if behind > 0 {
		notes = append(notes, w.isBehind)
	}
	switch n := len(s.Missed); n {
	case 0:
	case 1:
		notes = append(notes, w.missed)
	default:
		notes = append(notes, fmt.Sprintf(w.severalMissed, n))
	}
	return notes
}

// isSpent says that a limit over everything lets nothing through before its day, week or month is over.
func isSpent(o control.Overall) bool {
	l, u := o.Limits, o.Used
	for _, of := range [][2]int64{{l.CostDay, u.CostDay}, {l.CostWeek, u.CostWeek}, {l.CostMonth, u.CostMonth},
		{l.TokensDay, u.TokensDay}, {l.TokensWeek, u.TokensWeek}, {l.TokensMonth, u.TokensMonth}} {
		if of[0] > 0 && of[1] >= of[0] {
			return true
		}
	}
	return false
}

// statusSentence is the one true sentence at the top of the menu.
func (w *desktopWords) statusSentence(s control.State) string {
	one := func(several string, n int, words, origin string) string {
		if n == 1 {
			return fmt.Sprintf(words, origin)
		}
		return fmt.Sprintf(several, n)
	}
	// A rate is over before anybody could read about it.
	limited := slices.IndexFunc(s.OverLimit, func(o control.OverLimit) bool { return o.Code != "rate_limited" })
	switch {
	case s.State == "locked":
		return w.locked
	case s.State == "paused":
		return w.paused
	case len(s.Questions) > 0:
		return one(w.wait, len(s.Questions), w.waits, s.Questions[0].Origin)
	case len(s.Paused) > 0:
		return one(w.runAway, len(s.Paused), w.runsAway, s.Paused[0].Origin)
	case len(s.Running) > 0:
		return one(w.underWay, len(s.Running), w.answers, s.Running[0].Origin)
	case s.Vault.Status == "new":
		return w.noPlace
	case s.Vault.Status != "ready" || has(s, "keychain_seal"):
		return w.outOfReach
	case has(s, "limit_lost"):
		return w.noLimit
	case s.Keys == 0 && s.UnusableKeys > 1:
		return w.noneUsable
	case s.Keys == 0 && s.UnusableKeys == 1:
		return w.oneUnusable
	case s.Keys == 0:
		return w.noKey
	case isSpent(s.Overall):
		return w.spent
	case limited >= 0:
		return fmt.Sprintf(w.limited, s.OverLimit[limited].Origin)
	case s.Sites == 0:
		return w.noSite
	case s.Sites == 1:
		return w.oneSite
	}
	return fmt.Sprintf(w.sites, s.Sites)
}
