// Package messages holds the error that a handler may return to say exactly what is reported.
package messages

import "fmt"

// InvokeResponse_Error is an error as it is reported. With ShouldExit the process ends after the report.
//
//nolint:revive // the name is that of aws-lambda-go
type InvokeResponse_Error struct {
	Message    string                             `json:"errorMessage"`
	Type       string                             `json:"errorType"`
	StackTrace []*InvokeResponse_Error_StackFrame `json:"stackTrace,omitempty"`
	ShouldExit bool                               `json:"-"`
}

func (e InvokeResponse_Error) Error() string {
	return fmt.Sprintf("%#v", e)
}

// InvokeResponse_Error_StackFrame is a line of a stack trace.
//
//nolint:revive // the name is that of aws-lambda-go
type InvokeResponse_Error_StackFrame struct {
	Path  string `json:"path"`
	Line  int32  `json:"line"`
	Label string `json:"label"`
}
