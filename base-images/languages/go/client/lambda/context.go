package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"lambda-image.internal/go/internal/current"
	"lambda-image.internal/go/lambdacontext"
)

const (
	traceVariable = "_X_AMZN_TRACE_ID"
	// The key that aws-lambda-go and what traces with it use.
	traceKey = "x-amzn-trace-id"
	// The longest that an invocation may take: its deadline where the API names none.
	longest = 15 * time.Minute
)

// newContext says what a handler may know of its invocation. The context is done at the deadline.
func (w *worker) newContext(invocation *invocation) (context.Context, context.CancelFunc, error) {
	known := &lambdacontext.LambdaContext{
		AwsRequestID:       invocation.id,
		InvokedFunctionArn: invocation.get(headerARN),
		TenantID:           invocation.get(headerTenantID),
	}
	if w.group == nil {
		current.Set(&current.Invocation{RequestID: known.AwsRequestID, TenantID: known.TenantID, ARN: known.InvokedFunctionArn})
	}
	deadline, err := deadlineOf(invocation)
	if err != nil {
		return nil, nil, err
	}
	if err := parse(invocation, headerClientContext, "client context", &known.ClientContext); err != nil {
		return nil, nil, err
	}
	if err := parse(invocation, headerCognitoIdentity, "cognito identity", &known.Identity); err != nil {
		return nil, nil, err
	}
	traceID := invocation.get(headerTraceID)
	if w.group == nil { // a variable is the process's: it says nothing where invocations share it
		export(traceID)
	}
	timed := withDeadline(w.handler.baseContext, deadline)
	ctx := lambdacontext.NewContext(timed, known)
	//lint:ignore SA1029 the key is a string, so that others can use it without this package
	return context.WithValue(ctx, traceKey, traceID), timed.end, nil
}

func deadlineOf(invocation *invocation) (time.Time, error) {
	text := invocation.get(headerDeadline)
	if text == "" {
		return time.Now().Add(longest), nil
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, &named{"Runtime.LambdaContextUnmarshalError", fmt.Errorf("failed to parse deadline: %w", err)}
	}
	return time.UnixMilli(ms), nil
}

func parse(invocation *invocation, header, what string, target interface{}) error {
	text := invocation.get(header)
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), target); err != nil {
		return &named{"Runtime.LambdaContextUnmarshalError", fmt.Errorf("failed to unmarshal %s json: %w", what, err)}
	}
	return nil
}

func export(traceID string) {
	if traceID == "" {
		_ = os.Unsetenv(traceVariable)
	} else {
		_ = os.Setenv(traceVariable, traceID)
	}
}
