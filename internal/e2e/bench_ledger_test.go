//go:build bench

package e2e_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/control"
)

const (
	pace     = 1000             // requests a second
	paceTime = 10 * time.Second // of a round
	pacers   = 20               // connections that they come on
)

// ofTheLedger is what reserving and settling add to a request: the same agent with and without, in turns of one run. Then both
// get a thousand requests a second, each of which is an entry of the log with the first and none with the second.
func ofTheLedger(t *testing.T, provider process) []string {
	with, c := agentWith(t, provider)
	without, bareC := agentWith(t, provider, "OAKLOCK_BENCH_WITHOUT_LEDGER=1")
	if a, b := linesOf(t, c), linesOf(t, bareC); a == 0 || b != 0 {
		t.Fatalf("the agent with a ledger has written %d lines, the one without %d", a, b)
	}
	var own, bare []float64
	for range rounds {
		own, bare = append(own, latency(t, with)), append(bare, latency(t, without))
	}
	var quick, slow, none, noneSlow []float64
	begin := linesOf(t, c)
	for range 3 {
		p50, p99 := paced(t, with)
		quick, slow = append(quick, p50), append(slow, p99)
		p50, p99 = paced(t, without)
		none, noneSlow = append(none, p50), append(noneSlow, p99)
	}
	written := linesOf(t, c) - begin
	if want := int64(3 * pace * int(paceTime.Seconds())); written != want {
		t.Errorf("%d entries were written of %d", written, want)
	}
	return []string{
		fmt.Sprintf("Reserve and settle, added to a request at the median: %.0f µs (%.0f µs with, %.0f µs without, in turn; median of %d rounds; goal ≤ 100 µs).",
			median(own)-median(bare), median(own), median(bare), rounds),
		fmt.Sprintf("%d entries a second for 3 × %.0f s, all %d written: a request takes %.0f µs at the median and %.1f ms at the 99th percentile; without the ledger %.0f µs and %.1f ms.",
			pace, paceTime.Seconds(), written, median(quick), median(slow)/1000, median(none), median(noneSlow)/1000),
	}
}

// linesOf is the number of the newest line, once all before it are written.
func linesOf(t *testing.T, c *control.Client) int64 {
	lines, err := c.Log(t.Context(), control.LogFilter{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) == 0 {
		return 0
	}
	return lines[0].ID
}

// paced sends requests at a steady pace, whether or not the ones before have been answered, and gives what they took in
// microseconds from when they were due, the median and the 99th percentile.
func paced(t *testing.T, w way) (p50, p99 float64) {
	var mu sync.Mutex
	var all []time.Duration
	start := time.Now().Add(100 * time.Millisecond)
	together(t, pacers, func(i int) error {
		p, err := dialPage(t.Context(), w.base, siteOf(i), benchBody)
		if err != nil {
			return err
		}
		defer drop(p.c)
		var took []time.Duration
		for n := range pace / pacers * int(paceTime.Seconds()) {
			due := start.Add(time.Duration(n*pacers+i) * time.Second / pace)
			time.Sleep(time.Until(due))
			if err := p.whole(); err != nil {
				return err
			}
			took = append(took, time.Since(due))
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, took...)
		return nil
	})
	slices.Sort(all)
	return micros(all), float64(all[len(all)*99/100].Nanoseconds()) / 1000
}

// TestBenchLedger is that part of the comparison alone.
func TestBenchLedger(t *testing.T) {
	for _, line := range ofTheLedger(t, child(t, "provider")) {
		t.Log(line)
	}
}
