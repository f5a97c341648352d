package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
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
	// JSON 3×6, percent 5×3. growthOfSigns is what one with signs needs besides: JSON 7×6, percent 5×3.
	growth        = 48
	growthOfSigns = 57
)

// need is how much room the forms of a secret take at most.
func need(secret []byte) int {
	if hasSigns(secret) {
		return (growth + growthOfSigns) * len(secret)
	}
	return growth * len(secret)
}

// hasSigns says that encoders differ about the secret: it has more than the letters, digits, '-', '_' and '.' that none of them
// touches. Most providers' keys have nothing else, and what is looked for in every byte of an answer is no more than they need.
func hasSigns(secret []byte) bool {
	return slices.ContainsFunc(secret, func(c byte) bool { return !isPlain(c, "-_.") })
}

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

// addAll adds the forms of one secret. Nothing of it is written outside f.room, which must have need(secret) bytes.
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
	f.addEscaped(secret, jsonStyles, urlStyles)
	if hasSigns(secret) {
		f.addEscaped(secret, jsonStylesOfSigns, urlStylesOfSigns)
	}
}

func (f *formSet) addEscaped(secret []byte, inJSON []jsonStyle, inURLs []urlStyle) {
	for _, style := range inJSON {
		f.add(func(dst []byte) []byte { return appendJSON(dst, secret, style) })
	}
	for _, style := range inURLs {
		f.add(func(dst []byte) []byte { return appendPercent(dst, secret, style) })
	}
}

// jsonStyle is how an encoder writes a JSON string: those in short get a backslash, those in numbered become \u00XX.
type jsonStyle struct{ short, numbered, digits string }

// urlStyle is how an encoder writes a part of a URL: letters, digits and plain stay as they are.
type urlStyle struct{ plain, digits string }

const (
	lowerDigits = "0123456789abcdef"
	upperDigits = "0123456789ABCDEF"
	// unreserved is what RFC 3986 leaves as it is, besides letters and digits.
	unreserved = "-._~"
)

var (
	jsonStyles = []jsonStyle{
		{`"\`, "", lowerDigits},    // JSON.stringify, Python
		{`"\/`, "", lowerDigits},   // PHP
		{`"\`, "<>&", lowerDigits}, // encoding/json, Rails
	}
	// jsonStylesOfSigns are of encoders that think of HTML, each of other signs.
	jsonStylesOfSigns = []jsonStyle{
		{`\`, "\"&'+<>`", upperDigits}, // System.Text.Json
		{`"\`, "<>&='", lowerDigits},   // Gson
		{`"\`, "<>&'", lowerDigits},    // Flask's tojson, JavaScriptSerializer
		{`\`, `"<>&'`, lowerDigits},    // Newtonsoft's EscapeHtml
		{`\/`, `"<>&'`, upperDigits},   // PHP with JSON_HEX_TAG, _AMP, _APOS and _QUOT, as Symfony has it
		{`\`, `"<>&'`, upperDigits},    // the same with JSON_UNESCAPED_SLASHES
		{`"\`, "<>&", upperDigits},     // Django's json_script
	}
	urlStyles = []urlStyle{
		{unreserved, upperDigits}, {unreserved, lowerDigits},
		{unreserved + "!'()*", upperDigits},            // encodeURIComponent
		{unreserved + "!'()*;,/?:@&=+$#", upperDigits}, // encodeURI
		{unreserved + "$&+:=@", upperDigits},           // a path as Go writes it
	}
	urlStylesOfSigns = []urlStyle{
		{"-_.!*()", upperDigits}, {"-_.!*()", lowerDigits}, // WebUtility and HttpUtility of .NET
		{"-_.*", upperDigits},           // URLSearchParams, URLEncoder of Java
		{"-_.", upperDigits},            // urlencode of PHP
		{unreserved + "/", upperDigits}, // quote of Python
	}
)

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

// appendJSON writes the content of a JSON string.
func appendJSON(dst, secret []byte, style jsonStyle) []byte {
	for _, c := range secret {
		switch {
		case strings.IndexByte(style.short, c) >= 0:
			dst = append(dst, '\\', c)
		case c < ' ' || strings.IndexByte(style.numbered, c) >= 0:
			dst = append(dst, '\\', 'u', '0', '0', style.digits[c>>4], style.digits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// appendPercent writes the secret as part of a URL.
func appendPercent(dst, secret []byte, style urlStyle) []byte {
	for _, c := range secret {
		if isPlain(c, style.plain) {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', style.digits[c>>4], style.digits[c&15])
		}
	}
	return dst
}

// isPlain says that c is a letter, a digit, or in also.
func isPlain(c byte, also string) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(also, c) >= 0
}
