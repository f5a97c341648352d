package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/control"
	"github.com/oaklock/oaklock/internal/oaktest"
)

// logging is an agent with 2,500 lines of log.
type logging struct {
	windowAgent
	asked []control.LogFilter
	err   error
}

func (l *logging) Log(_ context.Context, f control.LogFilter) (out []control.Entry, err error) {
	l.asked = append(l.asked, f)
	const last = 2500
	if !f.Oldest {
		return []control.Entry{{ID: last}}, l.err
	}
	for id := f.After + 1; id <= last && len(out) < f.Limit; id++ {
		out = append(out, control.Entry{ID: id, Origin: "https://app.example", Model: "=1+1"})
	}
	return out, l.err
}

// The user saves what the filters show, of all pages, where the dialog says; in a file that only the user can read.
func TestExportLog(t *testing.T) {
	agent := &logging{}
	api := newAPI(agent, nil)
	path, offered := filepath.Join(t.TempDir(), "my.csv"), ""
	const title = "Dónde guardar el registro"
	var told []string
	api.saved = func(lines, percent int64) { told = append(told, fmt.Sprint(lines, " ", percent)) }
	api.save = func(above, name string) (string, error) { offered = above + ": " + name; return path, nil }
	if err := os.WriteFile(path, []byte("replaced, as the dialog has asked"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := api.ExportLog(control.LogFilter{Origin: "https://app.example", Before: 77, Limit: 50}, "csv", title)
	if err != nil || got != (ExportedLog{File: "my.csv", Lines: 2500}) || offered != title+": oaklock-log.csv" {
		t.Fatal(got, err, offered)
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), "\n") != 2501 || !strings.Contains(string(text), "\n2500,") || !strings.Contains(string(text), ",'=1+1,") {
		t.Errorf("the file has %d lines, %v", strings.Count(string(text), "\n"), err)
	}
	oaktest.Private(t, path)
	if !slices.Equal(told, []string{"1000 40", "2000 80"}) {
		t.Errorf("on the way it told %q", told)
	}
	for _, f := range agent.asked {
		if f.Origin != "https://app.example" || f.Before != 0 {
			t.Errorf("the agent was asked for %+v", f)
		}
	}

	agent.asked = nil
	path = ""
	if got, err := api.ExportLog(control.LogFilter{}, "json", title); err != nil || got != (ExportedLog{}) || len(agent.asked) != 0 {
		t.Errorf("a dialog that was closed: %+v, %v, %+v", got, err, agent.asked)
	}
	var no *control.Error
	path = filepath.Join(t.TempDir(), "nowhere", "my.csv")
	if _, err := api.ExportLog(control.LogFilter{}, "csv", title); !errors.As(err, &no) || !strings.HasPrefix(no.Message, "There is no folder ") || !strings.HasSuffix(no.Message, "Nothing was written.") {
		t.Errorf("into no folder: %v", err)
	}
	if _, err := api.ExportLog(control.LogFilter{}, "xml", title); !errors.As(err, &no) || no.Code != control.BadInput {
		t.Errorf("as XML: %v", err)
	}
	path, agent.err = filepath.Join(t.TempDir(), "my.csv"), &control.Error{Code: control.Unavailable, Message: "No."}
	if _, err := api.ExportLog(control.LogFilter{}, "csv", title); !errors.Is(err, agent.err) {
		t.Errorf("the agent's no: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 0 {
		t.Errorf("left there is %v, %v", left, err)
	}
}
