//go:build official

package main

import (
	"context"
	"log"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

var (
	start       = lambda.Start
	fromContext = lambdacontext.FromContext
	newLogger   = lambdacontext.NewLogger
)

// AWS's client reports no failure before Start, and has no hooks.
func failInit(err error) { log.Fatal(err) }
func recoverInit()       {}

func registerBeforeSnapshot(func(context.Context) error) {}
func registerAfterRestore(func(context.Context) error)   {}

func functionName() string    { return lambdacontext.FunctionName }
func functionVersion() string { return lambdacontext.FunctionVersion }
func memoryLimit() int        { return lambdacontext.MemoryLimitInMB }
func logGroup() string        { return lambdacontext.LogGroupName }
func logStream() string       { return lambdacontext.LogStreamName }
