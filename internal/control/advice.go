package control

import (
	"strings"

	"github.com/oaklock/oaklock/internal/command"
)

// SetsPrice is the command that gives a model a price, for whoever is told that there is none. A model that the command would not
// take is not in it.
func SetsPrice(provider, model string) string {
	if strings.Contains(model, "*") {
		model = ""
	}
	return "oaklock prices set " + command.Word(provider, "PROVIDER") + " " + command.Word(model, "MODEL") + " --input DOLLARS --output DOLLARS"
}

// KeyWords names a key in a command.
func KeyWords(provider, label string) string {
	return command.Word(provider, "PROVIDER") + " --label " + command.Word(label, "LABEL")
}
