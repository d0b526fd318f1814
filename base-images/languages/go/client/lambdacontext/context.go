// Package lambdacontext tells a function about itself and about the invocation it handles.
package lambdacontext

import (
	"context"
	"encoding/json"
	"os"
	"strconv"

	"lambda-image.internal/go/internal/workers"
)

// What the environment says of the function.
var (
	LogGroupName    = os.Getenv("AWS_LAMBDA_LOG_GROUP_NAME")
	LogStreamName   = os.Getenv("AWS_LAMBDA_LOG_STREAM_NAME")
	FunctionName    = os.Getenv("AWS_LAMBDA_FUNCTION_NAME")
	FunctionVersion = os.Getenv("AWS_LAMBDA_FUNCTION_VERSION")
	MemoryLimitInMB = number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")

	maxConcurrency = max(workers.Asked(), 1)
)

func number(name string) int {
	value, _ := strconv.Atoi(os.Getenv(name))
	return value
}

// MaxConcurrency is how many invocations may be handled at the same time.
func MaxConcurrency() int { return maxConcurrency }

// ClientApplication is what the caller's application says of itself.
type ClientApplication struct {
	InstallationID string `json:"installation_id"`
	AppTitle       string `json:"app_title"`
	AppVersionName string `json:"app_version_name"`
	AppVersionCode string `json:"app_version_code"`
	AppPackageName string `json:"app_package_name"`
}

// ClientContext is what the caller's application gave along.
type ClientContext struct {
	Client ClientApplication
	Env    map[string]string `json:"env"`
	Custom map[string]string `json:"custom"`
}

// UnmarshalJSON takes any JSON as a value of `custom`: what is no string stays as it is written.
func (cc *ClientContext) UnmarshalJSON(data []byte) error {
	var raw struct {
		Client ClientApplication          `json:"client"`
		Env    map[string]string          `json:"env"`
		Custom map[string]json.RawMessage `json:"custom"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	cc.Client, cc.Env, cc.Custom = raw.Client, raw.Env, nil
	if raw.Custom != nil {
		cc.Custom = make(map[string]string, len(raw.Custom))
	}
	for key, value := range raw.Custom {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		cc.Custom[key] = text
	}
	return nil
}

// CognitoIdentity is the caller's, where it has one.
type CognitoIdentity struct {
	CognitoIdentityID     string
	CognitoIdentityPoolID string
}

// LambdaContext is what is known of an invocation.
type LambdaContext struct {
	AwsRequestID       string
	InvokedFunctionArn string
	Identity           CognitoIdentity
	ClientContext      ClientContext
	TenantID           string `json:",omitempty"`
}

type key struct{}

// NewContext returns a context that carries lc.
func NewContext(parent context.Context, lc *LambdaContext) context.Context {
	return context.WithValue(parent, key{}, lc)
}

// FromContext returns the LambdaContext that a context carries.
func FromContext(ctx context.Context) (*LambdaContext, bool) {
	lc, ok := ctx.Value(key{}).(*LambdaContext)
	return lc, ok
}
