package brake

import "time"

// site is what a site did lately. Its times are monotonic.
type site struct {
	sends    []send // within the window, oldest first; at most most
	failures []time.Time
	costs    [costs]int64         // by ten seconds, around
	newest   int                  // of costs
	at       time.Time            // when that began
	silent   map[Reason]time.Time // until when a wire is silent
}

type send struct {
	at time.Time
	Shape
}

const (
	most = 512 // sends that are remembered, far more than a wire
	slot = 10 * time.Second
	// costs are an hour of slots, and the minute after it.
	costs = int((time.Hour + window) / slot)
)

func (s *site) sent(now time.Time, shape Shape) (p Pause) {
	for len(s.sends) > 0 && (len(s.sends) >= most || now.Sub(s.sends[0].at) >= window) {
		s.sends = s.sends[1:]
	}
	s.sends = append(s.sends, send{now, shape})
	n := 0
	for _, x := range s.sends {
		if x.like(shape) {
			n++
		}
	}
	if n >= Repeats && !s.silenced(SameRequests, now) {
		return Pause{Reason: SameRequests, Count: n, Cost: s.minute(now)}
	}
	return p
}

func (s *site) ended(now time.Time, cost int64, failed bool) (p Pause) {
	s.move(now)
	s.costs[s.newest] += cost
	if failed {
		for len(s.failures) > 0 && now.Sub(s.failures[0]) >= window {
			s.failures = s.failures[1:]
		}
		s.failures = append(s.failures, now)
	} else {
		s.failures = nil
	}
	minute := s.minute(now)
	switch {
	case len(s.failures) >= Failures && !s.silenced(OnlyErrors, now):
		return Pause{Reason: OnlyErrors, Count: len(s.failures), Cost: minute}
	case minute > SurgeFloor && minute > Surge*s.mean(now) && !s.silenced(CostSurge, now):
		return Pause{Reason: CostSurge, Count: len(s.sends), Cost: minute}
	}
	return p
}

// move makes the newest slot that of now.
func (s *site) move(now time.Time) {
	if now.Sub(s.at) >= time.Duration(costs)*slot { // also the first time
		s.costs, s.at = [costs]int64{}, now
	}
	for now.Sub(s.at) >= slot {
		s.at, s.newest = s.at.Add(slot), (s.newest+1)%costs
		s.costs[s.newest] = 0
	}
}

// minute is what the newest slots cost, a minute of them.
func (s *site) minute(now time.Time) int64 { return s.sum(now, 0, int(window/slot)) }

// mean is what a minute cost in the hour before.
func (s *site) mean(now time.Time) int64 {
	return s.sum(now, int(window/slot), costs) / int64(time.Hour/window)
}

// sum adds up slots by their age.
func (s *site) sum(now time.Time, from, to int) (n int64) {
	s.move(now)
	for age := from; age < to; age++ {
		n += s.costs[(s.newest-age+costs)%costs]
	}
	return n
}

func (s *site) silenced(r Reason, now time.Time) bool { return now.Before(s.silent[r]) }

// forbear makes a wire silent, and forgets what led to it.
func (s *site) forbear(r Reason, until time.Time) {
	if s.silent == nil {
		s.silent = map[Reason]time.Time{}
	}
	s.silent[r] = until
	s.sends, s.failures = nil, nil
}
