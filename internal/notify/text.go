package notify

import (
	"strings"
	"unicode"
)

// Lengths in characters, before escapes.
const (
	maxTitle = 120
	maxBody  = 400
	maxWord  = 64
)

// plain is text from outside, cleaned and cut: what does not print goes, and so do the marks that turn the direction of
// writing and would let a site's name read backwards. Lines stay lines.
func plain(s string, most int) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s))
	words := strings.Split(s, " ")
	for i, w := range words {
		words[i] = tail(w)
	}
	r := []rune(strings.Join(words, " "))
	if len(r) > most {
		r = append(r[:most-1], '…')
	}
	return string(r)
}

// tail cuts a long word at its beginning. Such a word is an origin, and its end says whose it is: the beginning of
// https://bank.example.….evil.example would name somebody else.
func tail(word string) string {
	r := []rune(word)
	if len(r) <= maxWord {
		return word
	}
	return "…" + string(r[len(r)-maxWord+1:])
}

// markup is text for a body, which the specification makes markup: a site's <a href> must be seen, not followed.
func markup(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
