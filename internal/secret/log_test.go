package secret_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/oaklock/oaklock/internal/secret"
)

type resolves struct{ text string }

func (r resolves) LogValue() slog.Value { return slog.AnyValue(errors.New(r.text)) }

type prints struct{ text string }

func (p prints) String() string { return p.text }

func TestLogHandlerRedactsEverything(t *testing.T) {
	r := newRedactor(t, key)
	handlers := map[string]func(*strings.Builder) slog.Handler{
		"text": func(b *strings.Builder) slog.Handler { return slog.NewTextHandler(b, nil) },
		"json": func(b *strings.Builder) slog.Handler { return slog.NewJSONHandler(b, nil) },
	}
	for name, handler := range handlers {
		var out strings.Builder
		log := slog.New(secret.LogHandler(handler(&out), func() *secret.Redactor { return r }))
		log.With("with", key).WithGroup("group").With(slog.Group("inner", "a", key)).Warn("message "+key,
			"string", "x"+key+"y",
			"error", fmt.Errorf("dial: %w", errors.New(key)),
			"bytes", []byte(key),
			"stringer", prints{key},
			"struct", struct{ A, B string }{key, "b"},
			"map", map[string]any{"k": key},
			"slice", []string{key},
			"pointer", &prints{key},
			"valuer", resolves{key},
			slog.Group("deep", slog.Any("error", errors.New(key))),
			key, "as a name",
		)
		got := out.String()
		if leaks(got) {
			t.Errorf("%s: %s", name, got)
		}
		if n := strings.Count(got, gone); n != 14 {
			t.Errorf("%s: %d replacements: %s", name, n, got)
		}
	}
}

func TestLogHandlerLeavesTheRest(t *testing.T) {
	const line = `level=INFO msg="listening on 127.0.0.1" port=6255 open=true after=4ms none=<nil> group.error=refused` + "\n"
	drop := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	for name, r := range map[string]*secret.Redactor{"nil": nil, "one": newRedactor(t, key)} {
		var out strings.Builder
		inner := slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: drop})
		log := slog.New(secret.LogHandler(inner, func() *secret.Redactor { return r }))
		log.WithGroup("").Info("listening on 127.0.0.1", "port", 6255, "open", true, "after", 4*time.Millisecond,
			"none", nil, slog.Group("group", "error", errors.New("refused")))
		if out.String() != line {
			t.Errorf("%s: %q", name, out.String())
		}
		if log.Enabled(context.Background(), slog.LevelDebug) {
			t.Errorf("%s: the level is not the inner one's", name)
		}
	}
}
