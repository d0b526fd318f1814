package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// topLevel is what other languages have in the top-level code of a handler's file.
func topLevel(name string) {
	if record := os.Getenv("CONFORMANCE_INIT_RECORD"); record != "" {
		logger.Error(record)
	}
	switch name {
	case "signal":
		onSIGTERM()
	case "hooks":
		for n := 1; n <= 3; n++ {
			registerBeforeSnapshot(printing("before", n))
			registerAfterRestore(printing("after", n))
		}
	case "hook_before_raise":
		registerBeforeSnapshot(func(context.Context) error { return deepest("before hook") })
	case "hook_after_raise":
		registerAfterRestore(func(context.Context) error { return deepest("after hook") })
	case "init_raise":
		fmt.Println("about to fail")
		panic(deepest("init failed"))
	}
}

func printing(when string, n int) func(context.Context) error {
	return func(context.Context) error {
		fmt.Println(when, n)
		return nil
	}
}

func onSIGTERM() {
	signalled := make(chan os.Signal, 1)
	signal.Notify(signalled, syscall.SIGTERM)
	go func() {
		<-signalled
		fmt.Println("sigterm hook ran")
		os.Exit(0)
	}()
}
