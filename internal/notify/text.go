package notify

import (
	"strings"
	"unicode"
)

// Lengths in characters, before escapes.
const (
	maxTitle = 100
	maxBody  = 400
)

// plain is text from outside, cleaned and cut: what does not print goes, and so do the marks that turn the direction of
// writing and would let a site's name read backwards. Lines stay lines.
func plain(s string, most int) string {
	r := []rune(strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)))
	if len(r) > most {
		r = append(r[:most-1], '…')
	}
	return string(r)
}

// markup is text for a body, which the specification makes markup: a site's <a href> must be seen, not followed.
func markup(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
