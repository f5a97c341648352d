//go:build bench

package e2e_test

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

const (
	windows = 10                     // opened one after the other
	settled = 700 * time.Millisecond // without a change on the screen
)

// ofTheWindow is how long a click on "Open Oaklock" in the tray takes until the production window can be used: until the screen looks
// as it does when nothing moves any more, which is with the agent's state in it. No screen reader listens, as on most desktops.
func ofTheWindow(t *testing.T) []string {
	p := install(t)
	p.desktop.Deaf()
	p.start()
	p.addKeys()
	p.oaklock("sites", "allow", site, "--provider", "openai", "--models", "*", "--limit", "1.00/day", "--for", "30d")
	p.oaklock("settings", "set", "first_steps", "done")
	ctx := p.within(4 * time.Minute)
	item, err := p.tray.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var first, whole []float64
	for range windows {
		painted := p.desktop.Paint(ctx, settled, func() {
			if err := item.Click(ctx, "Open Oaklock"); err != nil {
				t.Fatal(err)
			}
		})
		first, whole = append(first, painted.First.Seconds()), append(whole, painted.Whole.Seconds())
		closeWindow(ctx, t, p)
	}
	return []string{fmt.Sprintf("The window: %.2f s from the click in the tray until it is painted with the state and rests (median of %d, the longest %.2f s); its frame is there after %.2f s.",
		median(whole), windows, slices.Max(whole), median(first))}
}

// TestBenchOfTheWindow is that alone.
func TestBenchOfTheWindow(t *testing.T) { t.Log(ofTheWindow(t)) }
