package ledger_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/ledger"
)

// years is a ledger with many entries, 90 days of them, of 20 sites, 4 providers and 10 models; one in ten is a refusal.
func years(t testing.TB, manyEntries int) *ledger.Ledger {
	t.Helper()
	db := openDB(t, filepath.Join(t.TempDir(), "oaklock"))
	begin, step := time.Now().Add(-90*24*time.Hour).UnixMilli(), (90*24*time.Hour).Milliseconds()/int64(manyEntries)
	err := db.Write(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < ?)
			INSERT INTO entry (time, origin, provider, endpoint, model, credential, grant_id, status, code, refused, count, input, output,
				cached_input, cache_write, reasoning, millis, bytes_in, bytes_out, day, tokens, cost, estimated)
			SELECT ? + i * ?, 'https://s' || (i % 20) || '.example', 'p' || (i % 4), 'POST /chat/completions', 'm' || (i % 10), 'k', 1,
				iif(i % 10 = 0, 403, 200), iif(i % 10 = 0, 'model_denied', ''), i % 10 = 0, 1, 100, 10, -1, -1, -1, 5, 6, 7,
				(? + i * ?) / 86400000, iif(i % 10 = 0, 0, 110), iif(i % 10 = 0, 0, 25), i % 100 = 1 FROM n`,
			manyEntries-1, begin, step, begin, step)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO usage SELECT day, iif(refused, '', origin), iif(refused, '', provider), iif(refused, '', model), iif(refused, '', credential),
			sum(refused = 0), sum(refused), 0, sum(iif(refused, 0, input)), sum(iif(refused, 0, output)), sum(tokens), sum(cost), sum(iif(estimated, cost, 0))
			FROM entry GROUP BY 1, 2, 3, 4, 5`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return openOn(t, db)
}

// What is summed up and what is listed are one and the same.
func TestSumsAreTheSumsOfTheLines(t *testing.T) {
	const manyEntries = 5_000
	l := years(t, manyEntries)
	count, cost, refused := map[string]int64{}, map[string]int64{}, int64(0)
	total := int64(0)
	for before := int64(0); ; {
		page := entries(t, l, ledger.Filter{Before: before, Limit: 1000})
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			total++
			if e.Refused {
				refused++
				continue
			}
			for _, k := range []string{"site " + e.Origin.String(), "provider " + e.Provider, "model " + e.Model, "day " + e.Day, "key " + e.Credential} {
				count[k]++
				cost[k] += e.Cost
			}
		}
		before = page[len(page)-1].ID
	}
	if total != manyEntries {
		t.Fatalf("%d lines were read", total)
	}
	seen := 0
	for by, name := range map[ledger.Dimension]func(ledger.Sum) string{
		ledger.BySite:     func(s ledger.Sum) string { return s.Origin },
		ledger.ByProvider: func(s ledger.Sum) string { return s.Provider },
		ledger.ByModel:    func(s ledger.Sum) string { return s.Model },
		ledger.ByDay:      func(s ledger.Sum) string { return s.Day },
		ledger.ByKey:      func(s ledger.Sum) string { return s.Credential },
	} {
		sums, err := l.Usage(t.Context(), ledger.UsageFilter{By: []ledger.Dimension{by}})
		if err != nil {
			t.Fatal(err)
		}
		no := int64(0)
		for _, s := range sums {
			no += s.Refused
			k := fmt.Sprint(by, " ", name(s))
			if s.Requests != count[k] || s.Cost != cost[k] || s.Requests > 0 && name(s) == "" {
				t.Errorf("%s: %d requests for %d, the lines have %d for %d", k, s.Requests, s.Cost, count[k], cost[k])
			}
			if s.Requests > 0 {
				seen++
			}
		}
		if no != refused {
			t.Errorf("by %s %d refused, want %d", by, no, refused)
		}
	}
	if seen != len(count) {
		t.Errorf("%d sums, want %d", seen, len(count))
	}
}

func TestSumsAreNarrowed(t *testing.T) {
	l, _ := open(t)
	for i := range 12 {
		r := money(request(t, []string{"a.example", "b.example"}[i%2]), 10)
		r.Provider = []string{"openai", "google", "mistral"}[i%3]
		r.Model = []string{"m", "n"}[i/6]
		settle(t, l, r, known(int64(i)))
	}
	now := time.Now()
	for name, c := range map[string]struct {
		f    ledger.UsageFilter
		want string
	}{
		"everything":    {ledger.UsageFilter{}, "   12/66"},
		"by site":       {ledger.UsageFilter{By: []ledger.Dimension{ledger.BySite}}, "https://b.example   6/36 https://a.example   6/30"},
		"by two":        {ledger.UsageFilter{By: []ledger.Dimension{ledger.ByModel, ledger.BySite}, Provider: "openai"}, "https://b.example  n 1/9 https://a.example  n 1/6 https://b.example  m 1/3 https://a.example  m 1/0"},
		"of one site":   {ledger.UsageFilter{By: []ledger.Dimension{ledger.ByProvider}, Origin: "https://a.example"}, " google  2/14  mistral  2/10  openai  2/6"},
		"of one model":  {ledger.UsageFilter{Model: "n"}, "   6/51"},
		"since today":   {ledger.UsageFilter{Since: now}, "   12/66"},
		"since later":   {ledger.UsageFilter{Since: now.Add(48 * time.Hour)}, ""},
		"until earlier": {ledger.UsageFilter{Until: now.Add(-48 * time.Hour)}, ""},
	} {
		sums, err := l.Usage(t.Context(), c.f)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range sums {
			got = append(got, fmt.Sprintf("%s %s %s %d/%d", s.Origin, s.Provider, s.Model, s.Requests, s.Cost))
		}
		if joined := fmt.Sprint(got); joined != "["+c.want+"]" {
			t.Errorf("%s: %s, want [%s]", name, joined, c.want)
		}
	}
	if _, err := l.Usage(t.Context(), ledger.UsageFilter{By: []ledger.Dimension{"1; DROP TABLE usage"}}); err == nil {
		t.Error("sums by nonsense were given")
	}
}

// The names of models are the page's own: they must not fill the sums, which are kept for good.
func TestThousandsOfModelsAreFewSums(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "oaklock")
	db := openDB(t, dir)
	l := openOn(t, db)
	r := money(request(t, "app.example"), 1)
	for i := range 300 {
		r.Model = fmt.Sprintf("m%d", i)
		settle(t, l, r, known(1))
		if i == 150 {
			db, l = killed(t, db, l, dir, ledger.Options{})
		}
	}
	sums, err := l.Usage(t.Context(), ledger.UsageFilter{By: []ledger.Dimension{ledger.ByModel}})
	if err != nil || len(sums) != 101 || sums[0].Model != "(others)" || sums[0].Requests != 200 {
		t.Errorf("%d sums, the first %+v (%v)", len(sums), sums[0], err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	db.Close()
}

func BenchmarkLog100k(b *testing.B) {
	l := years(b, 100_000)
	for name, f := range map[string]ledger.Filter{
		"newest": {}, "site": {Origin: "https://s3.example"}, "provider": {Provider: "p2"}, "rare model": {Model: "none"},
		"refused of a site": {Origin: "https://s10.example", Refused: true}, "rare status": {Status: 500}, "rare code": {Code: "x"},
		"an hour":      {Since: time.Now().Add(-50 * 24 * time.Hour), Until: time.Now().Add(-50*24*time.Hour + time.Hour)},
		"no such site": {Origin: "https://none.example"}, "failed, of an hour": {Status: 4, Since: time.Now().Add(-50 * 24 * time.Hour), Until: time.Now().Add(-50*24*time.Hour + time.Hour)},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				entries(b, l, f)
			}
		})
	}
	for _, by := range []ledger.Dimension{ledger.BySite, ledger.ByModel} {
		b.Run("sums by day and "+string(by), func(b *testing.B) {
			for b.Loop() {
				if _, err := l.Usage(context.Background(), ledger.UsageFilter{By: []ledger.Dimension{ledger.ByDay, by}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
