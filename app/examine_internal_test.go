package app

import (
	"errors"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/notify"
	"github.com/oaklock/oaklock/internal/system"
)

// What doctor says of the desktop is for the system that it runs on, and what nobody can mend there is no fault.
func TestDoctorSpeaksOfItsOwnSystem(t *testing.T) {
	yes, no := func() bool { return true }, func() bool { return false }
	for goos, want := range map[string]struct {
		notifications string
		names         []string
	}{
		"linux":   {control.Wrong, []string{"AppIndicator", "xfce4-notifyd", "logind"}},
		"darwin":  {control.Note, []string{"menu bar", "macOS does not say"}},
		"windows": {control.Note, []string{"Start menu", "beside the clock", "Windows does not say"}},
	} {
		words := system.For(goos)
		checks := []control.Check{
			trayCheck(errors.ErrUnsupported, words), notificationsCheck(notify.ErrUnavailable, words),
			sessionCheck(nil, yes, no, words), sessionCheck(nil, no, yes, words), sessionCheck(errors.ErrUnsupported, no, no, words),
			trayCheck(nil, words), notificationsCheck(nil, words), sessionCheck(nil, yes, yes, words),
		}
		var all strings.Builder
		for i, c := range checks {
			all.WriteString(c.Message + " " + c.Fix + "\n")
			if fine := i >= 5; c.Message == "" || fine != (c.State == control.Fine) || fine != (c.Fix == "") {
				t.Errorf("%s: check %d is %+v", goos, i, c)
			}
		}
		if checks[1].State != want.notifications {
			t.Errorf("%s: that no notification is shown is %s", goos, checks[1].State)
		}
		for _, name := range want.names {
			if !strings.Contains(all.String(), name) {
				t.Errorf("%s: nothing is said of %q:\n%s", goos, name, &all)
			}
		}
		for _, foreign := range []string{"GNOME", "notifyd", "logind", "D-Bus"} {
			if goos != "linux" && strings.Contains(all.String(), foreign) {
				t.Errorf("%s: %q is there on Linux alone:\n%s", goos, foreign, &all)
			}
		}
	}
}
