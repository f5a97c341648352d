//go:build bench

package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/keychain"
)

const longLog = 100_000 // lines

// ofTheLog times what the window asks for under Activity, through the control socket, with a log of 100,000 lines over 90 days.
func ofTheLog(t *testing.T) []string {
	t.Helper()
	s := &story{TB: t, home: t.TempDir() + "/home", log: &buffer{}, vault: &memory{m: map[keychain.ID][]byte{}}}
	s.start()
	s.stop()
	s.outside(fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %[1]d - 1)
		INSERT INTO entry (time, origin, provider, endpoint, model, credential, grant_id, status, code, refused, count, input, output,
			cached_input, cache_write, reasoning, millis, bytes_in, bytes_out, day, tokens, cost, estimated)
		SELECT unixepoch() * 1000 - (%[1]d - i) * 77760, 'https://s' || (i %% 20) || '.example', 'p' || (i %% 4), 'POST /chat/completions', 'm' || (i %% 10), 'k', 1,
			iif(i %% 10 = 0, 403, 200), iif(i %% 10 = 0, 'model_denied', ''), i %% 10 = 0, 1, 100, 10, -1, -1, -1, 5, 6, 7,
			(unixepoch() * 1000 - (%[1]d - i) * 77760) / 86400000, 110, iif(i %% 10 = 0, 0, 25), 0 FROM n`, longLog),
		`INSERT INTO usage SELECT day, iif(refused, '', origin), iif(refused, '', provider), iif(refused, '', model), iif(refused, '', credential),
			sum(refused = 0), sum(refused), 0, sum(iif(refused, 0, input)), sum(iif(refused, 0, output)), sum(iif(refused, 0, tokens)), sum(cost), 0 FROM entry GROUP BY 1, 2, 3, 4, 5`)
	s.start()
	now := time.Now()
	ago := func(days int) int64 { return now.AddDate(0, 0, -days).UnixMilli() }
	all := func(by ...string) control.UsageFilter { return control.UsageFilter{By: by} }
	var slowest, sums float64
	var which string
	for name, f := range map[string]control.LogFilter{
		"the newest": {}, "in the middle": {Before: longLog / 2}, "the oldest": {Before: 101}, "of a site": {Origin: "https://s3.example"},
		"of a provider": {Provider: "p2"}, "of a model": {Model: "m7"}, "of a model that is nowhere": {Model: "none"},
		"refused": {Only: "refused"}, "refused of a site": {Origin: "https://s10.example", Only: "refused"}, "no by the provider": {Only: "served", Status: 4},
		"by a reason": {Code: "model_denied"}, "by a reason that is nowhere": {Code: "too_large"}, "of 7 days": {Since: ago(7)}, "of 30 days": {Since: ago(30)},
		"of a day": {Since: ago(50), Until: ago(49)}, "of a model in 30 days": {Since: ago(30), Model: "none"},
		"of a site that is nowhere in 30 days": {Since: ago(30), Origin: "https://none.example"},
	} {
		f.Limit = 101
		took := s.times(func() error { _, err := s.Client.Log(t.Context(), f); return err })
		t.Logf("a page %s: %.1f ms", name, took)
		if took > slowest {
			slowest, which = took, name
		}
	}
	for _, f := range []control.UsageFilter{all("day", "site"), all("day", "provider"), all("day", "model"), all("site", "model")} {
		took := s.times(func() error { _, err := s.Usage(t.Context(), f); return err })
		t.Logf("sums by %s: %.1f ms", strings.Join(f.By, " and "), took)
		sums = max(sums, took)
	}
	return []string{fmt.Sprintf("With a log of %d lines over 90 days: a page of it by the slowest of 17 filters (%s) %.1f ms, the slowest sums for the chart %.1f ms, through the control socket (medians).",
		longLog, which, slowest, sums)}
}

// times gives the median of 15 in milliseconds.
func (s *story) times(f func() error) float64 {
	s.Helper()
	var all []float64
	for range 15 {
		start := time.Now()
		s.must(nil, f())
		all = append(all, float64(time.Since(start).Microseconds())/1000)
	}
	return median(all)
}

func TestBenchLog(t *testing.T) { t.Log(ofTheLog(t)) }
