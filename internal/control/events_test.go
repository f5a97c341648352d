package control_test

import (
	"context"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
)

// bare answers with lists left nil, also inside of other things.
type bare struct{ *fake }

func (bare) State(context.Context) (control.State, error) {
	return control.State{Questions: []control.Question{{}}}, nil
}
func (bare) Sites(context.Context) ([]control.Site, error) {
	return []control.Site{{Grants: []control.Grant{{}}}}, nil
}
func (bare) Log(context.Context, control.LogFilter) ([]control.Entry, error) { return nil, nil }

func TestEvents(t *testing.T) {
	agent := newFake()
	dir, l := serve(t, agent, quiet())
	events, err := control.Dial(dir).From(control.Window).Events(t.Context())
	must(t, err)
	tell := <-agent.watched
	if got := agent.last(); got.door != control.Window {
		t.Errorf("the agent was told that %q watches", got.door)
	}
	expect(t, events, control.LookAgain) // at once: what happened before the watch is pulled, too
	tell(control.ComeForward)
	expect(t, events, control.ComeForward)
	tell(control.Rise)
	expect(t, events, control.Rise)

	// Between two looks there is a gap: five of them take at least four.
	began := time.Now()
	for range 5 {
		tell(control.LookAgain)
		expect(t, events, control.LookAgain)
	}
	if took := time.Since(began); took < 4*50*time.Millisecond {
		t.Errorf("five changes were told within %v", took)
	}

	// Many are one: without that this reads a thousand.
	began = time.Now()
	for range 1000 {
		tell(control.LookAgain)
	}
	tell(control.ComeForward)
	looks := 0
	for e := range events {
		if e == control.ComeForward {
			break
		}
		looks++
	}
	if most := 2 + int(time.Since(began)/(50*time.Millisecond)); looks > most {
		t.Errorf("a thousand changes were told %d times, want at most %d", looks, most)
	}

	// The agent ends, and the window sees it.
	must(t, l.Close())
	for range events {
		continue
	}
	<-agent.left
}

func TestEventsEndWithTheWatcher(t *testing.T) {
	agent := newFake()
	dir, _ := serve(t, agent, quiet())
	ctx, cancel := context.WithCancel(t.Context())
	events, err := control.Dial(dir).Events(ctx)
	must(t, err)
	<-agent.watched
	cancel()
	<-agent.left // the agent learns that nobody watches any more
	for range events {
		continue
	}
}

func expect(t *testing.T, events <-chan control.Event, want control.Event) {
	t.Helper()
	if got, ok := <-events; !ok || got != want {
		t.Fatalf("got event %v (open: %v), want %v", got, ok, want)
	}
}
