// Package lambda is a client of the Lambda Runtime API that is linked into a function.
//
// A function written for github.com/aws/aws-lambda-go runs unchanged: only the import path differs.
//
//	package main
//
//	import (
//		"context"
//
//		"lambda-image.internal/go/lambda"
//	)
//
//	func hello(ctx context.Context, event struct{ Name string }) (string, error) {
//		return "Hello " + event.Name, nil
//	}
//
//	func main() { lambda.Start(hello) }
//
// How to read it: start.go is where a program comes in, loop.go what it then does for good, runtime_api.go how it
// talks, handler.go how a function of any allowed shape is called. What is particular stands apart: context.go,
// errors.go, stream.go, snapstart.go, concurrency.go, signals.go; logs are written by internal/logs.
//
// What happens when something fails:
//
//   - An error that the handler returns is reported, and the process takes the next event.
//   - A panic is reported with its stack, then the process exits with status 1: what the panic left behind
//     (locks that are held, maps half written) must not meet the next event. Where invocations are handled at the
//     same time, those in flight are finished first.
//   - What fails before Start is reported where the program says so: see FailInit and RecoverInit.
//   - 410, 413 and any other 4xx in answer to a result is logged and passed over; 500 ends the process.
package lambda
