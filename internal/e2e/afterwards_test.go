package e2e_test

import (
	"net/http"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
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
