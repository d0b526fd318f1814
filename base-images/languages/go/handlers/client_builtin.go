//go:build !official

package main

import (
	"context"

	"lambda-image.internal/go/lambda"
	"lambda-image.internal/go/lambdacontext"
)

// What the handlers use of the client that is built into the images: but for the imports the same as of AWS's.
var (
	start       = lambda.Start
	fromContext = lambdacontext.FromContext
	newLogger   = lambdacontext.NewLogger
)

// What AWS's client has not.
var (
	failInit    = lambda.FailInit
	recoverInit = lambda.RecoverInit
)

func registerBeforeSnapshot(hook func(context.Context) error) { lambda.RegisterBeforeSnapshot(hook) }
func registerAfterRestore(hook func(context.Context) error)   { lambda.RegisterAfterRestore(hook) }

func functionName() string    { return lambdacontext.FunctionName }
func functionVersion() string { return lambdacontext.FunctionVersion }
func memoryLimit() int        { return lambdacontext.MemoryLimitInMB }
func logGroup() string        { return lambdacontext.LogGroupName }
func logStream() string       { return lambdacontext.LogStreamName }
