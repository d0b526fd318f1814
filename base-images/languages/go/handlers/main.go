// The handler contract of the conformance suite, in Go: one program that has all handlers in it; _HANDLER names one.
package main

import (
	"fmt"
	"os"
	"time"
)

var (
	startedMS = time.Now().UnixMilli()
	logger    = newLogger()
)

// handlers are named as in the contract; what needs top-level code of its own is in init.go.
var handlers = map[string]interface{}{
	"echo":          echo,
	"nested":        echo,
	"length":        length,
	"nothing":       nothing,
	"nan":           nan,
	"big":           big,
	"invalid":       invalid,
	"context":       describe,
	"env":           env,
	"trace":         trace,
	"counter":       counter,
	"sleep":         sleep,
	"raise":         raise,
	"exit":          exit,
	"log":           logRecords,
	"log_exception": logException,
	"tmp":           tmp,
	"time":          localTime,
	"run":           run,
	"dlopen":        dlopen,
	"files":         files,
	"version":       version,
	"stream":        stream,
	"stream_raise":  streamRaise,
	"stream_http":   streamHTTP,

	"signal":            echo,
	"hooks":             echo,
	"hook_before_raise": echo,
	"hook_after_raise":  echo,
	"init_raise":        echo,
}

func main() {
	defer recoverInit()
	name := os.Getenv("_HANDLER")
	handler, known := handlers[name]
	if !known {
		failInit(fmt.Errorf("this program has no handler %q", name))
	}
	topLevel(name)
	start(handler)
}
