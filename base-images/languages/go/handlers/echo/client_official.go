//go:build official

package main

import "github.com/aws/aws-lambda-go/lambda"

var start = lambda.Start
