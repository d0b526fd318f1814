package lambda

import (
	"context"
	"fmt"
	"os"

	"lambda-image.internal/go/internal/workers"
)

// Start serves invocations with a handler, for ever: it never returns.
//
// The handler is a Handler, or a function that takes up to two arguments and returns up to two values:
//
//	func ()
//	func (TIn)
//	func () error
//	func (TIn) error
//	func () (TOut, error)
//	func (TIn) (TOut, error)
//	func (context.Context)
//	func (context.Context) error
//	func (context.Context) (TOut, error)
//	func (context.Context, TIn)
//	func (context.Context, TIn) error
//	func (context.Context, TIn) (TOut, error)
//
// TIn and TOut are anything that encoding/json can read and write. A TOut that is an io.Reader, and that JSON has no
// form for (it fails, or writes {}), is streamed; if it has a method ContentType() string, that type is sent, and if
// it is an io.Closer, it is closed afterwards. An error that Read returns is the invocation's.
func Start(handler interface{}) {
	StartWithOptions(handler)
}

// StartWithOptions is Start with options.
func StartWithOptions(handler interface{}, options ...Option) {
	start(newHandler(handler, options...))
}

// StartWithContext is Start with a context that those of all invocations are derived from.
//
// Deprecated: use StartWithOptions(handler, WithContext(ctx)).
func StartWithContext(ctx context.Context, handler interface{}) {
	StartWithOptions(handler, WithContext(ctx))
}

// StartHandler is Start with a Handler.
//
// Deprecated: use Start(handler).
func StartHandler(handler Handler) {
	StartWithOptions(handler)
}

// StartHandlerWithContext is StartWithContext with a Handler.
//
// Deprecated: use StartWithOptions(handler, WithContext(ctx)).
func StartHandlerWithContext(ctx context.Context, handler Handler) {
	StartWithOptions(handler, WithContext(ctx))
}

// HandlerFunc is a handler whose shape the compiler checks.
type HandlerFunc[TIn, TOut any] interface {
	func(context.Context, TIn) (TOut, error)
}

// StartHandlerFunc is StartWithOptions with a handler whose shape the compiler checks.
func StartHandlerFunc[TIn any, TOut any, H HandlerFunc[TIn, TOut]](handler H, options ...Option) {
	start(newHandler(handler, options...))
}

func start(handler *handlerOptions) {
	api := runtimeAPI()
	if err := handler.invalid; err != nil {
		FailInit(err)
	}
	if err := restored(api); err != nil {
		exit(err)
	}
	asked := workers.Asked()
	if text := os.Getenv(workers.Variable); asked == 0 && text != "" {
		fmt.Fprintf(os.Stderr, "lambda: %s is no number from 1 to 1600, and not heeded: %s\n", workers.Variable, text)
	}
	exit(serve(api, handler, asked))
}

// runtimeAPI is the API that the environment names; a program cannot do anything without it.
func runtimeAPI() *runtimeAPIClient {
	address := os.Getenv("AWS_LAMBDA_RUNTIME_API")
	if address == "" {
		exit(fmt.Errorf("AWS_LAMBDA_RUNTIME_API is not set: run this program in Lambda, under an emulator " +
			"(aws-lambda-rie), or set the variable to the address of a Runtime API"))
	}
	return newRuntimeAPIClient(address)
}

// exit ends the process for a reason that is told on standard error, unless it was told already.
func exit(err error) {
	ending, ok := err.(*ending)
	if !ok {
		fmt.Fprintf(os.Stderr, "lambda: %v\n", err)
		os.Exit(1)
	}
	os.Exit(ending.status)
}

// ending is the reason of an exit that has been logged and reported.
type ending struct {
	status int
}

func (e *ending) Error() string { return fmt.Sprintf("the process ends with status %d", e.status) }
