// Package current knows the invocation that is being handled where there is only one at a time, for log records that
// were given no context.
package current

import "sync/atomic"

// Invocation is what log records say of an invocation.
type Invocation struct{ RequestID, TenantID, ARN string }

var now atomic.Pointer[Invocation]

// Set names the invocation that is being handled from here on.
func Set(invocation *Invocation) { now.Store(invocation) }

// Get returns it, or nil.
func Get() *Invocation { return now.Load() }
