package tray

import (
	"strings"
	"unicode"
)

// Lengths in characters.
const (
	maxStatus = 120
	maxOrigin = 64
)

// clean makes one line of text from outside: what does not print goes, and so do the marks that turn the direction of
// writing and would let a page's name read backwards.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return -1
	}, s))
}

// head is s cleaned and cut at its end.
func head(s string, most int) string {
	r := []rune(clean(s))
	if len(r) <= most {
		return string(r)
	}
	return string(r[:most-1]) + "…"
}

// tail is s cleaned and cut at its beginning. An origin is cut there because its end says whose it is: the beginning of
// https://bank.example.….evil.example would name somebody else.
func tail(s string, most int) string {
	r := []rune(clean(s))
	if len(r) <= most {
		return string(r)
	}
	return "…" + string(r[len(r)-most+1:])
}
