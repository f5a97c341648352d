// Package command writes values into the commands that Oaklock advises, which people copy into a shell as they stand.
//
// A model's name is in the words of a page, a label or a path in the user's own; [Word] makes of each one word that no shell takes
// apart. All values in advised commands pass through it; a test in internal/e2e holds that.
package command

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Word is a value as one word of a command, for a POSIX shell, fish and PowerShell, and for cmd on Windows. What these do not agree how
// to quote, what is an option where it stands, and what has a sign that cannot be seen is not written at all: standIn, such as MODEL, is
// in its place, and the user puts the value there.
func Word(value, standIn string) string { return word(value, standIn, onWindows) }

func word(value, standIn string, windows bool) string {
	all := func(is func(rune) bool) bool {
		return !strings.ContainsFunc(value, func(r rune) bool { return !is(r) })
	}
	path := func(r rune) bool { return windows && r == '\\' }
	switch {
	case value == "", value[0] == '-', !utf8.ValidString(value), !all(unicode.IsPrint):
	case all(func(r rune) bool { return plain(r) || path(r) }):
		return value
	case all(func(r rune) bool { return calm(r) || path(r) }) && (windows || strings.Contains(value, "'")) && !strings.HasSuffix(value, `\`):
		return `"` + value + `"`
	case !windows && all(quotable):
		return "'" + value + "'"
	}
	return standIn
}

// plain is what means nothing to any shell, wherever it stands in a word.
func plain(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._:/+-", r)
}

// calm is what means nothing between double quotes, to cmd and PowerShell too: no $, %, !, ` or ^.
func calm(r rune) bool {
	return plain(r) || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune(" ',=@~()[]{}#*?;", r)
}

// quotable is what means nothing between single quotes: no backslash, which fish reads there, and no quote, not even one of those that
// PowerShell takes for its own.
func quotable(r rune) bool { return !strings.ContainsRune("'\\‘’‚‛", r) }
