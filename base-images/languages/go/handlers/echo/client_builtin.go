//go:build !official

package main

import "lambda-image.internal/go/lambda"

var start = lambda.Start
