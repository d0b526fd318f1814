// Package handlertrace lets code that wraps a handler of lambda.NewHandler see its events and results.
package handlertrace

import "context"

// HandlerTrace holds functions that are called with each event and each result.
type HandlerTrace struct {
	RequestEvent  func(context.Context, interface{})
	ResponseEvent func(context.Context, interface{})
}

type key struct{}

// NewContext adds functions to those that a context has.
func NewContext(ctx context.Context, trace HandlerTrace) context.Context {
	before := FromContext(ctx)
	return context.WithValue(ctx, key{}, HandlerTrace{
		RequestEvent:  both(before.RequestEvent, trace.RequestEvent),
		ResponseEvent: both(before.ResponseEvent, trace.ResponseEvent),
	})
}

// FromContext returns the functions that a context has.
func FromContext(ctx context.Context) HandlerTrace {
	trace, _ := ctx.Value(key{}).(HandlerTrace)
	return trace
}

func both(first, second func(context.Context, interface{})) func(context.Context, interface{}) {
	return func(ctx context.Context, event interface{}) {
		if first != nil {
			first(ctx, event)
		}
		if second != nil {
			second(ctx, event)
		}
	}
}
