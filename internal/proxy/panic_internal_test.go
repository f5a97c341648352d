package proxy

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/oaklock/oaklock/internal/admission"
	"github.com/oaklock/oaklock/internal/origin"
)

// What a request has brought to its knees may hold its text: of a panic the log has the type and the place, and the page an answer
// that is cut.
func TestAPanicIsLoggedWithoutItsValue(t *testing.T) {
	for _, v := range []any{"a prompt", errors.New("a prompt"), struct{ text string }{"a prompt"}, []byte("a prompt")} {
		var log bytes.Buffer
		h := New(Config{Log: slog.New(slog.NewTextHandler(&log, nil)), Gate: admission.NewGate(6255), Apps: func(string) origin.Origin { panic(v) }})
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:6255/llm/openai/chat/completions", nil)
		r.RequestURI = "/llm/openai/chat/completions"
		func() {
			defer func() {
				if got := recover(); got != http.ErrAbortHandler { //nolint:errorlint // as net/http compares
					t.Errorf("net/http is left with %v", got)
				}
			}()
			h.ServeHTTP(httptest.NewRecorder(), r)
		}()
		if text := log.String(); strings.Contains(text, "prompt") || !strings.Contains(text, typeName(v)) || !strings.Contains(text, "panic_internal_test.go") {
			t.Errorf("the log says %s", text)
		}
		h.Close()
	}
}
