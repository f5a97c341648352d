package ledger_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests, also where the system has none

	"github.com/oaklock/oaklock/internal/grant"
	"github.com/oaklock/oaklock/internal/ledger"
	"github.com/oaklock/oaklock/internal/store"
)

// wall is a clock that a test turns.
type wall struct {
	mu sync.Mutex
	t  time.Time
}

func (w *wall) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.t
}

func (w *wall) set(t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.t = t
}

// user is a ledger whose clock a test turns, with a site that spends.
type user struct {
	*testing.T
	*ledger.Ledger
	*wall
	dir string
	db  *store.DB
	in  *time.Location
}

func live(t *testing.T, zone, at string) *user {
	t.Helper()
	in, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	u := &user{T: t, wall: &wall{}, in: in, dir: filepath.Join(t.TempDir(), "oaklock")}
	u.shows(at)
	u.start()
	t.Cleanup(func() { u.Close(); u.db.Close() })
	return u
}

func (u *user) start() {
	u.Helper()
	var err error
	if u.db, err = store.Open(u.Context(), u.dir); err != nil {
		u.Fatal(err)
	}
	if u.Ledger, err = ledger.Open(u.Context(), u.db, ledger.Options{Now: u.now}); err != nil {
		u.Fatal(err)
	}
}

func (u *user) restart() {
	u.Helper()
	if err := errors.Join(u.Close(), u.db.Close()); err != nil {
		u.Fatal(err)
	}
	u.start()
}

// kill leaves of what was settled last only what is written down beside the database; the next start makes lines of it.
func (u *user) kill() {
	u.Helper()
	_ = u.db.Close()
	_ = u.Close() // what it wanted to write it cannot any more
	u.start()
	entries(u, u.Ledger, ledger.Filter{Limit: 1})
}

// shows turns the clock.
func (u *user) shows(at string) {
	u.Helper()
	t, err := time.ParseInLocation("2006-01-02 15:04", at, u.in)
	if err != nil {
		u.Fatal(err)
	}
	u.set(t)
}

// spends tries to spend as much as a limit lets, a cent at a time, and says how much that was.
func (u *user) spends(l grant.Limits) (cents int) {
	u.Helper()
	r := under(money(request(u, "app.example"), 1), l)
	for range 1000 {
		h, err := u.Reserve(u.Context(), r)
		if err != nil {
			no := new(ledger.LimitError)
			if !errors.As(err, &no) {
				u.Fatal(err)
			}
			return cents
		}
		h.Settle(known(1))
		cents++
	}
	u.Fatal("there is no limit")
	return 0
}

func (u *user) spendsAt(at string, l grant.Limits, want int) {
	u.Helper()
	u.shows(at)
	if got := u.spends(l); got != want {
		u.Errorf("at %s it spends %d, want %d", at, got, want)
	}
}

func (u *user) resetsAt(want string) {
	u.Helper()
	no := refusedBy(u, u.Ledger, under(money(request(u, "app.example"), 1), grant.Limits{CostDay: 1}))
	if got := no.Resets.In(u.in).Format("2006-01-02 15:04 MST"); got != want {
		u.Errorf("it resets at %s, want %s", got, want)
	}
}

func TestPeriodsAreOfTheCalendar(t *testing.T) {
	for name, c := range map[string]struct {
		limits grant.Limits
		spends map[string]int
		order  []string
	}{
		"a day": {grant.Limits{CostDay: 10}, map[string]int{"2026-03-04 23:59": 10, "2026-03-05 00:00": 10, "2026-03-05 23:59": 0},
			[]string{"2026-03-04 23:59", "2026-03-05 00:00", "2026-03-05 23:59"}},
		"a week begins on Monday": {grant.Limits{CostWeek: 10}, map[string]int{"2026-03-04 12:00": 10, "2026-03-08 23:59": 0, "2026-03-09 00:00": 10},
			[]string{"2026-03-04 12:00", "2026-03-08 23:59", "2026-03-09 00:00"}},
		"a week over the end of a month": {grant.Limits{TokensWeek: 10}, map[string]int{"2026-03-31 12:00": 10, "2026-04-01 12:00": 0},
			[]string{"2026-03-31 12:00", "2026-04-01 12:00"}},
		"a month": {grant.Limits{CostMonth: 10}, map[string]int{"2026-02-28 23:59": 10, "2026-03-01 00:00": 10, "2026-03-31 23:59": 0, "2026-04-01 00:00": 10},
			[]string{"2026-02-28 23:59", "2026-03-01 00:00", "2026-03-31 23:59", "2026-04-01 00:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, restarts := range []bool{false, true} {
				u := live(t, "Europe/Berlin", c.order[0])
				for _, at := range c.order {
					u.spendsAt(at, c.limits, c.spends[at])
					if restarts {
						u.restart()
					}
				}
			}
		})
	}
}

func TestDaylightSaving(t *testing.T) {
	for name, c := range map[string]struct{ zone, before, resets, after string }{
		"a day of 23 hours":                 {"Europe/Berlin", "2026-03-29 00:30", "2026-03-30 00:00 CEST", "2026-03-30 00:00"},
		"a day of 25 hours":                 {"Europe/Berlin", "2026-10-25 23:59", "2026-10-26 00:00 CET", "2026-10-26 00:00"},
		"23 hours in New York":              {"America/New_York", "2026-03-08 00:30", "2026-03-09 00:00 EDT", "2026-03-09 00:00"},
		"25 hours in New York":              {"America/New_York", "2026-11-01 00:30", "2026-11-02 00:00 EST", "2026-11-02 00:00"},
		"half an hour on Lord Howe":         {"Australia/Lord_Howe", "2026-04-05 00:30", "2026-04-06 00:00 +1030", "2026-04-06 00:00"},
		"a midnight that there is not":      {"Africa/Cairo", "2026-04-23 23:59", "2026-04-24 01:00 EEST", "2026-04-24 01:00"},
		"a midnight that comes twice":       {"America/Havana", "2026-10-31 23:59", "2026-11-01 00:00 CDT", "2026-11-01 00:00"},
		"a date that there is not in Samoa": {"Pacific/Apia", "2011-12-29 23:59", "2011-12-31 00:00 +14", "2011-12-31 00:00"},
	} {
		t.Run(name, func(t *testing.T) {
			u := live(t, c.zone, c.before)
			u.spendsAt(c.before, grant.Limits{CostDay: 10}, 10)
			u.resetsAt(c.resets)
			u.spendsAt(c.after, grant.Limits{CostDay: 10}, 10)
		})
	}
}

// Each of the 23 or 25 hours of a day is of that day and no other, the one that comes twice too; and the hours before and after
// are not.
func TestEveryHourOfADayWhenTheClocksChange(t *testing.T) {
	for _, c := range []struct {
		zone, day string
		hours     int
	}{
		{"Europe/Berlin", "2026-03-29", 23}, {"Europe/Berlin", "2026-10-25", 25}, {"America/New_York", "2026-03-08", 23}, {"America/New_York", "2026-11-01", 25},
		{"Europe/Berlin", "2026-06-01", 24},
	} {
		for _, restarts := range []bool{false, true} {
			u := live(t, c.zone, c.day+" 00:00")
			midnight := u.now()
			for hour := -1; hour <= c.hours; hour++ {
				u.set(midnight.Add(time.Duration(hour)*time.Hour + 30*time.Minute))
				if restarts {
					u.restart()
				}
				want := 0
				if hour <= 0 || hour == c.hours {
					want = 10
				}
				if got := u.spends(grant.Limits{CostDay: 10}); got != want {
					t.Errorf("in %s on %s, hour %d: it spends %d, want %d", c.zone, c.day, hour, got, want)
				}
			}
		}
	}
}

// A week and a month in which the clocks change begin and end at midnight all the same.
func TestWeeksAndMonthsWhenTheClocksChange(t *testing.T) {
	week, monthly := grant.Limits{CostWeek: 10}, grant.Limits{CostMonth: 10}
	for _, c := range []struct {
		zone   string
		limits grant.Limits
		last   string
		next   string
		resets string
	}{
		{"Europe/Berlin", week, "2026-03-29 23:59", "2026-03-30 00:00", "2026-03-30 00:00 CEST"},
		{"Europe/Berlin", week, "2026-10-25 23:59", "2026-10-26 00:00", "2026-10-26 00:00 CET"},
		{"America/New_York", week, "2026-03-08 23:59", "2026-03-09 00:00", "2026-03-09 00:00 EDT"},
		{"America/New_York", week, "2026-11-01 23:59", "2026-11-02 00:00", "2026-11-02 00:00 EST"},
		{"Europe/Berlin", monthly, "2026-03-31 23:59", "2026-04-01 00:00", "2026-04-01 00:00 CEST"},
		{"America/New_York", monthly, "2026-11-30 23:59", "2026-12-01 00:00", "2026-12-01 00:00 EST"},
	} {
		u := live(t, c.zone, c.last)
		u.set(u.now().Add(-5 * 24 * time.Hour))
		if n := u.spends(c.limits); n != 10 {
			t.Errorf("before the end it spends %d", n)
		}
		u.spendsAt(c.last, c.limits, 0)
		use := u.AllUse()
		at := use.Week
		if c.limits == monthly {
			at = use.Month
		}
		if got := at.In(u.in).Format("2006-01-02 15:04 MST"); got != c.resets {
			t.Errorf("in %s it resets at %s, want %s", c.zone, got, c.resets)
		}
		u.spendsAt(c.next, c.limits, 10)
	}
}

// Who travels, or sets another time zone, gets no day twice: going west the date is one that has been, going east a new one.
func TestTheUserTravels(t *testing.T) {
	limits := grant.Limits{CostDay: 10}
	u := live(t, "Asia/Tokyo", "2026-03-10 08:00")
	u.spendsAt("2026-03-10 08:00", limits, 10)
	to := func(zone string, hours int) {
		in, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		u.in = in
		u.set(u.now().Add(time.Duration(hours) * time.Hour).In(in))
		u.restart() // a program learns of another zone when it starts
	}
	to("America/New_York", 1) // 20:00 on the day before
	if n := u.spends(limits); n != 0 {
		t.Errorf("in New York, on the day before, it spends %d", n)
	}
	u.resetsAt("2026-03-10 00:00 EDT")
	u.spendsAt("2026-03-10 01:00", limits, 0)
	u.spendsAt("2026-03-11 00:00", limits, 10)
	to("Asia/Tokyo", 0) // 13:00 of the same date
	if n := u.spends(limits); n != 0 {
		t.Errorf("back in Tokyo it spends %d", n)
	}
}

// However the clock is turned, a date gives its budget once, and no longer than its day is anybody locked out.
func TestTheClockIsTurned(t *testing.T) {
	type step struct {
		at   string
		want int
	}
	day, monthly := grant.Limits{CostDay: 10}, grant.Limits{CostMonth: 10}
	for name, c := range map[string]struct {
		limits grant.Limits
		steps  []step
	}{
		"back a day": {day, []step{
			{"2026-03-10 12:00", 10}, {"2026-03-09 12:00", 0}, {"2026-03-09 23:00", 0}, {"2026-03-10 12:00", 0}, {"2026-03-11 00:00", 10}}},
		"back a minute over midnight": {day, []step{
			{"2026-03-09 23:59", 10}, {"2026-03-10 00:00", 10}, {"2026-03-09 23:59", 0}, {"2026-03-10 00:01", 0}}},
		"back to where there was something left": {grant.Limits{CostDay: 15}, []step{
			{"2026-03-09 12:00", 15}, {"2026-03-10 12:00", 15}, {"2026-03-09 13:00", 0}}},
		"an empty battery, until the net sets it right": {day, []step{
			{"2026-03-10 12:00", 10}, {"1970-01-02 00:00", 0}, {"2026-03-10 12:05", 0}, {"2026-03-11 12:00", 10}}},
		"an empty battery that stays": {day, []step{
			{"2026-03-10 12:00", 10}, {"1970-01-02 00:00", 0}, {"1970-01-03 00:00", 10}}},
		"a year ahead and back": {day, []step{
			{"2026-03-10 12:00", 10}, {"2027-03-10 12:00", 10}, {"2026-03-10 12:30", 0}, {"2027-03-10 13:00", 0}, {"2026-03-10 13:30", 0},
			{"2026-03-11 00:00", 10}, {"2026-03-12 00:00", 10}, {"2027-03-10 12:00", 0}, {"2027-03-11 12:00", 10}}},
		"a year ahead and back, by the month": {monthly, []step{
			{"2027-03-10 12:00", 10}, {"2026-03-10 12:30", 0}, {"2026-03-11 12:30", 0}, {"2026-03-31 12:30", 0}, {"2026-04-01 00:00", 10}, {"2027-03-11 12:30", 0}}},
		"back to the month before": {monthly, []step{
			{"2026-04-01 00:00", 10}, {"2026-03-31 23:59", 0}, {"2026-04-01 00:01", 0}, {"2026-05-01 00:00", 10}}},
	} {
		t.Run(name, func(t *testing.T) {
			for how, between := range map[string]func(*user){"while it runs": func(*user) {}, "over restarts": (*user).restart, "over kills": (*user).kill} {
				t.Run(how, func(t *testing.T) {
					u := live(t, "Europe/Berlin", c.steps[0].at)
					for _, s := range c.steps {
						u.shows(s.at)
						between(u)
						u.spendsAt(s.at, c.limits, s.want)
					}
				})
			}
		})
	}
}

// Whoever shuts down each night is not locked out each day by one wrong date.
func TestAWrongDateIsForgivenAcrossRestarts(t *testing.T) {
	u := live(t, "Europe/Berlin", "2027-03-10 12:00")
	limits := grant.Limits{CostDay: 10}
	u.spendsAt("2027-03-10 12:00", limits, 10)
	u.restart()
	u.spendsAt("2026-03-10 12:00", limits, 0)
	for _, at := range []string{"2026-03-11 08:00", "2026-03-12 08:00", "2026-04-01 08:00"} {
		u.shows(at)
		u.restart()
		u.spendsAt(at, limits, 10)
	}
	// Also where nothing was asked on the day on which it was set right.
	u = live(t, "Europe/Berlin", "2027-03-10 12:00")
	u.spendsAt("2027-03-10 12:00", limits, 10)
	u.shows("2026-03-10 12:00")
	u.AllUse()
	u.restart()
	u.shows("2026-03-11 08:00")
	u.restart()
	u.spendsAt("2026-03-11 08:00", limits, 10)
}

// A request counts on the day on which it began, whenever it ends.
func TestARequestOverMidnight(t *testing.T) {
	u := live(t, "Europe/Berlin", "2026-03-10 23:59")
	r := under(money(request(t, "app.example"), 6), grant.Limits{CostDay: 10})
	h, err := u.Reserve(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	u.shows("2026-03-11 00:01")
	if use := u.SiteUse(r.Origin, "openai"); use.Held.CostDay != 0 || use.Held.CostMonth != 6 || use.Held.AtOnce != 1 {
		t.Errorf("the day after: %+v", use)
	}
	second, err := u.Reserve(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	h.Settle(known(6))
	second.Settle(known(5))
	sums, err := u.Usage(t.Context(), ledger.UsageFilter{By: []ledger.Dimension{ledger.ByDay}})
	if err != nil || len(sums) != 2 || sums[0].Day != "2026-03-10" || sums[0].Cost != 6 || sums[1].Day != "2026-03-11" || sums[1].Cost != 5 {
		t.Errorf("sums %+v (%v)", sums, err)
	}
}

// What a kill interrupted counts on its day once, also where Oaklock starts again in another month and the clock is then set back.
func TestARequestOfAnEarlierMonth(t *testing.T) {
	u := live(t, "Europe/Berlin", "2026-03-10 12:00")
	r := under(money(request(t, "app.example"), 6), grant.Limits{CostDay: 100})
	settle(t, u.Ledger, r, known(1))
	u.shows("2026-03-31 12:00")
	reserve(t, u.Ledger, r, 1)
	u.shows("2026-04-15 12:00")
	u.kill()
	for range 2 {
		for at, want := range map[string]int64{"2026-03-31 12:00": 6, "2026-03-10 12:00": 7} { // the later day counts there too
			u.shows(at)
			if use := u.SiteUse(r.Origin, "openai"); use.Used.CostDay != want || use.Used.CostMonth != 7 {
				t.Errorf("at %s: %+v, want %d of the day", at, use.Used, want)
			}
		}
		u.shows("2026-04-15 12:00")
		u.restart()
	}
}
