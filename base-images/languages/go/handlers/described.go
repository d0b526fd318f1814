package main

import "context"

// described is what the context, and the package of that name, say of an invocation.
func described(ctx context.Context) map[string]interface{} {
	lc, _ := fromContext(ctx)
	told := map[string]interface{}{
		"request_id":       lc.AwsRequestID,
		"function_name":    functionName(),
		"function_version": functionVersion(),
		"memory_limit_mb":  memoryLimit(),
		"log_group":        logGroup(),
		"log_stream":       logStream(),
		"arn":              lc.InvokedFunctionArn,
		"client_context":   nil,
		"identity":         nil,
		"tenant_id":        lc.TenantID,
	}
	if given := lc.ClientContext; given.Custom != nil || given.Env != nil || given.Client.InstallationID != "" {
		told["client_context"] = map[string]interface{}{
			"client": given.Client, "custom": given.Custom, "env": given.Env,
		}
	}
	if lc.Identity.CognitoIdentityID != "" {
		told["identity"] = map[string]string{
			"id": lc.Identity.CognitoIdentityID, "pool": lc.Identity.CognitoIdentityPoolID,
		}
	}
	return told
}
