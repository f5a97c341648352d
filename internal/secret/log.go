package secret

import (
	"context"
	"fmt"
	"log/slog"
)

// LogHandler passes records on to inner with the message and every attribute redacted by what r returns at that moment;
// nil is fine. It is meant to be the only handler of the program.
//
// Numbers, booleans and times pass as they are. Anything else that is not a string is logged as the text that %+v gives,
// so that no inner handler can write it in a form that was not looked at. Attributes given with slog.Logger.With are
// redacted when they are given: do not give a value there that may have a key not yet read.
func LogHandler(inner slog.Handler, r func() *Redactor) slog.Handler {
	return &logHandler{inner: inner, redactor: r}
}

type logHandler struct {
	inner    slog.Handler
	redactor func() *Redactor
}

func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.inner.Enabled(ctx, level)
}

func (h *logHandler) Handle(ctx context.Context, record slog.Record) error {
	r := h.redactor()
	clean := slog.NewRecord(record.Time, record.Level, r.text(record.Message), record.PC)
	record.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(r.attr(a))
		return true
	})
	return h.inner.Handle(ctx, clean)
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &logHandler{h.inner.WithAttrs(h.redactor().attrs(attrs)), h.redactor}
}

func (h *logHandler) WithGroup(name string) slog.Handler {
	return &logHandler{h.inner.WithGroup(name), h.redactor}
}

func (r *Redactor) text(s string) string { return string(r.Bytes([]byte(s))) }

func (r *Redactor) attrs(attrs []slog.Attr) []slog.Attr {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = r.attr(a)
	}
	return clean
}

func (r *Redactor) attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		v = slog.StringValue(r.text(v.String()))
	case slog.KindGroup:
		v = slog.GroupValue(r.attrs(v.Group())...)
	case slog.KindAny, slog.KindLogValuer:
		switch value := v.Any().(type) {
		case nil:
		case []byte:
			v = slog.StringValue(string(r.Bytes(value)))
		default:
			v = slog.StringValue(r.text(fmt.Sprintf("%+v", value)))
		}
	default: // numbers, booleans, times: no room for a key
	}
	return slog.Attr{Key: r.text(a.Key), Value: v}
}
