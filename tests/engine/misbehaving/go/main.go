// What functions do that no client's author thought of, each by its name.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"lambda-image.internal/go/lambda"
)

var started = time.Now().UnixNano()
var held []*os.File

type cyclic struct{ next error }

func (c *cyclic) Error() string { return "cyclic" }
func (c *cyclic) Unwrap() error { return c.next }

type hostile struct{}

func (hostile) Error() string { panic("not even a text") }

type pointed struct{ text string }

func (p *pointed) Error() string { return p.text }

type badJSON struct{}

func (badJSON) MarshalJSON() ([]byte, error) { panic("MarshalJSON") }

type oddJSON struct{}

func (oddJSON) MarshalJSON() ([]byte, error) { return []byte("not JSON"), nil }

type Fehlerß struct{}

func (Fehlerß) Error() string { return "odd" }

type node struct{ Next *node }

// A reader that answers each Read by the next of these.
type reads []func(p []byte) (int, error)

func (r *reads) Read(p []byte) (int, error) {
	next := (*r)[0]
	if len(*r) > 1 {
		*r = (*r)[1:]
	}
	return next(p)
}

func gives(text string, err error) func(p []byte) (int, error) {
	return func(p []byte) (int, error) { return copy(p, text), err }
}

func fails(message string) func(p []byte) (int, error) {
	return func(p []byte) (int, error) { panic(message) }
}

func deep(depth int) interface{} {
	var value interface{} = "bottom"
	for n := 0; n < depth; n++ {
		value = []interface{}{value}
	}
	return value
}

func slept(context.Context) (interface{}, error) {
	fmt.Println("sleeping")
	time.Sleep(2 * time.Second)
	return "slept", nil
}

var doings = map[string]func(ctx context.Context) (interface{}, error){
	"nan":                func(context.Context) (interface{}, error) { return math.NaN(), nil },
	"time":               func(context.Context) (interface{}, error) { return time.Unix(0, 0).UTC(), nil },
	"bytes":              func(context.Context) (interface{}, error) { return []byte{0, 255}, nil },
	"function":           func(context.Context) (interface{}, error) { return deep, nil },
	"channel":            func(context.Context) (interface{}, error) { return make(chan int), nil },
	"bad-text":           func(context.Context) (interface{}, error) { return "a\xffb", nil },
	"deep":               func(context.Context) (interface{}, error) { return deep(500), nil },
	"circular":           func(context.Context) (interface{}, error) { n := &node{}; n.Next = n; return n, nil },
	"bad-json":           func(context.Context) (interface{}, error) { return badJSON{}, nil },
	"odd-json":           func(context.Context) (interface{}, error) { return oddJSON{}, nil },
	"nil-pointer-result": func(context.Context) (interface{}, error) { var p *pointed; return p, nil },
	"nil-reader":         func(context.Context) (interface{}, error) { var r *strings.Reader; return r, nil },
	"both":               func(context.Context) (interface{}, error) { return 1, errors.New("both") },
	"cyclic-cause":       func(context.Context) (interface{}, error) { c := &cyclic{}; c.next = c; return nil, c },
	"hostile-error":      func(context.Context) (interface{}, error) { return nil, hostile{} },
	"nil-error":          func(context.Context) (interface{}, error) { var p *pointed; return nil, p },
	"joined":             func(context.Context) (interface{}, error) { return nil, errors.Join(io.EOF, io.ErrNoProgress) },
	"wrapped":            func(context.Context) (interface{}, error) { return nil, fmt.Errorf("outer: %w", io.EOF) },
	"odd-type":           func(context.Context) (interface{}, error) { return nil, Fehlerß{} },
	"panic-text":         func(context.Context) (interface{}, error) { panic("text") },
	"panic-error":        func(context.Context) (interface{}, error) { panic(io.EOF) },
	"panic-hostile":      func(context.Context) (interface{}, error) { panic(hostile{}) },
	"panic-nil":          func(context.Context) (interface{}, error) { panic(nil) },
	"sleep":              slept,
	"goexit":             func(context.Context) (interface{}, error) { runtime.Goexit(); return nil, nil },
	"deadline":           func(ctx context.Context) (interface{}, error) { <-ctx.Done(); return nil, ctx.Err() },
	"gone": func(context.Context) (interface{}, error) {
		_ = os.Mkdir("/tmp/gone", 0o755)
		_ = os.Chdir("/tmp/gone")
		_ = os.Remove("/tmp/gone")
		return nil, errors.New("nowhere")
	},
	"closed-output": func(context.Context) (interface{}, error) {
		_ = os.Stdout.Close()
		_ = os.Stderr.Close()
		return "closed", nil
	},
	"no-output":      func(context.Context) (interface{}, error) { os.Stdout, os.Stderr = nil, nil; return "none", nil },
	"no-environment": func(context.Context) (interface{}, error) { os.Clearenv(); return "cleared", nil },
	"stdin":          func(context.Context) (interface{}, error) { b, err := io.ReadAll(os.Stdin); return string(b), err },
	"descriptors": func(context.Context) (interface{}, error) {
		for {
			file, err := os.Open(os.DevNull)
			if err != nil {
				return nil, err
			}
			held = append(held, file)
		}
	},
	"child": func(context.Context) (interface{}, error) {
		command := exec.Command("/usr/bin/env", "printf", "%s", "{\"not\": \"the result\"}\n")
		command.Stdout = os.Stdout
		return "child", command.Run()
	},
	"wild-log": func(context.Context) (interface{}, error) {
		log.Print("line one\nline two \xff" + strings.Repeat("x", 3000000))
		fmt.Print("\xff é\n")
		return "logged", nil
	},
	"stream-error-first": func(context.Context) (interface{}, error) { return &reads{gives("", io.ErrNoProgress)}, nil },
	"stream-error-later": func(context.Context) (interface{}, error) {
		return &reads{gives("a", nil), gives("", io.ErrNoProgress)}, nil
	},
	"stream-error-with":  func(context.Context) (interface{}, error) { return &reads{gives("a", io.ErrNoProgress)}, nil },
	"stream-empty":       func(context.Context) (interface{}, error) { return &reads{gives("", io.EOF)}, nil },
	"stream-nothing":     func(context.Context) (interface{}, error) { return &reads{gives("a", nil), gives("", nil)}, nil },
	"stream-panic":       func(context.Context) (interface{}, error) { return &reads{gives("a", nil), fails("mid")}, nil },
	"stream-panic-first": func(context.Context) (interface{}, error) { return &reads{fails("first")}, nil },
	"stream-hostile":     func(context.Context) (interface{}, error) { return &reads{gives("a", nil), gives("", hostile{})}, nil },
	"stream-too-much": func(context.Context) (interface{}, error) {
		return &reads{func(p []byte) (int, error) { return len(p) + 1, io.EOF }}, nil
	},
}

func handle(ctx context.Context, event json.RawMessage) (interface{}, error) {
	var large struct{ Large string }
	if err := json.Unmarshal(event, &large); err == nil {
		return len(large.Large), nil
	}
	var name string
	if err := json.Unmarshal(event, &name); err != nil {
		return nil, err
	}
	switch name {
	case "alive":
		return started, nil
	case "resident":
		return resident()
	}
	return doings[name](ctx)
}

func resident() (interface{}, error) {
	status, err := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kilobytes := 0
	_, _ = fmt.Sscan(rest, &kilobytes)
	return kilobytes, err
}

func main() { lambda.Start(handle) }
