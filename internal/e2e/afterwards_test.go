package e2e_test

import (
	"net/http"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// "No site gets an answer until you resume" is also true of the next start.
func TestAPauseSurvivesARestart(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai")
	s.must(nil, s.Pause(t.Context()))
	s.must(nil, s.agent.Close())
	s.start()
	if a := s.chat(site); a.status != http.StatusLocked || a.code() != "paused" {
		t.Errorf("after the restart: %v", a)
	}
	s.must(nil, s.Resume(t.Context()))
	s.must(nil, s.agent.Close())
	s.start()
	if a := s.chat(site); a.status != http.StatusOK {
		t.Errorf("resumed, after another restart: %v", a)
	}
}

// Who removes a key does not want it used a moment longer, also where another one would take its place.
func TestRemovingAKeyEndsWhatRunsOnIt(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai")
	s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Label: "other", Secret: s.key}))
	answer := s.stream(site)
	s.must(nil, s.RemoveKey(t.Context(), control.KeyRef{Provider: "openai", Label: "default"}))
	answer.isCut(t)
}

// A request without an answer is told why it ended, and nobody's "no" stands for what was none.
func TestARequestUnderWayIsToldWhyItEnds(t *testing.T) {
	s := begin(t)
	s.allow(site, "openai")
	for _, c := range []struct {
		act    func() error
		status int
		code   string
	}{
		{func() error { return s.StopRunning(t.Context(), s.state().Running[0].ID) }, http.StatusForbidden, "consent_denied"},
		{func() error {
			return s.RemoveKey(t.Context(), control.KeyRef{Provider: "openai", Label: "default"})
		}, http.StatusLocked, "no_key"},
		{func() error { return s.agent.Close() }, http.StatusInternalServerError, "failed"},
	} {
		s.must(s.AddKey(t.Context(), control.AddKey{Provider: "openai", Secret: s.key}))
		s.provider.Next(oaktest.Hang())
		got := make(chan answer, 1)
		asks := s.call(t.Context(), site, http.MethodPost, chatPath, chatBody)
		go func() { got <- do(asks) }()
		s.await("it runs", func(st control.State) bool { return len(st.Running) == 1 })
		s.must(nil, c.act())
		if a := taken(t, got); a.status != c.status || a.code() != c.code {
			t.Errorf("%v, want %d %s", a, c.status, c.code)
		}
	}
}
