//go:build real

package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest/desktop"
	"github.com/oaklock/oaklock/internal/oaktest/notifications"
)

// limitNote is the notification of a site that has come to a limit.
func (p *program) limitNote(ctx context.Context, origin string) (control.OverLimit, notifications.Note) {
	p.Helper()
	over := p.state().OverLimit
	if len(over) != 1 || over[0].Origin != origin {
		p.Fatalf("over their limits are %+v", over)
	}
	note, err := p.notes.Until(ctx, func(n notifications.Note) bool { return n.Title == origin+" has come to a limit" && !n.Closed })
	if err != nil || !strings.HasPrefix(note.Body, over[0].Message) {
		p.Fatalf("%+v, %v; the state says %+v", note, err, over[0])
	}
	return over[0], note
}

// Who comes to a limit is notified once, and Open in the notification leads to where the limit is raised with one click: whether
// the window is not there yet, or stands somewhere else. The page's next try goes through.
func TestALimitIsRaisedWithOneClick(t *testing.T) {
	p := install(t)
	p.start()
	p.addKeys()
	ctx := p.within(3 * time.Minute)
	refused := func(t *testing.T) {
		t.Helper()
		before := p.model.Count()
		for range 3 {
			if status := <-p.ask(ctx, kaiban); status != http.StatusPaymentRequired {
				t.Fatalf("status %d", status)
			}
		}
		if n := p.model.Count() - before; n != 0 {
			t.Fatalf("%d requests over the limit reached the provider", n)
		}
	}
	// raise plays the user from the notification on.
	raise := func(t *testing.T, then func()) {
		t.Helper()
		over, note := p.limitNote(ctx, kaiban)
		if err := p.notes.Invoke(note.ID, "open"); err != nil {
			t.Fatal(err)
		}
		p.desktop.Find(ctx, desktop.Heading, "Stopped until you decide")
		then()
		to := fmt.Sprintf("$%.2f a day", float64(over.RaiseTo)/1e6) // whole cents
		p.desktop.Click(ctx, desktop.Button, "Raise to "+to+" the limit that stopped "+kaiban)
		p.desktop.Gone(ctx, desktop.Heading, "Stopped until you decide")
		if left := p.state().OverLimit; len(left) != 0 {
			t.Errorf("raised, it is still over its limit: %+v", left)
		}
		if status := <-p.ask(ctx, kaiban); status != http.StatusOK {
			t.Errorf("status %d after the limit was raised", status)
		}
		if out := p.oaklock("sites", "list"); !strings.Contains(out, to) {
			t.Errorf("the command line says\n%s", out)
		}
	}
	p.oaklock("sites", "allow", kaiban, "--provider", "openai", "--models", "*", "--limit", "0.000001/day", "--for", "1d")

	t.Run("the window is not there", func(t *testing.T) {
		refused(t)
		if n := len(windowProcesses(t, p.home)); n != 0 {
			t.Fatalf("a refusal has opened %d windows", n)
		}
		raise(t, func() { picture(t, p, "limit") })
	})
	t.Run("the window stands elsewhere", func(t *testing.T) {
		p.desktop.Click(ctx, desktop.Link, "Keys")
		p.desktop.Find(ctx, desktop.Heading, "Keys")
		p.oaklock("sites", "raise", kaiban, "--provider", "openai", "--limit", "0.000002/day")
		refused(t)
		raise(t, func() {
			if n := len(windowProcesses(t, p.home)); n != 1 {
				t.Errorf("%d windows", n)
			}
		})
	})
	t.Run("raised on the command line, its notification goes", func(t *testing.T) {
		p.oaklock("sites", "raise", kaiban, "--provider", "openai", "--limit", "0.000003/day")
		refused(t)
		_, note := p.limitNote(ctx, kaiban)
		p.oaklock("sites", "raise", kaiban, "--provider", "openai", "--limit", "1.00/day")
		if _, err := p.notes.Until(ctx, func(n notifications.Note) bool { return n.ID == note.ID && n.Closed }); err != nil {
			t.Error("the notification stays when the limit is raised: ", err)
		}
		if status := <-p.ask(ctx, kaiban); status != http.StatusOK {
			t.Errorf("status %d after the limit was raised", status)
		}
	})
	asked := 0
	for _, n := range p.notes.Notes() {
		if n.Title == kaiban+" has come to a limit" {
			asked++
		}
	}
	if asked != 3 { // each limit once, however often it refused
		t.Errorf("notified %d times", asked)
	}
}
