package lambdacontext

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"lambda-image.internal/go/internal/current"
	"lambda-image.internal/go/internal/logs"
	"lambda-image.internal/go/internal/stack"
)

// LogOption says what else records tell of their invocation.
type LogOption func(*logHandler)

// WithFunctionARN puts the function's ARN into records.
func WithFunctionARN() LogOption {
	return func(h *logHandler) { h.functionARN = true }
}

// WithTenantID is there for programs that ask for it: records always say the tenant, where there is one.
func WithTenantID() LogOption {
	return func(*logHandler) {}
}

// NewLogger is a logger as Lambda wants it; see NewLogHandler.
func NewLogger(options ...LogOption) *slog.Logger {
	return slog.New(NewLogHandler(options...))
}

// NewLogHandler writes records in the format of AWS_LAMBDA_LOG_FORMAT, from the level of AWS_LAMBDA_LOG_LEVEL on,
// where Lambda wants to have them. They say time (UTC), level, message, and of their invocation requestId and
// tenantId; where an attribute is an error, also errorType, errorMessage and stackTrace (its own, or that of the call that logs).
// The invocation is that of the record's context; records without one are the running invocation's, where only one
// runs at a time.
func NewLogHandler(options ...LogOption) slog.Handler {
	h := &logHandler{text: &text{}}
	for _, option := range options {
		option(h)
	}
	format := &slog.HandlerOptions{Level: slogLevel(logs.Least), ReplaceAttr: ReplaceAttr}
	if logs.JSON {
		h.base = slog.NewJSONHandler(&h.text.buffer, format)
	} else {
		h.base = slog.NewTextHandler(&h.text.buffer, format)
	}
	return h
}

// ReplaceAttr gives slog's own attributes Lambda's names: timestamp, message, and levels from TRACE to FATAL.
func ReplaceAttr(groups []string, attr slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return attr
	}
	switch attr.Key {
	case slog.TimeKey:
		attr.Key = "timestamp"
	case slog.MessageKey:
		attr.Key = "message"
	case slog.LevelKey:
		if level, ok := attr.Value.Any().(slog.Level); ok {
			attr.Value = slog.StringValue(lambdaLevel(level).String())
		}
	}
	return attr
}

const (
	levelTrace = slog.LevelDebug - 4
	levelFatal = slog.LevelError + 4
)

func slogLevel(level logs.Level) slog.Level {
	return levelTrace + 4*slog.Level(level-logs.Trace)
}

func lambdaLevel(level slog.Level) logs.Level {
	return logs.Trace + logs.Level((min(max(level, levelTrace), levelFatal)-levelTrace)/4)
}

// text is where a record is laid out, one at a time, before it is put out as a whole.
type text struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

type logHandler struct {
	*text
	base        slog.Handler
	functionARN bool
	nesting     []func(slog.Handler) slog.Handler // attributes and groups of With and WithGroup, outermost first
}

// Enabled says whether records of a level are written.
func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.base.Enabled(ctx, level)
}

// Handle writes a record. What it says of the invocation stands outside all groups.
func (h *logHandler) Handle(ctx context.Context, record slog.Record) error {
	record.Time = record.Time.UTC().Truncate(time.Millisecond)
	base := h.base.WithAttrs(append(h.invocation(ctx), failure(record)...))
	for _, nest := range h.nesting {
		base = nest(base)
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	defer h.instead(record)
	h.buffer.Reset()
	if err := base.Handle(ctx, record); err != nil {
		return err
	}
	logs.Put(lambdaLevel(record.Level), bytes.TrimSuffix(h.buffer.Bytes(), []byte("\n")))
	return nil
}

// instead writes the message alone where a value of the record panics when it is written: logging never fails.
func (h *logHandler) instead(record slog.Record) {
	if value := recover(); value != nil {
		logs.Write(logs.Record{
			Level:   lambdaLevel(record.Level),
			Message: fmt.Sprintf("%s (a value could not be written: %v)", record.Message, value),
		})
	}
}

// WithAttrs is slog.Handler's.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.with(func(base slog.Handler) slog.Handler { return base.WithAttrs(attrs) })
}

// WithGroup is slog.Handler's.
func (h *logHandler) WithGroup(name string) slog.Handler {
	return h.with(func(base slog.Handler) slog.Handler { return base.WithGroup(name) })
}

func (h *logHandler) with(nest func(slog.Handler) slog.Handler) slog.Handler {
	nested := *h
	nested.nesting = append(append([]func(slog.Handler) slog.Handler{}, h.nesting...), nest)
	return &nested
}

func (h *logHandler) invocation(ctx context.Context) []slog.Attr {
	running := current.Get()
	if ctx != nil {
		if lc, ok := FromContext(ctx); ok {
			running = &current.Invocation{RequestID: lc.AwsRequestID, TenantID: lc.TenantID, ARN: lc.InvokedFunctionArn}
		}
	}
	if running == nil {
		return nil
	}
	attrs := []slog.Attr{slog.String("requestId", running.RequestID)}
	if running.TenantID != "" {
		attrs = append(attrs, slog.String("tenantId", running.TenantID))
	}
	if h.functionARN && running.ARN != "" {
		attrs = append(attrs, slog.String("functionArn", running.ARN))
	}
	return attrs
}

// failure tells of the first attribute that is an error.
func failure(record slog.Record) (attrs []slog.Attr) {
	record.Attrs(func(attr slog.Attr) bool {
		err, ok := attr.Value.Any().(error)
		if !ok || err == nil {
			return true
		}
		attrs = []slog.Attr{
			slog.String("errorType", typeName(err)),
			slog.String("errorMessage", message(err)),
			slog.Any("stackTrace", stackTrace(err)),
		}
		return false
	})
	return attrs
}

// stackTrace is the error's stack, or that of the call that logs it.
func stackTrace(err error) []string {
	frames := stack.Of(err)
	if frames == nil {
		frames = stack.Here()
	}
	lines := make([]string, 0, len(frames))
	for _, frame := range frames {
		lines = append(lines, frame.String())
	}
	return lines
}

func typeName(err error) string {
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Ptr {
		t = t.Elem()
	}
	return t.Name()
}

// message is the error's, even if its type cannot say it: logging never fails.
func message(err error) (text string) {
	defer func() {
		if value := recover(); value != nil {
			text = fmt.Sprintf("!PANIC: %v", value)
		}
	}()
	return err.Error()
}
