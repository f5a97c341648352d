//go:build unix

package e2e_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
)

// Who allows by hand and does not say how much and how long allows what a question would offer.
func TestSettingsAreWhatIsAllowedByHand(t *testing.T) {
	t.Parallel()
	u := sit(t)
	u.agent(u.passphrase()...)
	u.done("oaklock settings set default_limit 0.25/day")
	u.done("oaklock settings set default_days 30")
	for line, want := range map[string]string{
		"sites allow " + site + " --provider openai --models '*'":                                          "all models, $0.25 a day, for 30 days.\nWhat was not said is taken from the settings default_limit and default_days.",
		"sites allow http://localhost:5173 --provider openai --models '*'":                                 "all models, $0.25 a day, for 1 day.\nWhat was not said is taken from the setting default_limit.",
		"sites allow https://other.example --provider openai --models '*' --limit 2/week --for until-quit": "all models, $2.00 a week, until Oaklock quits.\n",
		"apps add notes --provider openai --models '*' --limit 2/week":                                     "all models, $2.00 a week, for 30 days.\nWhat was not said is taken from the setting default_days.",
	} {
		if s := u.types("oaklock " + line); s.status != 0 || !strings.Contains(s.out, want) {
			t.Errorf("%s ends with %d and says %q, want %q", line, s.status, s.out, want)
		}
	}
	var sites []control.Site
	u.reads("oaklock sites list --json", &sites)
	i := slices.IndexFunc(sites, func(x control.Site) bool { return x.Origin == site })
	if i < 0 || len(sites[i].Grants) != 1 {
		t.Fatalf("the sites are %+v", sites)
	}
	if g := sites[i].Grants[0]; g.Limits.CostDay != 250_000 || time.Until(time.UnixMilli(g.ExpiresAt)).Round(24*time.Hour) != 30*24*time.Hour {
		t.Errorf("the site may do %+v", g.Terms)
	}
}
