package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"

	"lambda-image.internal/go/internal/stack"
	"lambda-image.internal/go/lambda/handlertrace"
)

// Handler is a handler that reads and writes bytes.
type Handler interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// result is what a handler answered: bytes, or a stream of them.
type result struct {
	body        []byte
	stream      io.Reader
	contentType string
}

// close tells a stream that nobody reads on. What it panics with comes back.
func (r *result) close() (failed *failure) {
	defer func() {
		if value := recover(); value != nil {
			failed = panicked(value)
		}
	}()
	if closer, ok := r.stream.(io.Closer); ok {
		_ = closer.Close()
	}
	return nil
}

// handlerFunc is what handlers of every shape become.
type handlerFunc func(ctx context.Context, payload []byte) (*result, error)

type handlerOptions struct {
	call                  handlerFunc
	invalid               error         // why this is no handler
	where                 []stack.Frame // of the function
	baseContext           context.Context
	contextValues         map[interface{}]interface{}
	useNumber             bool
	disallowUnknownFields bool
	escapeHTML            bool
	indentPrefix          string
	indentValue           string
	sigterm               bool
	sigtermCallbacks      []func()
}

// Option changes how a handler is called.
type Option func(*handlerOptions)

// WithContext sets the context that those of all invocations are derived from.
func WithContext(ctx context.Context) Option {
	return func(h *handlerOptions) { h.baseContext = ctx }
}

// WithContextValue adds a value to the context of every invocation.
func WithContextValue(key interface{}, value interface{}) Option {
	return func(h *handlerOptions) { h.contextValues[key] = value }
}

// WithSetEscapeHTML is SetEscapeHTML of the encoder of results.
func WithSetEscapeHTML(escapeHTML bool) Option {
	return func(h *handlerOptions) { h.escapeHTML = escapeHTML }
}

// WithSetIndent is SetIndent of the encoder of results.
func WithSetIndent(prefix, indent string) Option {
	return func(h *handlerOptions) { h.indentPrefix, h.indentValue = prefix, indent }
}

// WithUseNumber is UseNumber of the decoder of events.
func WithUseNumber(useNumber bool) Option {
	return func(h *handlerOptions) { h.useNumber = useNumber }
}

// WithDisallowUnknownFields is DisallowUnknownFields of the decoder of events.
func WithDisallowUnknownFields(disallowUnknownFields bool) Option {
	return func(h *handlerOptions) { h.disallowUnknownFields = disallowUnknownFields }
}

// WithEnableSIGTERM makes Lambda send SIGTERM some 500 ms before SIGKILL when it ends the environment, and calls
// the functions then.
func WithEnableSIGTERM(callbacks ...func()) Option {
	return func(h *handlerOptions) {
		h.sigterm = true
		h.sigtermCallbacks = append(h.sigtermCallbacks, callbacks...)
	}
}

// NewHandler makes a Handler of a function of any shape that Start takes. If it is none, every invocation says so.
func NewHandler(handlerFunc interface{}) Handler {
	return NewHandlerWithOptions(handlerFunc)
}

// NewHandlerWithOptions is NewHandler with options.
func NewHandlerWithOptions(handlerFunc interface{}, options ...Option) Handler {
	return newHandler(handlerFunc, options...)
}

func newHandler(handler interface{}, options ...Option) *handlerOptions {
	if h, ok := handler.(*handlerOptions); ok {
		return h
	}
	h := &handlerOptions{baseContext: context.Background(), contextValues: map[interface{}]interface{}{}}
	for _, option := range options {
		option(h)
	}
	for key, value := range h.contextValues {
		h.baseContext = context.WithValue(h.baseContext, key, value)
	}
	if h.sigterm {
		enableSIGTERM(h.sigtermCallbacks)
	}
	h.call, h.invalid = h.of(handler)
	return h
}

// Invoke makes it a Handler, which other handlers may wrap.
func (h *handlerOptions) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if h.invalid != nil {
		return nil, h.invalid
	}
	result, err := h.call(ctx, payload)
	if err != nil {
		return nil, err
	}
	if result.stream == nil {
		return result.body, nil
	}
	defer func() { _ = result.close() }()
	return io.ReadAll(result.stream)
}

// of finds out which shape a handler has.
func (h *handlerOptions) of(handler interface{}) (handlerFunc, error) {
	if handler == nil {
		return nil, errors.New("handler is nil")
	}
	if raw, ok := handler.(Handler); ok {
		return func(ctx context.Context, payload []byte) (*result, error) {
			body, err := raw.Invoke(ctx, payload)
			return &result{body: body, contentType: contentTypeBytes}, err
		}, nil
	}
	function := reflect.ValueOf(handler)
	if function.Kind() != reflect.Func {
		return nil, fmt.Errorf("handler kind %s is not %s", function.Kind(), reflect.Func)
	}
	if function.IsNil() {
		return nil, errors.New("handler is nil")
	}
	h.where = stack.Function(function)
	takesContext, event, err := arguments(function.Type())
	if err != nil {
		return nil, err
	}
	if err := returns(function.Type()); err != nil {
		return nil, err
	}
	return func(ctx context.Context, payload []byte) (*result, error) {
		given := make([]reflect.Value, 0, 2)
		if takesContext {
			given = append(given, reflect.ValueOf(ctx))
		}
		if event != nil {
			value := reflect.New(event)
			if err := h.decode(payload, value.Interface()); err != nil {
				return nil, &named{"Runtime.UnmarshalError", err}
			}
			if trace := handlertrace.FromContext(ctx); trace.RequestEvent != nil {
				trace.RequestEvent(ctx, value.Elem().Interface())
			}
			given = append(given, value.Elem())
		}
		return h.answer(ctx, function.Call(given))
	}, nil
}

var (
	contextType = reflect.TypeOf((*context.Context)(nil)).Elem()
	errorType   = reflect.TypeOf((*error)(nil)).Elem()
)

func isContext(t reflect.Type) bool {
	return t.Kind() == reflect.Interface && contextType.Implements(t) && t.Implements(contextType)
}

// arguments says whether a function takes a context, and which type its event has, if it takes one.
func arguments(function reflect.Type) (takesContext bool, event reflect.Type, err error) {
	switch function.NumIn() {
	case 0:
		return false, nil, nil
	case 1:
		only := function.In(0)
		if isContext(only) {
			return true, nil, nil
		}
		if only.Kind() == reflect.Interface && only.NumMethod() > 0 {
			return false, nil, fmt.Errorf("handler takes an interface, but it is not context.Context: %q", only.Name())
		}
		return false, only, nil
	case 2:
		if !isContext(function.In(0)) {
			return false, nil, fmt.Errorf(
				"handler takes two arguments, but the first is not Context. got %s", function.In(0).Kind())
		}
		return true, function.In(1), nil
	}
	return false, nil, fmt.Errorf("handlers may not take more than two arguments, but handler takes %d", function.NumIn())
}

func returns(function reflect.Type) error {
	switch n := function.NumOut(); {
	case n > 2:
		return errors.New("handler may not return more than two values")
	case n == 2 && !function.Out(1).Implements(errorType):
		return errors.New("handler returns two values, but the second does not implement error")
	case n == 1 && !function.Out(0).Implements(errorType):
		return errors.New("handler returns a single value, but it does not implement error")
	}
	return nil
}

// decode reads an event. A json.RawMessage is handed over as it came, without a copy, if it is JSON.
func (h *handlerOptions) decode(payload []byte, event interface{}) error {
	if raw, ok := event.(*json.RawMessage); ok && json.Valid(payload) {
		*raw = bytes.TrimSpace(payload)
		return nil
	}
	if !h.useNumber && !h.disallowUnknownFields {
		return json.Unmarshal(payload, event)
	}
	decoder := json.NewDecoder(bytes.NewReader(payload))
	if h.useNumber {
		decoder.UseNumber()
	}
	if h.disallowUnknownFields {
		decoder.DisallowUnknownFields()
	}
	return decoder.Decode(event)
}

// answer makes a result of what a function returned.
func (h *handlerOptions) answer(ctx context.Context, returned []reflect.Value) (*result, error) {
	if n := len(returned); n > 0 {
		if err, ok := returned[n-1].Interface().(error); ok && err != nil {
			return nil, err
		}
	}
	var value interface{}
	if len(returned) > 1 {
		value = returned[0].Interface()
		if trace := handlertrace.FromContext(ctx); trace.ResponseEvent != nil {
			trace.ResponseEvent(ctx, value)
		}
	}
	body, err := h.encode(value)
	stream, streams := value.(io.Reader)
	switch {
	case streams && (err != nil || bytes.HasPrefix(body, []byte("{}"))):
		return &result{stream: stream, contentType: contentTypeOf(stream)}, nil
	case err != nil:
		return nil, &named{"Runtime.MarshalError", err}
	}
	return &result{body: body, contentType: contentTypeJSON}, nil
}

// encode writes a value as JSON, without the encoder's last line end unless it was asked to lay things out.
func (h *handlerOptions) encode(value interface{}) ([]byte, error) {
	laidOut := h.indentPrefix != "" || h.indentValue != ""
	if raw, ok := value.(json.RawMessage); ok && !laidOut && !h.escapeHTML && json.Valid(raw) {
		return raw, nil
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(h.escapeHTML)
	encoder.SetIndent(h.indentPrefix, h.indentValue)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	if body := buffer.Bytes(); laidOut {
		return body, nil
	} else {
		return body[:len(body)-1], nil
	}
}

func contentTypeOf(stream io.Reader) string {
	if typed, ok := stream.(interface{ ContentType() string }); ok {
		return typed.ContentType()
	}
	return contentTypeBytes
}
