package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"lambda-image.internal/go/internal/logs"
	"lambda-image.internal/go/internal/stack"
	"lambda-image.internal/go/lambda/messages"
)

// From this size on the cause for X-Ray is left out, which the emulator would crop to no JSON; the error never is.
const maxXRayCause = 64 << 10

// A function that logs its errors itself sets it to "off".
const logErrors = "LAMBDA_IMAGE_LOG_ERRORS"

// failure is an error as it is reported and logged.
type failure struct {
	message  string
	kind     string // the type's name
	category string // Category.Reason, for the header
	stack    []stack.Frame
	exit     bool // the process ends after the report
}

// named is an error of the client's own, with the type that is reported.
type named struct {
	kind string
	err  error
}

func (n *named) Error() string { return n.err.Error() }
func (n *named) Unwrap() error { return n.err }

// call calls the handler; what it fails with comes back, panics too.
func call(ctx context.Context, handler *handlerOptions, payload []byte) (result *result, failed *failure) {
	defer func() {
		if value := recover(); value != nil {
			failed = panicked(value)
		}
	}()
	result, err := handler.call(ctx, payload)
	if err != nil {
		failed = failureOf(err)
		if failed.stack == nil {
			failed.stack = handler.where // all that is known of an error without a stack: who returned it
		}
		return nil, failed
	}
	return result, nil
}

// abandoned ends a process whose handler has ended its goroutine (runtime.Goexit, as FailNow of a test does), which
// nothing can hold up: that it is told, in a stream that has begun by its trailers, is all that can be done, and among
// several that the others may finish.
func (w *worker) abandoned(invocation *invocation) {
	if invocation.returned {
		return
	}
	const message = "the handler ended its goroutine by runtime.Goexit"
	failed := &failure{message: message, kind: "Runtime.Goexit", category: "Runtime.Goexit", stack: w.handler.where}
	if invocation.streaming {
		_ = w.endStream(invocation, failed, nil)
	} else {
		_ = w.reportFailure(invocation, failed)
	}
	if w.group == nil {
		os.Exit(1)
	}
	_ = w.group.end(invocation, &ending{status: 1})
}

// failureOf describes an error that was returned.
func failureOf(err error) *failure {
	if response, ok := err.(messages.InvokeResponse_Error); ok {
		return reported(&response)
	}
	if response, ok := err.(*messages.InvokeResponse_Error); ok {
		return reported(response)
	}
	if own := ours(err); own != nil {
		return &failure{message: err.Error(), kind: own.kind, category: own.kind}
	}
	kind := typeName(err)
	return &failure{message: err.Error(), kind: kind, category: categoryOf(kind), stack: stack.Of(err)}
}

// ours is the client's own error within one of the function's, if there is one. errors.As would go round in a circle.
func ours(err error) *named {
	for depth := 0; err != nil && depth < stack.Deepest; depth, err = depth+1, errors.Unwrap(err) {
		if own, ok := err.(*named); ok {
			return own
		}
	}
	return nil
}

func reported(response *messages.InvokeResponse_Error) *failure {
	f := &failure{message: response.Message, kind: response.Type, category: categoryOf(response.Type), exit: response.ShouldExit}
	for _, frame := range response.StackTrace {
		f.stack = append(f.stack, stack.Frame{Path: frame.Path, Line: int(frame.Line), Label: frame.Label})
	}
	return f
}

// categoryOf is a type's name in the form Category.Reason; a name that has it already stays.
func categoryOf(kind string) string {
	if reason, ok := strings.CutPrefix(kind, "Runtime."); ok && reason == word(reason) {
		return kind
	}
	return "Function." + word(kind)
}

// panicked describes a panic, while it is being recovered from.
func panicked(value interface{}) *failure {
	if response, ok := value.(messages.InvokeResponse_Error); ok {
		return reported(&response)
	}
	return &failure{
		message:  fmt.Sprint(value),
		kind:     typeName(value),
		category: "Runtime.Panic",
		stack:    stack.Here(),
		exit:     true,
	}
}

func typeName(value interface{}) string {
	t := reflect.TypeOf(value)
	if t == nil {
		return "nil"
	}
	if t.Kind() == reflect.Ptr {
		t = t.Elem()
	}
	if name := t.Name(); name != "" {
		return name
	}
	return "error"
}

// word leaves of a name what the header may hold.
func word(name string) string {
	kept := strings.Map(func(r rune) rune {
		if r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return -1
	}, name)
	if kept == "" {
		return "Error"
	}
	return kept
}

func (f *failure) lines() []string {
	lines := make([]string, 0, len(f.stack))
	for _, frame := range f.stack {
		lines = append(lines, frame.String())
	}
	return lines
}

// body is the report. Strings always have a form in JSON.
func (f *failure) body() []byte {
	body, _ := json.Marshal(struct {
		Message string   `json:"errorMessage"`
		Type    string   `json:"errorType"`
		Stack   []string `json:"stackTrace"`
	}{f.message, f.kind, f.lines()})
	return body
}

type xrayFrame struct {
	Path  string `json:"path"`
	Line  int    `json:"line"`
	Label string `json:"label"`
}

type xrayException struct {
	Type    string      `json:"type"`
	Message string      `json:"message"`
	Stack   []xrayFrame `json:"stack"`
}

// xrayCause is the cause for X-Ray, as the value of a header: JSON in ASCII.
func (f *failure) xrayCause() string {
	folder, _ := os.Getwd()
	exception := xrayException{f.kind, f.message, []xrayFrame{}}
	paths, seen := []string{}, map[string]bool{}
	for _, frame := range f.stack {
		exception.Stack = append(exception.Stack, xrayFrame(frame))
		if !seen[frame.Path] {
			seen[frame.Path] = true
			paths = append(paths, frame.Path)
		}
	}
	cause, _ := json.Marshal(struct {
		WorkingDirectory string          `json:"working_directory"`
		Exceptions       []xrayException `json:"exceptions"`
		Paths            []string        `json:"paths"`
	}{folder, []xrayException{exception}, paths})
	return ascii(cause)
}

// ascii escapes what a header's value may not hold; JSON's own escapes are ASCII already.
func ascii(text []byte) string {
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		switch {
		case r < 0x7f:
			b.WriteByte(byte(r))
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// reportFailure logs a failure and posts it. An error means that the process has to end.
func (w *worker) reportFailure(invocation *invocation, f *failure) error {
	f.log(invocation.id, invocation.get(headerTenantID))
	head := invocation.appendAttempt(w.api.post(invocation.path("error")))
	head = appendField(head, headerErrorType, f.category)
	if cause := f.xrayCause(); len(cause) < maxXRayCause {
		head = appendField(head, headerXRayCause, cause)
	}
	return exitAfter(f, w.send(invocation, head, contentTypeJSON, f.body()))
}

// exitAfter is the end of the process where the failure asks for it, else what else there is to end it.
func exitAfter(f *failure, err error) error {
	if err == nil && f.exit {
		return &ending{status: 1}
	}
	return err
}

func (f *failure) log(requestID, tenantID string) {
	if strings.EqualFold(os.Getenv(logErrors), "off") {
		return
	}
	logs.Write(logs.Record{
		Level:        logs.Error,
		RequestID:    requestID,
		TenantID:     tenantID,
		Message:      f.kind + ": " + f.message,
		ErrorType:    f.kind,
		ErrorMessage: f.message,
		Stack:        f.lines(),
	})
}
