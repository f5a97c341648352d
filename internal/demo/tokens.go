package demo

import "unicode/utf8"

// longestPiece is how many characters a piece has at most; a model's token is about half a word.
const longestPiece = 8

// pieces splits a text as a model would stream it. Joined they are the text again, and each counts as one token.
func pieces(text string) []string {
	var out []string
	start, runes := 0, 0
	for i, r := range text {
		if i > start && (r == ' ' || r == '\n' || runes == longestPiece) {
			out = append(out, text[start:i])
			start, runes = i, 0
		}
		runes++
	}
	if start < len(text) {
		out = append(out, text[start:])
	}
	return out
}

// tokens is the estimate for what was sent: about four characters each.
func tokens(texts ...string) int {
	runes := 0
	for _, t := range texts {
		runes += utf8.RuneCountInString(t)
	}
	return (runes + 3) / 4
}

// cut keeps at most limit pieces and tells whether any were lost; limit 0 means no limit.
func cut(p []string, limit int) (kept []string, full bool) {
	if limit > 0 && len(p) > limit {
		return p[:limit], false
	}
	return p, true
}
