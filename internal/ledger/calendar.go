package ledger

import "time"

// Limits of cost and tokens are over calendar periods: the day, the week from Monday and the month in the user's time zone.
// Everything is counted by the day on which it was reserved, so a period is a range of days, and daylight saving, which
// makes days of 23 and 25 hours, is nobody's concern but [period.resets].
//
// The clock may be wrong or be turned, and no turn may give a fresh budget twice:
//
//   - Forward, by a second or a year: the day that it shows begins. It may be true, since a machine sleeps. Each date gives
//     its budget once: what was used on a date counts on it for good, also when the clock comes to it again.
//   - Back: what was used on the later dates counts on the date that the clock came back to as well, and in its week and
//     month, so that it does not begin anew. When that day (week, month) is over, the later dates are left to themselves:
//     one wrong date in the future does not lock the user out until then.
//
// Rates are over the last minute of monotonic time, which nobody can turn.

// day is a date, as days since 1970-01-01.
type day int

// dayOf is the date that a clock with this time shows.
func dayOf(t time.Time) day {
	_, offset := t.Zone()
	seconds := t.Unix() + int64(offset)
	d := seconds / daySeconds
	if seconds%daySeconds < 0 { // before 1970
		d--
	}
	return day(d)
}

const daySeconds = 24 * 60 * 60

func (d day) utc() time.Time { return time.Unix(int64(d)*daySeconds, 0).UTC() }

// begins is the first moment of the date in a time zone: mostly midnight, which some zones skip when summer begins.
func (d day) begins(in *time.Location) time.Time {
	y, m, n := d.utc().Date()
	t := time.Date(y, m, n, 0, 0, 0, 0, in)
	for dayOf(t) < d { // Date chose the side before the gap
		t = t.Add(15 * time.Minute)
	}
	return t
}

// period is one of the three that limits are over.
type period uint8

const (
	month period = iota // the longest first: it is the one to name where several are used up
	week
	today
	periods
)

// span is a range of days, with both.
type span struct{ first, last day }

// span is the period that a date lies in.
func (p period) span(d day) span {
	switch p {
	case month:
		y, m, _ := d.utc().Date()
		return span{dayOf(time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)), dayOf(time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC))}
	case week:
		first := d - day((d.utc().Weekday()+6)%7)
		return span{first, first + 6}
	case today, periods:
	}
	return span{d, d}
}

// calendar is the date that counts, and what happened to the clock. The zero value has seen no date.
type calendar struct {
	day  day // the last date seen
	back day // the last date that the clock came back to from a later one; 0: none
}

// turn moves to a date.
func (c *calendar) turn(to day) {
	if to < c.day {
		c.back = to
	}
	c.day = to
}

// counts says of a date whether what was used on it counts in a period now.
func (c *calendar) counts(used day, in span) bool {
	return used >= in.first && (used <= in.last || c.back >= in.first)
}

func (d day) String() string { return d.utc().Format(time.DateOnly) }
