package cli

import "io"

// What the tables test directly.
var (
	Cell        = cell
	Clean       = clean
	Escape      = escape
	ParseLimits = parseLimits
	ParseRate   = parseRate
	ParseSpan   = parseSpan
	TokenCount  = tokenCount
	LimitsText  = limitsText
	When        = when
)

// Advise and Line write a line where --home names a folder.
func Advise(w io.Writer, home, format string, args ...any) {
	screen{w: w, home: &home}.advice(format, args...)
}

func Line(w io.Writer, home, format string, args ...any) {
	screen{w: w, home: &home}.line(format, args...)
}
