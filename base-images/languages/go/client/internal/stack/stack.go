// Package stack finds the stack that belongs to an error.
package stack

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
)

// Frame is a line of a stack.
type Frame struct {
	Path  string
	Line  int
	Label string
}

func (f Frame) String() string { return fmt.Sprintf("%s:%d %s", f.Path, f.Line, f.Label) }

// Here is the stack of the caller's caller, or of the panic that is being recovered from: the function's own frames.
func Here() []Frame {
	counters := make([]uintptr, 64)
	return frames(counters[:runtime.Callers(3, counters)])
}

// Deepest is how many errors within each other are looked at: they may be a circle.
const Deepest = 1000

// Of is the stack that an error carries, the innermost where it wraps others: errors in Go have none of their own, but
// those of many packages have a method StackTrace that returns program counters.
func Of(err error) (found []Frame) {
	for depth := 0; err != nil && depth < Deepest; depth, err = depth+1, errors.Unwrap(err) {
		method := reflect.ValueOf(err).MethodByName("StackTrace")
		if !method.IsValid() || method.Type().NumIn() != 0 || method.Type().NumOut() != 1 {
			continue
		}
		if result := method.Type().Out(0); result.Kind() == reflect.Slice && result.Elem().Kind() == reflect.Uintptr {
			found = frames(counters(method.Call(nil)[0]))
		}
	}
	return found
}

func counters(slice reflect.Value) []uintptr {
	counters := make([]uintptr, slice.Len())
	for n := range counters {
		counters[n] = uintptr(slice.Index(n).Uint())
	}
	return counters
}

// Function is where a function begins.
func Function(value reflect.Value) []Frame {
	function := runtime.FuncForPC(value.Pointer())
	file, line := function.FileLine(value.Pointer())
	return []Frame{{file, line, label(function.Name())}}
}

func frames(counters []uintptr) []Frame {
	trace := []Frame{}
	if len(counters) == 0 {
		return trace
	}
	for frames, more := runtime.CallersFrames(counters), true; more; {
		var frame runtime.Frame
		if frame, more = frames.Next(); !hidden(frame.Function) {
			trace = append(trace, Frame{frame.File, frame.Line, label(frame.Function)})
		}
	}
	return trace
}

func label(function string) string { return function[strings.LastIndexByte(function, '/')+1:] }

// hidden are the frames of Go itself and of this module.
func hidden(function string) bool {
	for _, prefix := range []string{"runtime.", "reflect.", "log/slog.", "lambda-image.internal/go/"} {
		if strings.HasPrefix(function, prefix) {
			return true
		}
	}
	return function == ""
}
