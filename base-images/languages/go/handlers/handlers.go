package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

const pattern = "0123456789abcdef"

// HandlerError is the contract's own type of error. It carries a stack, in the way that packages for errors have it.
type HandlerError struct {
	message string
	stack   []uintptr
}

func (e *HandlerError) Error() string { return e.message }

// StackTrace is the stack from where the error was made.
func (e *HandlerError) StackTrace() []uintptr { return e.stack }

func deepest(message string) error {
	stack := make([]uintptr, 32)
	return &HandlerError{message, stack[:runtime.Callers(1, stack)]}
}

func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

func echo(_ context.Context, event json.RawMessage) (json.RawMessage, error) { return event, nil }

func length(_ context.Context, event string) (int, error) { return utf8.RuneCountInString(event), nil }

func nothing(context.Context, json.RawMessage) error { return nil }

func nan() (float64, error) { return math.NaN(), nil }

func big(event struct{ Length int }) (string, error) {
	return strings.Repeat(pattern, event.Length/len(pattern)+1)[:event.Length], nil
}

func invalid(context.Context) (map[string]interface{}, error) {
	return map[string]interface{}{"a function": deepest}, nil
}

type read struct {
	RemainingMS int64  `json:"remaining_ms"`
	RequestID   string `json:"request_id"`
	TenantID    string `json:"tenant_id"`
}

func describe(ctx context.Context, event struct{ Reads []float64 }) (map[string]interface{}, error) {
	if event.Reads == nil {
		event.Reads = []float64{0}
	}
	reads := []read{}
	for _, wait := range event.Reads {
		time.Sleep(milliseconds(wait))
		lc, _ := fromContext(ctx)
		deadline, _ := ctx.Deadline()
		reads = append(reads, read{time.Until(deadline).Milliseconds(), lc.AwsRequestID, lc.TenantID})
	}
	told := described(ctx)
	told["reads"] = reads
	return told, nil
}

func env(event struct{ Names []string }) (map[string]interface{}, error) {
	found := map[string]interface{}{}
	for _, name := range event.Names {
		found[name] = nil
		if value, ok := os.LookupEnv(name); ok {
			found[name] = value
		}
	}
	return found, nil
}

func trace(ctx context.Context, event struct {
	WaitMS float64 `json:"wait_ms"`
}) (map[string]interface{}, error) {
	before := ctx.Value("x-amzn-trace-id")
	time.Sleep(milliseconds(event.WaitMS))
	return map[string]interface{}{"before": before, "after": ctx.Value("x-amzn-trace-id")}, nil
}

var count atomic.Int64

func counter(event struct{ Fail bool }) (map[string]interface{}, error) {
	n := count.Add(1)
	if event.Fail {
		return nil, deepest("boom")
	}
	return map[string]interface{}{"count": n, "process": os.Getpid(), "started_ms": startedMS}, nil
}

func sleep(event json.RawMessage) (json.RawMessage, error) {
	var how struct {
		MS   float64
		Fail *string
		Exit *int
	}
	if err := json.Unmarshal(event, &how); err != nil {
		return nil, err
	}
	time.Sleep(milliseconds(how.MS))
	if how.Exit != nil {
		os.Exit(*how.Exit)
	}
	if how.Fail != nil {
		return nil, deepest(*how.Fail)
	}
	return event, nil
}

func raise(event struct{ Message *string }) error {
	if event.Message == nil {
		return deepest("boom")
	}
	return deepest(*event.Message)
}

func exit(event struct{ Status int }) { os.Exit(event.Status) }

var levels = map[string]slog.Level{
	"trace": slog.LevelDebug - 4, "debug": slog.LevelDebug, "info": slog.LevelInfo,
	"warn": slog.LevelWarn, "error": slog.LevelError, "fatal": slog.LevelError + 4,
}

func logRecords(ctx context.Context, event struct {
	Stdout, Stderr, Unfinished *string
	Records                    []struct{ Level, Message string }
}) (string, error) {
	if event.Stdout != nil {
		fmt.Println(*event.Stdout)
	}
	if event.Stderr != nil {
		fmt.Fprintln(os.Stderr, *event.Stderr)
	}
	if event.Unfinished != nil {
		fmt.Print(*event.Unfinished)
	}
	for _, record := range event.Records {
		logger.Log(ctx, levels[record.Level], record.Message)
	}
	return "logged", nil
}

func logException(ctx context.Context, event struct{ Message string }) (string, error) {
	logger.ErrorContext(ctx, event.Message, "error", deepest(event.Message))
	return "logged", nil
}

func tmp(event struct {
	Name  string
	Write *string
}) (map[string]interface{}, error) {
	path := filepath.Join("/tmp", event.Name)
	var content interface{}
	switch text, err := os.ReadFile(path); {
	case err == nil:
		content = string(text)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if event.Write != nil {
		if err := os.WriteFile(path, []byte(*event.Write), 0o644); err != nil {
			return nil, err
		}
	}
	return map[string]interface{}{"content": content}, nil
}

func localTime(event struct{ Epoch int64 }) (map[string]string, error) {
	return map[string]string{"local": time.Unix(event.Epoch, 0).Format("2006-01-02T15:04:05")}, nil
}

func run(event struct {
	Program     string
	Arguments   []string
	Environment map[string]string
}) (map[string]interface{}, error) {
	var stdout, stderr strings.Builder
	command := exec.Command(event.Program, event.Arguments...)
	command.Stdout, command.Stderr, command.Env = &stdout, &stderr, os.Environ()
	for name, value := range event.Environment {
		command.Env = append(command.Env, name+"="+value)
	}
	var ended *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &ended) {
		return map[string]interface{}{"status": nil, "stdout": "", "stderr": err.Error()}, nil
	}
	return map[string]interface{}{
		"status": command.ProcessState.ExitCode(), "stdout": stdout.String(), "stderr": stderr.String(),
	}, nil
}

// A program without C in it has no loader inside: another one, beside it, asks the image's.
func dlopen(event struct{ Library string }) (map[string]bool, error) {
	own, err := os.Executable()
	if err != nil {
		return nil, err
	}
	err = exec.Command(filepath.Join(filepath.Dir(own), "loads"), event.Library).Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		return nil, err
	}
	return map[string]bool{"loaded": err == nil}, nil
}

func files(event struct{ Folder, Name string }) (map[string][]string, error) {
	if err := os.WriteFile(filepath.Join(event.Folder, event.Name), nil, 0o644); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(event.Folder)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return map[string][]string{"names": names}, nil
}

func version() (map[string]string, error) {
	parts := strings.SplitN(strings.TrimPrefix(runtime.Version(), "go"), ".", 3)
	return map[string]string{"version": parts[0] + "." + parts[1]}, nil
}
