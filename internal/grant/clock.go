package grant

import "time"

// clock is the time that grants end by. Wall time alone would let a clock that is set back give a grant a second life;
// monotonic time alone stands still while the machine sleeps or Oaklock is not running. So this clock goes with the
// wall clock forward, and with monotonic time where the wall clock goes back; it never goes back itself.
//
// After a jump back it runs ahead of the wall clock by lead, for good. An end given as wall time therefore gets the lead
// of that moment added (see [clock.on]): otherwise one wrong date in the future, once corrected, would make every later
// grant expire at once.
//
// A clock is immutable; [clock.read] is cheap, and says when the clock should be replaced by [clock.reset].
type clock struct {
	at   time.Duration // what it showed when it was set, since 1970
	mono time.Time     // when that was; only its monotonic reading counts
	lead time.Duration // how far it ran ahead of the wall clock then; never negative
}

// slack is how far the two clocks may drift apart before a difference counts as a jump.
const slack = 2 * time.Second

// start is the clock of a new run, after one that was last seen at this time with this lead.
func start(at, lead time.Duration, wall time.Time) clock {
	return clock{at, time.Now(), lead}.reset(wall)
}

// read is the time, and whether the wall clock jumped since the clock was set.
func (c clock) read(wall time.Time) (now time.Duration, jumped bool) {
	byWall := sinceEpoch(wall) + c.lead
	byMono := c.at + time.Since(c.mono)
	return max(byWall, byMono), byWall < byMono-slack || byWall > byMono+slack
}

// reset is a clock that shows the same and has taken a jump into account.
func (c clock) reset(wall time.Time) clock {
	now, jumped := c.read(wall)
	lead := c.lead
	if jumped {
		lead = now - sinceEpoch(wall) // after a jump forward it is what it was
	}
	return clock{now, time.Now(), lead}
}

// on is a wall time on this clock, which must have been reset. The clock shows it when the wall clock does, or up to slack
// before that: an end is never late.
func (c clock) on(wall time.Time) time.Duration { return sinceEpoch(wall) + c.lead }

// wall is a time on this clock as wall time, for people.
func (c clock) wall(at time.Duration) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return time.UnixMilli((at - c.lead).Milliseconds())
}

func sinceEpoch(t time.Time) time.Duration { return time.Duration(t.UnixMilli()) * time.Millisecond }
