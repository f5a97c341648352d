//go:build real

package e2e_test

import (
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/oaktest/notifications"
	"github.com/oaklock/oaklock/internal/oaktest/traywatcher"
)

// What is copied in the tray is pasted in another program, though Oaklock has no window and there is no program that would help,
// until that one copies something.
func TestCopyEndpoint(t *testing.T) {
	p := install(t)
	p.env = append(p.env, "PATH="+t.TempDir())
	p.start()
	ctx, endpoint := p.within(patience), p.endpoint()
	item, err := p.tray.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, before := range []string{"", "the user's own", "and again", ""} {
		if before != "" {
			p.desktop.Copy(ctx, before)
		}
		p.copyEndpoint(item, endpoint)
		p.desktop.Until(ctx, "the endpoint on the clipboard", func() bool { return p.desktop.Pasted() == endpoint })
	}
	if names := others(t, p); len(names) > 0 {
		t.Errorf("it was copied with %q", names)
	}
	p.oaklock("quit")
	<-p.ended
	if got := p.desktop.Pasted(); got != "" {
		t.Errorf("after the end %q is pasted", got)
	}
}

// Where it cannot be copied the user is told so, and what it is.
func TestCopyEndpointOnWayland(t *testing.T) {
	p := install(t)
	p.env = append(p.env, "PATH="+t.TempDir(), "WAYLAND_DISPLAY=none")
	p.start()
	ctx, endpoint := p.within(patience), p.endpoint()
	item, err := p.tray.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	p.copyEndpoint(item, endpoint)
	note, err := p.notes.Until(ctx, func(n notifications.Note) bool { return n.Title == "The endpoint was not copied" })
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(note.Body, "It is "+endpoint+". ") || !strings.Contains(note.Body, "wl-clipboard") || len(note.Actions) != 2 {
		t.Errorf("the notification is %+v", note)
	}
}

func (p *program) copyEndpoint(item *traywatcher.Item, endpoint string) {
	p.Helper()
	if err := item.Click(p.within(patience), "Copy endpoint ("+endpoint+")"); err != nil {
		p.Fatal(err)
	}
}
