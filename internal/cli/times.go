package cli

import (
	"regexp"
	"strconv"
	"time"
)

// longest is how many days ahead a grant may end.
const longest = 366

var spanForm = regexp.MustCompile(`^([0-9]{1,6})(m|h|d|w)$`)

// parseSpan reads --for: minutes, hours, days, weeks, or until Oaklock quits. Whole days are given as days; anything else as the moment of its
// end in milliseconds.
func parseSpan(value string, now time.Time) (days int, expiresAt int64, untilQuit bool, err error) {
	if value == "until-quit" {
		return 0, 0, true, nil
	}
	m := spanForm.FindStringSubmatch(value)
	if m == nil {
		return 0, 0, false, usage("%q is no time that Oaklock knows. Use 12h, 7d, 4w or until-quit.", value)
	}
	n, _ := strconv.Atoi(m[1])
	unit := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}[m[2]]
	span := time.Duration(n) * unit
	switch {
	case n == 0:
		return 0, 0, false, usage("%q is no time at all. Use 12h, 7d, 4w or until-quit.", value)
	case span > longest*24*time.Hour || n > longest*24*60:
		return 0, 0, false, usage("%q is too long; at most %dd.", value, longest)
	case unit >= 24*time.Hour:
		return int(span / (24 * time.Hour)), 0, false, nil
	}
	return 0, now.Add(span).UnixMilli(), false, nil
}

// near is how far from now a distance still says something that the date does not.
const near = 31 * 24 * time.Hour

// when is a moment in local time, and as seen from now where that is near; none is what is said for 0.
func when(ms int64, now time.Time, none string) string {
	if ms == 0 {
		return none
	}
	t := time.UnixMilli(ms).In(now.Location())
	layout := "Jan 2 15:04"
	if t.Year() != now.Year() {
		layout = "2006-01-02 15:04"
	}
	if t.Sub(now).Abs() > near {
		return t.Format(layout)
	}
	return t.Format(layout) + ", " + relative(t.Sub(now))
}

// relative is a distance in the largest unit that fits, such as "in 7 days" or "5 min ago".
func relative(d time.Duration) string {
	ahead := d >= 0
	d = d.Abs()
	var text string
	switch {
	case d < time.Minute:
		text = strconv.Itoa(int(d.Round(time.Second)/time.Second)) + " s"
	case d < time.Hour:
		text = strconv.Itoa(int(d.Round(time.Minute)/time.Minute)) + " min"
	case d < 48*time.Hour:
		text = strconv.Itoa(int(d.Round(time.Hour)/time.Hour)) + " h"
	default:
		text = strconv.Itoa(int(d.Round(24*time.Hour)/(24*time.Hour))) + " days"
	}
	if ahead {
		return "in " + text
	}
	return text + " ago"
}
