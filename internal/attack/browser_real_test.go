//go:build real

package attack_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/attack"
)

// Against a server that believes everything, what the hostile pages try in a real browser gets through: so it is Oaklock that
// holds against them, and not the browser.
func TestHostilePagesCanSucceed(t *testing.T) {
	c := canary(t)
	target := attack.Target{Endpoint: credulous(t, c), Canary: c, Patience: 2 * time.Second}
	if target.Browser, target.WhyNot = attack.FindBrowser(); target.Browser == "" {
		t.Fatal(target.WhyNot)
	}
	// The browser itself keeps these from any server on loopback, or from reaching one that answers no WebSocket.
	byItself := []string{"browser/works", "browser/http", "browser/stranger-websocket"}
	n := 0
	err := attack.Run(t.Context(), target, func(f attack.Finding) {
		if !strings.HasPrefix(f.Name, "browser/") {
			return
		}
		n++
		if f.Skipped != "" || f.Held && !slices.Contains(byItself, f.Name) {
			t.Errorf("%+v", f)
		}
	})
	if err != nil || n < 20 {
		t.Errorf("%d attacks, %v", n, err)
	}
}
