package e2e_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
)

// Lines that are older than the setting says go by themselves, and nothing that was used or spent is less for that.
func TestOldLinesGo(t *testing.T) {
	t.Parallel()
	s := logged(t)
	s.must(nil, s.RevokeSite(t.Context(), control.SiteRef{Origin: site}))
	s.stop()
	// As though all of it had been a hundred days ago, and Oaklock had run yesterday.
	const then = 100 * 24 * time.Hour
	yesterday := time.Now().Add(-36*time.Hour).Unix() / 86400
	s.outside(fmt.Sprintf("UPDATE entry SET time = time - %d, day = day - 100", then.Milliseconds()), "UPDATE usage SET day = day - 100",
		fmt.Sprintf("INSERT OR REPLACE INTO retention VALUES (1, %d, 0)", yesterday))
	s.start()
	s.problem("log_changed") // that was not Oaklock
	s.await("the old lines to go", func(control.State) bool { return s.lines() == 0 })
	s.must(nil, s.Trust(t.Context()))
	s.noProblem("log_changed")
	all := control.UsageFilter{By: []string{"day", "site", "provider", "model", "key"}}
	before, err := s.Usage(t.Context(), all)
	if err != nil || len(before) == 0 || before[0].Requests != 4 || before[0].Cost == 0 {
		t.Errorf("of what has gone the sums are %+v, %v", before, err)
	}
	s.allow(site, "openai")
	s.works(site)
	s.stop()
	s.start()
	s.must(s.SetSetting(t.Context(), "log_days", "31"))
	if n := s.lines(); n == 0 {
		t.Error("what is new has gone")
	}
	if after, err := s.Usage(t.Context(), all); err != nil || !reflect.DeepEqual(after[:len(before)], before) {
		t.Errorf("the sums were %+v and are %+v, %v", before, after, err)
	}
	s.noProblem("log_changed")
	s.logFits()
}
