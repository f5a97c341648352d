package e2e_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
)

// A question names the program that asks, and warns of one that is no browser: here it is the test's own.
func TestTheQuestionNamesTheProgram(t *testing.T) {
	t.Parallel()
	s := begin(t)
	self, err := os.Executable()
	s.must(nil, err)
	go s.chat(site)
	q := s.question()
	if want := filepath.Base(self); q.Browser != want {
		t.Errorf("it asks through %q, want %q", q.Browser, want)
	}
	if !slices.ContainsFunc(q.Warnings, func(w control.Warning) bool { return w.Code == "not_browser" }) {
		t.Errorf("the warnings are %+v", q.Warnings)
	}
	s.must(nil, s.AnswerDeny(t.Context(), control.Answer{ID: q.ID}))
}
