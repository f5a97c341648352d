package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// screen writes for a person, or as JSON for a script. Everything passes clean or escape on the way. Write errors are left alone: a reader that
// went away (head, less) is no failure of the command.
type screen struct {
	w    io.Writer
	home *string // --home, which belongs into the commands that are advised; nil: there is none
}

// line writes one line; there is no way for what it quotes to make two of it.
func (s screen) line(format string, args ...any) {
	s.plain(fmt.Sprintf(s.hereFormat(format), args...))
}

// plain writes one line as it is.
func (s screen) plain(text string) { _, _ = fmt.Fprintln(s.w, clean(text)) }

// text writes several lines of the program's own.
func (s screen) text(text string) {
	for line := range strings.Lines(text) {
		s.line("%s", strings.TrimRight(strings.ReplaceAll(line, "\t", "  "), "\n"))
	}
}

// widest is how many characters a cell has that is cut where it is longer, in the columns of narrow.
const widest = 60

// narrow are the columns that a page or a long list could make as wide as it likes. Of a site its end says most about whose it is.
var narrow = map[string]func(string) string{
	"SITE":   func(s string) string { r := []rune(s); return string(r[:20]) + "…" + string(r[len(r)-widest+21:]) },
	"MODEL":  cutEnd,
	"MODELS": cutEnd,
}

func cutEnd(s string) string { return string([]rune(s)[:widest-1]) + "…" }

// table writes rows in columns. The first row may be the heading. JSON has the whole of a cell that is cut here.
func (s screen) table(rows [][]string) {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = clean(cell)
			if cut := narrow[rows[0][min(i, len(rows[0])-1)]]; cut != nil && utf8.RuneCountInString(row[i]) > widest {
				row[i] = cut(row[i])
			}
		}
		_, _ = fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush()
	for line := range strings.Lines(b.String()) {
		_, _ = fmt.Fprintln(s.w, strings.TrimRight(line, " \n")) // an empty last column leaves its padding
	}
}

// list writes a JSON array, [] when there is nothing.
func list[T any](s screen, items []T) error {
	if items == nil {
		items = []T{}
	}
	return s.json(items)
}

func (s screen) json(v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	_, _ = io.WriteString(s.w, escape(b.String()))
	return nil
}

// sequences are what terminals obey: control sequences (colour, movement), commands to the terminal (title, clipboard) up to their end, and the
// short escapes; each also with the one-byte C1 introducers.
var sequences = regexp.MustCompile("(?:\x1b\\[|\u009b)[0-?]*[ -/]*[@-~]" +
	"|(?:\x1b[\\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\x07\x1b\u009c]*(?:\x07|\x1b\\\\|\u009c)?" +
	"|\x1b[ -/]*[0-~]?")

// clean takes out what a terminal would obey or hide instead of show: escape sequences, control characters, and invisible format characters,
// among them those that turn the direction of writing and make one name look like another.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, sequences.ReplaceAllString(s, ""))
}

// escape writes the same characters in JSON text as \u escapes: the value stays what it was, and a terminal shows it.
func escape(text string) string {
	if strings.IndexFunc(text, hidden) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case !hidden(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// hidden is invisible, but for the line ends between JSON values. The encoder has escaped those within.
func hidden(r rune) bool { return r != '\n' && invisible(r) }

func invisible(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
}
