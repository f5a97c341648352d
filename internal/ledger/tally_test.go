package ledger_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oaklock/oaklock/internal/ledger"
)

func TestAFloodOfRefusalsBecomesFewLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, db := open(t)
		r := request(t, "app.example")
		for range 1000 {
			l.Refuse(r, 403, "consent_denied")
		}
		l.Refuse(r, 423, "locked") // another code is not drowned
		time.Sleep(1001 * time.Millisecond)
		synctest.Wait()
		if n := written(t, db); n != 12 {
			t.Errorf("%d lines were written without being asked for, want 12", n)
		}
		got := entries(t, l, ledger.Filter{})
		var sum int64
		for _, e := range got {
			if !e.Refused || e.Origin != r.Origin {
				t.Errorf("line %+v", e)
			}
			if e.Count > 1 && (e.Count != 990 || e.Model != "" || e.Status != 403 || e.Code != "consent_denied") {
				t.Errorf("the sum is %+v", e)
			}
			sum += e.Count
		}
		if len(got) != 12 || sum != 1001 {
			t.Errorf("%d lines for %d refusals", len(got), sum)
		}
		l.Refuse(r, 403, "consent_denied") // a new second
		if e := entries(t, l, ledger.Filter{Limit: 1}); e[0].Count != 1 || e[0].Model != "gpt-5" {
			t.Errorf("in the next second: %+v", e[0])
		}
	})
}

func TestASumIsWrittenThoughNothingElseIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, db := open(t)
		r := request(t, "app.example")
		for range 10 {
			l.Refuse(r, 403, "blocked")
		}
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		for range 5 {
			l.Refuse(r, 403, "blocked")
		}
		time.Sleep(501 * time.Millisecond)
		synctest.Wait()
		if n := written(t, db); n != 11 {
			t.Errorf("%d lines, want 11", n)
		}
	})
}

// A local program can forge another origin on every request.
func TestAFloodOfOriginsBecomesFewLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := open(t)
		for i := range 5000 {
			l.Refuse(request(t, fmt.Sprintf("o%d.example", i)), 403, "blocked")
		}
		got := entries(t, l, ledger.Filter{Limit: 1000})
		var sum int64
		for _, e := range got {
			sum += e.Count
		}
		if sum != 5000 || len(got) > 60 {
			t.Errorf("%d lines for %d refusals", len(got), sum)
		}
	})
}
