package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/money"
)

const (
	exportPage  = 1000   // lines that are asked for at once, and after each of which it is told how far it is
	exportWords = 20_000 // lines after each of which that is written on the screen
)

func (p *program) logExport() *cobra.Command {
	var q logQuery
	var format, output string
	var overwrite bool
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the log as CSV or JSON",
		Long: `Writes the log as CSV or JSON, the oldest line first, on the standard output or into a file that only you can read. In CSV
costs are in US dollars, what is not known is empty, and a text that a spreadsheet would take for a formula has a ' before it. In JSON, here
as everywhere, costs are in millionths of a US dollar, and -1 is what is not known.

  oaklock log export --format csv --output log.csv
  oaklock log export --format json --since 30d --site https://app.example

What is older than the setting log_days is in sums alone: oaklock usage --by day --since 2026-01-01 --json`,
		Args: needs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			begin := exports[format]
			if begin == nil {
				return usage("--format takes csv or json.")
			}
			f, err := q.filter(p.now())
			if err != nil {
				return err
			}
			client, err := p.client()
			if err != nil {
				return err
			}
			if output == "" || output == "-" {
				_, err := exportTo(cmd.Context(), client, f, begin(p.host.Stdout), p.sayProgress)
				return fileError("the standard output", err)
			}
			n, err := exportFileOf(cmd.Context(), client, f, begin, output, overwrite, p.sayProgress)
			if err != nil {
				return err
			}
			p.notes.line("Wrote %s to %s.", number(n, "line"), output)
			return nil
		},
	}
	q.flags(cmd)
	cmd.Flags().StringVar(&format, "format", "", "csv or json")
	cmd.Flags().StringVarP(&output, "output", "o", "", "the file to write, which must not be there yet; without it, the standard output")
	cmd.Flags().BoolVar(&overwrite, "overwrite", false, "replace the file if there is one")
	return cmd
}

// export takes lines and writes them in its format.
type export interface {
	add(e control.Entry) error
	end() error
}

var exports = map[string]func(io.Writer) export{"csv": newCSV, "json": newJSON}

func (p *program) sayProgress(n, percent int64) {
	if n%exportWords != 0 {
		return
	}
	p.notes.line("%s so far, about %d of 100.", number(n, "line"), percent)
}

// Logs is who has the log: the agent, on the other side of the control socket.
type Logs interface {
	Log(ctx context.Context, f control.LogFilter) ([]control.Entry, error)
}

// ExportLog writes what the filter lets through into a file, as "oaklock log export" does, and says how many lines there were;
// format is "csv" or "json". A file that is there is replaced. It is for the window, whose user has said so in a dialog. The error
// is a sentence that may be shown, or the agent's. On the way tell hears how many lines are written, and how much of all that is.
func ExportLog(ctx context.Context, from Logs, f control.LogFilter, format, path string, tell func(lines, percent int64)) (lines int64, err error) {
	begin := exports[format]
	if begin == nil {
		return 0, fmt.Errorf("the log is written as csv or json, and not as %q", format)
	}
	return exportFileOf(ctx, from, f, begin, path, true, tell)
}

func exportFileOf(ctx context.Context, from Logs, f control.LogFilter, begin func(io.Writer) export, path string, overwrite bool, tell func(n, percent int64)) (n int64, err error) {
	file, err := newFile(path, overwrite)
	if err != nil {
		return 0, err
	}
	defer file.discard()
	if n, err = exportTo(ctx, from, f, begin(file), tell); err == nil {
		err = file.keep()
	}
	return n, fileError(path, err)
}

// exportTo asks for a page after the other, so that neither program ever holds the whole log.
func exportTo(ctx context.Context, client Logs, f control.LogFilter, to export, tell func(n, percent int64)) (n int64, err error) {
	newest := f
	newest.Limit = 1
	last, err := client.Log(ctx, newest)
	if err != nil {
		return 0, err
	}
	f.Oldest, f.Limit = true, exportPage
	var first int64
	for len(last) > 0 {
		lines, err := client.Log(ctx, f)
		if err != nil {
			return n, err
		}
		for _, e := range lines {
			if err := to.add(e); err != nil {
				return n, err
			}
			if first == 0 {
				first = e.ID
			}
			if n++; n%exportPage == 0 {
				done := 100 * (e.ID - first + 1) / max(1, last[0].ID-first+1)
				tell(n, min(done, 100))
			}
		}
		if len(lines) < exportPage || lines[len(lines)-1].ID >= last[0].ID { // what comes while it writes is for the next time
			break
		}
		f.After = lines[len(lines)-1].ID
	}
	return n, to.end()
}

// csvExport is a table with a heading.
type csvExport struct{ w *csv.Writer }

func newCSV(w io.Writer) export {
	e := csvExport{csv.NewWriter(w)}
	_ = e.w.Write([]string{"id", "time", "site", "provider", "endpoint", "model", "key", "status", "code", "refused", "count",
		"input_tokens", "output_tokens", "cost_usd", "estimated", "milliseconds", "bytes_in", "bytes_out"}) // Flush says what went wrong
	return e
}

func (x csvExport) add(e control.Entry) error {
	known := func(n int64) string {
		if n < 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	cost := ""
	if e.Cost >= 0 {
		cost = fmt.Sprintf("%d.%06d", e.Cost/money.Dollar, e.Cost%money.Dollar)
	}
	return x.w.Write([]string{known(e.ID), time.UnixMilli(e.Time).Format(time.RFC3339), cell(e.Origin), cell(e.Provider), cell(e.Endpoint), cell(e.Model),
		cell(e.Credential), strconv.Itoa(e.Status), cell(e.Code), strconv.FormatBool(e.Refused), known(e.Count),
		known(e.Input), known(e.Output), cost, strconv.FormatBool(e.Estimated), known(e.Millis), known(e.BytesIn), known(e.BytesOut)})
}

func (x csvExport) end() error {
	x.w.Flush()
	return x.w.Error()
}

// cell is a text that neither a terminal nor a spreadsheet obeys. A page chooses the name of its model, and a spreadsheet takes
// what begins with one of these for a formula, which can send the rest of the table elsewhere
// (https://owasp.org/www-community/attacks/CSV_Injection); some take the wide forms for the same.
func cell(s string) string {
	s = clean(s)
	if strings.ContainsAny(firstRune(strings.TrimSpace(s)), "=+-@|%＝＋－＠") {
		return "'" + s
	}
	return s
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

// jsonExport is an array of what "oaklock log --json" prints.
type jsonExport struct {
	w    io.Writer
	some bool
}

func newJSON(w io.Writer) export { return &jsonExport{w: w} }

func (x *jsonExport) add(e control.Entry) error {
	var b bytes.Buffer
	b.WriteString(map[bool]string{false: "[\n  ", true: ",\n  "}[x.some])
	x.some = true
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	_, err := io.WriteString(x.w, escape(strings.TrimSuffix(b.String(), "\n")))
	return err
}

func (x *jsonExport) end() error {
	_, err := io.WriteString(x.w, map[bool]string{false: "[]\n", true: "\n]\n"}[x.some])
	return err
}
