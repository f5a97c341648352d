package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/notify"
)

func TestStoppedNotes(t *testing.T) {
	const site = "https://app.example"
	paused := []control.PausedSite{{Origin: site, At: 5, Message: site + " is paused: it sent 30."}}
	over := []control.OverLimit{
		{Origin: site, Provider: "openai", Code: "budget_exhausted", Limit: "costDay", Resets: 9, Message: "It has come to $1.00."},
		{Origin: site, Provider: "openai", Code: "rate_limited", Limit: "requestsMinute"},
		{Origin: site, Provider: "openai", Code: "price_unknown", Model: "new", Message: "It asked for new."},
	}
	notes := english.stoppedNotes(paused, over)
	want := []struct {
		title, body string
		once        bool
	}{
		{site + " is paused", "it sent 30. Nothing that you allowed is lost.", false},
		{site + " has come to a limit", "come to $1.00. Open Oaklock to raise it.", true},
		{site + " asks for a model without a price", "asked for new. Open Oaklock to set one.", true},
	}
	if len(notes) != len(want) {
		t.Fatalf("%+v", notes)
	}
	ids := map[string]bool{}
	for i, n := range notes {
		if n.title != want[i].title || !strings.Contains(n.body, want[i].body) || n.once != want[i].once {
			t.Errorf("%+v, want %+v", n, want[i])
		}
		if len(n.buttons) != 1 || n.buttons[0].Action != notify.Open {
			t.Errorf("%s can be answered with %v: only a question can be denied", n.title, n.buttons)
		}
		ids[n.id] = true
	}
	if len(ids) != len(want) {
		t.Errorf("ids are not told apart: %v", ids)
	}
	// The next period, and a new pause, are told again.
	paused[0].At, over[0].Resets = 6, 10
	for i, n := range english.stoppedNotes(paused, over)[:2] {
		if n.id == notes[i].id {
			t.Errorf("%q is the same as before", n.id)
		}
	}
}

// The tray's Quit quits at once, unless that undoes something: then the first click tells, and one soon after it quits.
func TestQuitTellsWhatItUndoes(t *testing.T) {
	other := []control.Problem{{Code: "no_tray", Message: "There is no tray."}}
	unsaved := append(other, control.Problem{Code: control.Unsaved, Message: "It could not be saved: https://app.example.", Fix: "Make room."})
	var w quitWarning
	now := time.Now()
	for i, c := range []struct {
		problems []control.Problem
		after    time.Duration
		lets     bool
	}{{other, 0, true}, {unsaved, 0, false}, {unsaved, quitAgain - 1, true}, {unsaved, quitAgain, false}, {other, quitAgain, true}} {
		now = now.Add(c.after)
		n, lets := w.lets(&english, c.problems, now)
		if lets != c.lets {
			t.Errorf("click %d quits: %v", i, lets)
		}
		if !lets && (n.id == "" || !strings.HasPrefix(n.body, "It could not be saved: https://app.example. Make room. To quit")) {
			t.Errorf("click %d tells %+v", i, n)
		}
	}
}

func TestStatusSentence(t *testing.T) {
	ready, gone := control.Vault{Status: "ready"}, control.Vault{Status: "unavailable"}
	for want, s := range map[string]control.State{
		"Oaklock is locked":                                {State: "locked", Vault: gone},
		"Oaklock is on for 2 sites":                        {State: "on", Vault: ready, Keys: 1, Sites: 2},
		"Oaklock is on and has no keys yet":                {State: "on", Vault: ready},
		"Oaklock cannot reach your keys":                   {State: "on", Vault: gone, Keys: 1, Sites: 2},
		"Oaklock is on and has no place for your keys yet": {State: "on", Vault: control.Vault{Status: "new"}},
		"Your key cannot be used":                          {State: "on", Vault: ready, UnusableKeys: 1, Sites: 2},
		"None of your keys can be used":                    {State: "on", Vault: ready, UnusableKeys: 2, Sites: 2},
		"Oaklock is on, and no site may use your keys yet": {State: "on", Vault: ready, Keys: 1},
		"https://app.example was stopped by a limit": {State: "on", Vault: ready, Keys: 1, Sites: 2, OverLimit: []control.OverLimit{
			{Origin: "https://other.example", Code: "rate_limited"}, {Origin: "https://app.example", Code: "budget_exhausted"},
		}},
		"Your limit over everything is used up": {State: "on", Vault: ready, Keys: 1, Sites: 30,
			Overall: control.Overall{Limits: control.Limits{CostDay: 100, TokensMonth: 5}, Use: control.Use{Used: control.Limits{CostDay: 99, TokensMonth: 5}}}},
		"Oaklock is on for 30 sites": {State: "on", Vault: ready, Keys: 1, Sites: 30,
			Overall: control.Overall{Limits: control.Limits{CostDay: 100}, Use: control.Use{Used: control.Limits{CostDay: 99, TokensMonth: 5}}}},
		"No site gets an answer until you set your limit anew": {State: "on", Vault: ready, Keys: 1, Sites: 2, Problems: []control.Problem{{Code: "no_tray"}, {Code: "limit_lost"}}},
		"https://app.example waits for your answer":            {State: "on", Vault: gone, Questions: []control.Question{{Origin: "https://app.example"}}},
	} {
		if got := english.statusSentence(s); got != want {
			t.Errorf("%+v is %q, want %q", s, got, want)
		}
	}
	unproven := control.State{State: "on", Vault: ready, Keys: 1, Sites: 2, Problems: []control.Problem{{Code: "keychain_seal"}}}
	if got := english.statusSentence(unproven); got != "Oaklock cannot reach your keys" {
		t.Errorf("where nothing is proven it says %q", got)
	}
	unsaved := control.State{Problems: []control.Problem{{Code: control.Unsaved}}}
	want := []string{"Something that you decided is not saved yet", "Its window is open behind others"}
	if got := english.statusNotes(unsaved, 1); !slices.Equal(got, want) {
		t.Errorf("besides it says %q", got)
	}
	for n, want := range map[int]string{1: "1 question was missed and can still be answered", 2: "2 questions were missed and can still be answered"} {
		if got := english.statusNotes(control.State{Missed: make([]control.Question, n)}, 0); !slices.Equal(got, []string{want}) {
			t.Errorf("of %d missed questions it says %q", n, got)
		}
	}
	if got := english.statusNotes(unproven, 0); len(got) > 0 {
		t.Errorf("with nothing to say besides it says %q", got)
	}
}
