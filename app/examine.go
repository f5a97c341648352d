package app

import (
	"context"
	"errors"
	"runtime"

	"github.com/oaklock/oaklock/internal/agent"
	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/notify"
	"github.com/oaklock/oaklock/internal/session"
	"github.com/oaklock/oaklock/internal/system"
	"github.com/oaklock/oaklock/internal/tray"
)

// examineDesktop looks at what Oaklock needs of the desktop. headless: it was started to do without.
func examineDesktop(ctx context.Context, headless bool) []control.Check {
	out := []control.Check{examineSession(ctx)}
	if headless {
		return append(out, control.Check{Code: "display", State: control.Note, Message: "Oaklock was started without window, tray and notifications: everything is done with commands.",
			Fix: "To have them: oaklock quit, then oaklock"})
	}
	if !hasDisplay() {
		return append(out, control.Check{Code: "display", State: control.Note, Message: "There is no display here: everything is done with commands.",
			Fix: "The questions of sites are listed by: oaklock pending"})
	}
	words := system.For(runtime.GOOS)
	return append(out, examineWindow(), trayCheck(tray.Available(ctx), words), notificationsCheck(notify.Available(ctx), words))
}

func examineWindow() control.Check {
	if _, err := windowProgram(); err != nil {
		return control.Check{Code: "display", State: control.Wrong, Message: "There is a display, but the program oaklock-window is not installed.",
			Fix: "Install it beside oaklock, as the packages do. Until then: oaklock pending, oaklock allow ID"}
	}
	return control.Check{Code: "display", State: control.Fine, Message: "There is a display for the window."}
}

// trayCheck says what [tray.Available] says.
func trayCheck(err error, words system.Words) control.Check {
	switch {
	case err == nil:
		return control.Check{Code: noTray, State: control.Fine, Message: "There is a tray for the icon."}
	case errors.Is(err, tray.ErrNoBus): // on Linux alone
		return control.Check{Code: noTray, State: control.Wrong, Message: "There is no D-Bus session, so there is no tray icon and no notification, and no keychain can be reached.",
			Fix: "Start Oaklock from within your desktop, or with dbus-run-session."}
	}
	return control.Check{Code: noTray, State: control.Note, Message: "This desktop shows no tray icon. A waiting question is shown by a notification, where those can be shown, and in the window.",
		Fix: words.NoTray}
}

// notificationsCheck says what [notify.Available] says.
func notificationsCheck(err error, words system.Words) control.Check {
	if err == nil {
		return control.Check{Code: "no_notifications", State: control.Fine, Message: "Notifications can be shown."}
	}
	state := control.Note
	if words.CanNotify {
		state = control.Wrong
	}
	return control.Check{Code: "no_notifications", State: state, Message: words.NoNotifications, Fix: words.ShowNotifications}
}

func examineSession(ctx context.Context) control.Check {
	ctx, cancel := context.WithCancel(ctx)
	w, err := session.New(ctx, func(session.Event) {})
	c := sessionCheck(err, w.TellsOfScreen, w.TellsOfSleep, system.For(runtime.GOOS))
	cancel()
	if w != nil {
		w.Wait()
	}
	return c
}

// sessionCheck says of what the system tells, which is asked only where it tells of anything.
func sessionCheck(err error, screen, sleep func() bool, words system.Words) control.Check {
	c := control.Check{Code: "session", State: control.Fine, Message: "The system says when the screen is locked and when the machine sleeps, so Oaklock can lock."}
	switch {
	case err != nil:
		c.State, c.Message = control.Note, "Nobody here says when the screen is locked or the machine sleeps, so Oaklock cannot lock then."
		c.Fix = "Lock by hand with: oaklock lock. It locks by itself when no key was used for a while: oaklock settings set idle_lock 1h"
	case !screen():
		c.State, c.Message = control.Note, "The system says when the machine sleeps, and nobody says when the screen is locked or another user takes it."
		c.Fix = "Lock before you leave, with: oaklock lock. It locks by itself when no key was used for a while: oaklock settings set idle_lock 1h"
	case !sleep():
		c.State, c.Message = control.Note, words.NoSleep
		c.Fix = "Lock before you let the machine sleep, with: oaklock lock"
	}
	return c
}

// examineWithoutAgent looks at what can be seen while no agent runs.
func examineWithoutAgent(ctx context.Context, home string) []control.Check {
	out := []control.Check{agent.ExaminePort(ctx, home)}
	out = append(out, agent.ExamineUser()...)
	return append(out, examineDesktop(ctx, false)...)
}
