// Package clock knows by two clocks that the machine has slept, also where nobody tells of it: the monotonic one stands still
// meanwhile, the wall clock goes on.
package clock

import "time"

// Tolerance is how much further the wall clock may have gone than the monotonic one without a sleep. Clocks are corrected by less; who
// sets one forward by more is taken for a sleep.
const Tolerance = 10 * time.Second

// Ahead is how much further the wall clock went since then than the monotonic one: more than [Tolerance] after a sleep, and less than
// nothing where it was set back. The time must be one of time.Now, with both clocks in it.
func Ahead(since time.Time) time.Duration {
	now := time.Now()
	return now.Round(0).Sub(since.Round(0)) - now.Sub(since)
}
