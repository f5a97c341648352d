package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
)

// A secret comes back in other clothes: a debug header in base64, a dump in hex, an error message as a JSON string, a
// link with percent signs. forms writes each of them once.
const (
	// shortestWhole is the least length of a secret that is looked for at all: anything shorter is found in ordinary
	// text by chance.
	shortestWhole = 6
	// shortestForm is the least length of a secret whose encodings are looked for too, and of a cut piece at the end of
	// a stream that is taken for the secret. It leaves ten characters of base64: 60 bits.
	shortestForm = 8
	// growth is how many bytes all forms of a secret need at most, for each of its own: raw 1, base64 6×1.4, hex 2×2,
	// JSON 3×6, percent 5×3.
	growth = 48
)

// formSet collects patterns in locked memory.
type formSet struct {
	room     []byte // what is left of the memory
	patterns [][]byte
}

// add keeps what write appends, if it is new.
func (f *formSet) add(write func(dst []byte) []byte) {
	pattern := write(f.room[:0:len(f.room)])
	for _, p := range f.patterns {
		if bytes.Equal(p, pattern) {
			return // the next form overwrites it
		}
	}
	f.patterns = append(f.patterns, pattern)
	f.room = f.room[len(pattern):]
}

// addAll adds the forms of one secret. Nothing of it is written outside f.room, which must have growth bytes for each
// byte of the secret.
func (f *formSet) addAll(secret []byte) {
	if len(secret) < shortestWhole {
		return
	}
	f.add(func(dst []byte) []byte { return append(dst, secret...) })
	if len(secret) < shortestForm {
		return
	}
	for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			f.add(func(dst []byte) []byte { return appendBase64(dst, alphabet, secret, before) })
		}
	}
	f.add(func(dst []byte) []byte { return hex.AppendEncode(dst, secret) })
	f.add(func(dst []byte) []byte { return appendUpper(hex.AppendEncode(dst, secret), 0) })
	for _, escaped := range []string{"", "/", "<>&"} {
		f.add(func(dst []byte) []byte { return appendJSON(dst, secret, escaped) })
	}
	for _, form := range []struct{ plain, digits string }{
		{unreserved, upperDigits}, {unreserved, lowerDigits}, {unreserved + "!'()*", upperDigits}, // the last is encodeURIComponent
		{unreserved + "!'()*;,/?:@&=+$#", upperDigits}, {unreserved + "$&+:=@", upperDigits}, // encodeURI, and a path as Go writes it
	} {
		f.add(func(dst []byte) []byte { return appendPercent(dst, secret, form.plain, form.digits) })
	}
}

// appendBase64 appends those characters that any text has in which the secret stands after `before` more bytes (modulo
// 3): the characters that also carry bits of a neighbour are left out.
func appendBase64(dst []byte, alphabet *base64.Encoding, secret []byte, before int) []byte {
	start := len(dst)
	first, last := (before*8+5)/6, (before+len(secret))*8/6
	// Encoded group by group through a small buffer, which needs no other copy of the secret.
	var group [3]byte
	var text [4]byte
	for i := -before; i < len(secret); i += 3 {
		n := 0
		for j := i; j < i+3 && j < len(secret); j++ {
			group[n] = 0
			if j >= 0 {
				group[n] = secret[j]
			}
			n++
		}
		alphabet.Encode(text[:], group[:n])
		dst = append(dst, text[:alphabet.EncodedLen(n)]...)
	}
	clear(group[:])
	clear(text[:])
	stable := dst[start+first : start+last]
	return dst[:start+copy(dst[start:], stable)]
}

// appendUpper changes dst[from:] in place.
func appendUpper(dst []byte, from int) []byte {
	for i, c := range dst[from:] {
		if 'a' <= c && c <= 'z' {
			dst[from+i] = c - 'a' + 'A'
		}
	}
	return dst
}

const (
	lowerDigits = "0123456789abcdef"
	upperDigits = "0123456789ABCDEF"
	// unreserved is what RFC 3986 leaves as it is, besides letters and digits.
	unreserved = "-._~"
)

// appendJSON writes the content of a JSON string, where those in also are escaped as well: PHP escapes the slash, Go
// the three that HTML knows.
func appendJSON(dst, secret []byte, also string) []byte {
	for _, c := range secret {
		isAlso := bytes.IndexByte([]byte(also), c) >= 0
		switch {
		case c == '"' || c == '\\' || c == '/' && isAlso:
			dst = append(dst, '\\', c)
		case c < ' ' || isAlso:
			dst = append(dst, '\\', 'u', '0', '0', lowerDigits[c>>4], lowerDigits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// appendPercent writes the secret as part of a URL, where plain stays as it is besides letters and digits.
func appendPercent(dst, secret []byte, plain, digits string) []byte {
	for _, c := range secret {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', bytes.IndexByte([]byte(plain), c) >= 0:
			dst = append(dst, c)
		default:
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		}
	}
	return dst
}
