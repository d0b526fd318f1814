// What streams and what many do at once, each by its name: {"do": "pieces", "size": 1, "count": 9}.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"lambda-image.internal/go/lambda"
	"lambda-image.internal/go/lambdacontext"
)

var (
	started = strconv.FormatInt(time.Now().UnixNano(), 10)
	calls   atomic.Int64
	logger  = lambdacontext.NewLogger()
)

type event struct {
	Do, Message        string
	Size, Count, Ms, N int
}

func (e *event) pause() { time.Sleep(time.Duration(e.Ms) * time.Millisecond) }

func (e *event) piece() []byte { return []byte(strings.Repeat("x", max(e.Size, 1))) }

// A reader that reads by a function.
type reads func(p []byte) (int, error)

func (r reads) Read(p []byte) (int, error) { return r(p) }

// One whose Close does as it likes.
type closes struct {
	reads
	end func() error
}

func (c *closes) Close() error { return c.end() }

// written is a stream that something else writes, as a pipe: it ends with what that returns.
func written(write func(io.Writer) error) io.Reader {
	reader, writer := io.Pipe()
	go func() { _ = writer.CloseWithError(write(writer)) }()
	return reader
}

func (e *event) who(ctx context.Context) (interface{}, error) {
	known, _ := lambdacontext.FromContext(ctx)
	calls.Add(1)
	logger.InfoContext(ctx, fmt.Sprintf("begin %d", e.N))
	e.pause()
	logged := make(chan bool)
	go func() {
		logger.InfoContext(ctx, fmt.Sprintf("elsewhere %d", e.N))
		close(logged)
	}()
	<-logged
	fmt.Println("printed", e.N)
	deadline, _ := ctx.Deadline()
	return map[string]interface{}{
		"id": known.AwsRequestID, "n": e.N, "remaining": time.Until(deadline).Milliseconds(),
		"tenant": known.TenantID, "trace": ctx.Value("x-amzn-trace-id"), "started": started,
	}, nil
}

func (e *event) drip(w io.Writer) error {
	for n := 0; n < e.Count; n++ {
		if _, err := w.Write(e.piece()); err != nil {
			return err
		}
		e.pause()
	}
	return nil
}

func handle(ctx context.Context, e event) (interface{}, error) {
	switch e.Do {
	case "alive":
		return started, nil
	case "who":
		return e.who(ctx)
	case "sleep":
		fmt.Println("sleeping", e.Ms)
		e.pause()
		return "slept", nil
	case "forever":
		select {}
	case "fail":
		return nil, errors.New(e.Message)
	case "end":
		os.Exit(3)
	case "break":
		panic("broken")
	case "cancelled":
		<-ctx.Done()
		return nil, ctx.Err()
	case "stream-pieces", "stream-drip":
		return written(e.drip), nil
	case "stream-fail":
		return written(func(w io.Writer) error {
			_, _ = w.Write(e.piece())
			return errors.New(e.Message)
		}), nil
	case "stream-context": // which is not over before the stream is
		return written(func(w io.Writer) error {
			if err := e.drip(w); err != nil {
				return err
			}
			return ctx.Err()
		}), nil
	case "stream-close-twice":
		return &closes{strings.NewReader("x").Read, func() error { return errors.New("closed before") }}, nil
	case "stream-bad-close":
		return &closes{strings.NewReader("x").Read, func() error { panic("closing") }}, nil
	case "stream-goexit":
		given := false
		return reads(func(p []byte) (int, error) {
			if given {
				runtime.Goexit()
			}
			given = true
			return copy(p, "x"), nil
		}), nil
	}
	return nil, fmt.Errorf("what is %q", e.Do)
}

func main() { lambda.Start(handle) }
