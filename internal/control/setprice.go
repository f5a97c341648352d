package control

import (
	"strings"
	"unicode"
)

// SetsPrice is the command that gives a model a price, for whoever is told that there is none. The model is in the words of a page, so it
// is quoted for a shell; where the command would not take it, a word stands for it.
func SetsPrice(provider, model string) string {
	if model == "" || strings.HasPrefix(model, "-") || strings.ContainsFunc(model, func(r rune) bool { return r == '*' || !unicode.IsPrint(r) }) {
		model = "MODEL"
	}
	return "oaklock prices set " + provider + " " + shellWord(model) + " --input DOLLARS --output DOLLARS"
}

// shellWord is a text as one word of a POSIX shell, or of PowerShell where there is no apostrophe in it.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._:/+-", r))
	}
	if !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
