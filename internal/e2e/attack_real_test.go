//go:build real && unix

package e2e_test

import (
	"strings"
	"testing"
)

// With a browser in the path its pages run too, and nothing is skipped but what needs root.
func TestDoctorAttacksInABrowser(t *testing.T) {
	n := 0
	for name, f := range attacked(t) {
		if strings.HasPrefix(name, "browser/") {
			n++
			if !f.Held {
				t.Errorf("%+v", f)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d attacks were made in the browser", n)
	}
}
