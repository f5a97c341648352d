package app

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/oaklock/oaklock/internal/cli"
	"github.com/oaklock/oaklock/internal/control"
)

// exportTimeout ends an export; a hundred thousand lines take some seconds.
const exportTimeout = 10 * time.Minute

// ExportedLog says what came of it.
type ExportedLog struct {
	File  string `json:"file"` // its name without the folder; empty where the user did not say where
	Lines int64  `json:"lines"`
}

// ExportLog writes what the filter lets through, of all pages, into a file that the user names in the system's own dialog; format is
// "csv" or "json", and title stands above the dialog, in the page's language. On the way the page hears how far it is (savedEvent).
// It learns the file's name and nothing of what is in it.
func (a *API) ExportLog(filter control.LogFilter, format, title string) (ExportedLog, error) {
	if format != "csv" && format != "json" {
		return ExportedLog{}, &control.Error{Code: control.BadInput, Message: "The log is saved as CSV or JSON."}
	}
	path, err := a.save(title, "oaklock-log."+format)
	if err != nil || path == "" {
		return ExportedLog{}, err
	}
	ctx, cancel := context.WithTimeout(a.windowContext(), exportTimeout)
	defer cancel()
	filter.Before, filter.After, filter.Limit = 0, 0, 0
	n, err := cli.ExportLog(ctx, a.agent, filter, format, path, a.saved)
	var no *control.Error
	switch {
	case err == nil:
		return ExportedLog{File: filepath.Base(path), Lines: n}, nil
	case errors.As(err, &no), errors.Is(err, control.ErrNotRunning):
		return ExportedLog{}, err
	}
	return ExportedLog{}, &control.Error{Code: control.Failed, Message: asSentence(err)}
}

// asSentence is an error of the command line's as it is shown by itself.
func asSentence(err error) string {
	text := err.Error()
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(text[size:], ".") + "."
}
