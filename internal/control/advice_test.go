package control_test

import (
	"testing"

	"github.com/oaklock/oaklock/internal/control"
)

// A page names the model, and a shell is to take no more than a name from it.
func TestTheCommandForAPriceIsSafeToCopy(t *testing.T) {
	for model, word := range map[string]string{
		"llama3:8b":        "llama3:8b",
		"vendor/m-1.5":     "vendor/m-1.5",
		"my model":         "'my model'",
		"$(reboot);`x`":    "'$(reboot);`x`'",
		"it's":             `"it's"`,
		"büro":             "'büro'",
		"~":                "'~'",
		"x;touch${IFS}y;#": "'x;touch${IFS}y;#'",
		"x\\'; touch y; '": "MODEL",
		"":                 "MODEL",
		"-x":               "MODEL",
		"m-*":              "MODEL",
		"a\u202eb":         "MODEL",
		"a\u200bb":         "MODEL",
		"a\u2028rm -rf ~":  "MODEL",
	} {
		if got, want := control.SetsPrice("mine", model), "oaklock prices set mine "+word+" --input DOLLARS --output DOLLARS"; got != want {
			t.Errorf("%q: %s", model, got)
		}
	}
}
