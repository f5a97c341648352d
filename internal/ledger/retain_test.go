package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/ledger"
)

// diary is a logbook with a clock.
type diary struct {
	*logbook
	*wall
	in *time.Location
}

func diaryOf(t *testing.T, zone string) *diary {
	t.Helper()
	in, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	d := &diary{wall: &wall{}, in: in}
	d.shows(t, "2026-01-01 12:00")
	d.logbook = logbookWith(t, ledger.Options{Now: d.now}, 0)
	return d
}

func (d *diary) shows(t *testing.T, at string) {
	t.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04", at, d.in)
	if err != nil {
		t.Fatal(err)
	}
	d.set(when)
}

// on writes lines at these times.
func (d *diary) on(at ...string) {
	d.Helper()
	for _, at := range at {
		d.shows(d.T, at)
		d.write(1)
	}
}

// retains says how many lines go at this time.
func (d *diary) retains(at string, want int64) {
	d.Helper()
	d.shows(d.T, at)
	n, err := d.Retain(d.Context(), 90)
	if err != nil || n != want {
		d.Errorf("on %s %d lines go, want %d; %v", at, n, want, err)
	}
}

// sums are all sums, in every way that they can be told apart.
func (d *diary) sums() (out [][]ledger.Sum) {
	d.Helper()
	for _, by := range [][]ledger.Dimension{nil, {ledger.ByDay}, {ledger.BySite}, {ledger.ByProvider}, {ledger.ByModel}, {ledger.ByKey},
		{ledger.ByDay, ledger.BySite, ledger.ByProvider, ledger.ByModel, ledger.ByKey}} {
		sums, err := d.Usage(d.Context(), ledger.UsageFilter{By: by})
		if err != nil {
			d.Fatal(err)
		}
		out = append(out, sums)
	}
	return out
}

func TestOldLinesGoAndTheirSumsStay(t *testing.T) {
	d := diaryOf(t, "Europe/Berlin")
	d.on("2026-01-01 12:00", "2026-01-01 23:59", "2026-01-02 00:00", "2026-03-31 12:00", "2026-04-02 09:00")
	before, month := d.sums(), d.AllUse().Used
	d.retains("2026-04-01 23:59", 0) // the first date
	d.retains("2026-04-02 00:00", 0) // the date before it keeps 1 January
	d.retains("2026-04-02 23:59", 0)
	d.whole(10)
	d.retains("2026-04-03 08:00", 4)
	d.whole(6)
	d.retains("2026-04-03 23:00", 0)
	if after := d.sums(); !reflect.DeepEqual(before, after) {
		t.Errorf("the sums were\n%+v\nand are\n%+v", before, after)
	}
	if used := d.AllUse().Used; used.CostMonth != month.CostMonth || used.CostMonth == 0 {
		t.Errorf("of the month %+v was used, and now %+v", month, used)
	}
	d.stop()
	d.start()
	d.whole(6)
	if c := d.verify(); c.First != 5 || c.Last != 10 || c.Before != 0 {
		t.Errorf("%+v", c)
	}
	if after := d.sums(); !reflect.DeepEqual(before, after) {
		t.Error("after a restart the sums are others")
	}
	d.retains("2026-12-01 12:00", 2) // up to the date before
	d.retains("2026-12-02 12:00", 4)
	d.whole(0)
	d.on("2026-12-02 12:01")
	d.whole(2)
	if n := len(entries(t, d.Ledger, ledger.Filter{})); n != 2 {
		t.Errorf("%d lines are left", n)
	}
	d.stop()
	d.outside("UPDATE entry SET cost = 0 WHERE id = 11")
	d.start()
	d.broken(ledger.Break{Kind: ledger.LineChanged, Line: 11})
}

// A clock that is wrong takes no line with it: not for some hours a year ahead, and not where it lost its battery.
func TestAWrongClockDeletesNothing(t *testing.T) {
	d := diaryOf(t, "America/New_York")
	d.on("2026-01-01 12:00", "2026-01-02 12:00")
	d.retains("2026-01-02 12:00", 0)
	d.retains("2026-01-03 12:00", 0)
	d.on("2027-06-01 12:00") // a year ahead, for some hours
	d.retains("2027-06-01 13:00", 0)
	d.retains("2027-06-01 23:00", 0)
	d.retains("2026-01-03 13:00", 0) // set right
	d.retains("2026-01-04 13:00", 0)
	d.on("1970-01-01 12:00", "1970-01-02 12:00") // an empty battery, for days
	d.retains("1970-01-02 12:00", 0)
	d.retains("1970-01-03 12:00", 0)
	d.retains("2026-01-04 14:00", 0) // set right again: they are old by their date, and yet not the oldest
	d.retains("2026-01-05 14:00", 0)
	d.whole(10)
	d.on("2026-01-05 15:00", "2026-03-01 12:00")
	d.retains("2026-04-04 12:00", 0)
	d.retains("2026-04-05 12:00", 10) // with what was written before a line of 5 January, whatever its date
	d.whole(4)
	d.retains("2026-04-06 12:00", 0)
	d.retains("2026-04-07 12:00", 2)
	d.whole(2)
}

// A date after which the clock was set back counts no more than one that is the first.
func TestADateAfterAWrongOne(t *testing.T) {
	d := diaryOf(t, "Europe/Berlin")
	d.on("2026-01-01 12:00")
	d.retains("2030-05-01 12:00", 0)
	d.retains("2026-05-01 12:00", 0)
	d.retains("2026-05-02 12:00", 2)
}

// Without the key of the seal nothing goes: the chain's new beginning could not be sealed.
func TestNothingGoesWithoutTheKey(t *testing.T) {
	d := diaryOf(t, "Europe/Berlin")
	d.on("2026-01-01 12:00")
	d.retains("2026-05-01 12:00", 0)
	d.stop()
	d.locked()
	d.shows(t, "2026-05-02 12:00")
	if n, err := d.Retain(t.Context(), 90); n != 0 || err == nil {
		t.Errorf("%d lines went, %v", n, err)
	}
	d.whole(2)
	d.unlock()
	d.retains("2026-05-02 12:00", 2)
}

// Many lines go in bunches. Whoever gives up on the way leaves a log that fits, and requests, readers and a look at the whole
// go on beside it.
func TestManyOldLines(t *testing.T) {
	d := diaryOf(t, "Europe/Berlin")
	r := money(request(t, "app.example"), 40)
	for range 2600 {
		settle(t, d.Ledger, r, known(1))
	}
	d.retains("2026-05-01 12:00", 0)
	d.shows(t, "2026-05-02 12:00")
	ctx, giveUp := context.WithCancel(t.Context())
	giveUp()
	if _, err := d.Retain(ctx, 90); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		if n, err := d.Retain(t.Context(), 90); n != 2600 || err != nil {
			t.Errorf("%d lines went, %v", n, err)
		}
	})
	for range 3 {
		work.Go(func() {
			for range 100 {
				settle(t, d.Ledger, r, known(1))
			}
		})
		work.Go(func() {
			if c, err := d.Verify(t.Context(), false); c.Break != nil || err != nil {
				t.Errorf("meanwhile %+v, %v", c.Break, err)
			}
		})
	}
	work.Wait()
	d.whole(300)
	sums, err := d.Usage(t.Context(), ledger.UsageFilter{})
	if err != nil || len(sums) != 1 || sums[0].Requests != 2900 || sums[0].Cost != 2900 {
		t.Errorf("%+v, %v", sums, err)
	}
}

// However few days are asked for, what a limit of a month stands on stays.
func TestAMonthStays(t *testing.T) {
	d := diaryOf(t, "Europe/Berlin")
	d.on("2026-03-01 00:30")
	for _, at := range []string{"2026-03-30 12:00", "2026-03-31 12:00"} {
		d.shows(t, at)
		if n, err := d.Retain(t.Context(), 1); n != 0 || err != nil {
			t.Errorf("on %s %d lines went, %v", at, n, err)
		}
	}
	d.stop()
	d.outside("UPDATE usage SET cost = 0, tokens = 0")
	d.start()
	d.broken(ledger.Break{Kind: ledger.SumsLow, Day: "2026-03-01"})
	if _, err := d.Reserve(t.Context(), under(money(request(t, "app0.example"), 5), grant.Limits{CostMonth: 5})); err != nil {
		t.Error(fmt.Errorf("it tells, and locks nobody out: %w", err))
	}
}
