package lambda

import (
	"context"
	"sync"
	"time"
)

// deadlineContext is done at a deadline, but has no timer before somebody asks for Done: a timer for each invocation
// wakes another thread of the process each time, which doubles the CPU time of a short one.
type deadlineContext struct {
	context.Context
	deadline time.Time
	mutex    sync.Mutex
	timed    context.Context // with the timer, once there is one
	cancel   context.CancelFunc
	ended    bool
}

func withDeadline(parent context.Context, deadline time.Time) *deadlineContext {
	if earlier, ok := parent.Deadline(); ok && earlier.Before(deadline) {
		deadline = earlier
	}
	return &deadlineContext{Context: parent, deadline: deadline}
}

// end is the end of the invocation: what still uses the context is told so.
func (c *deadlineContext) end() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.ended = true
	if c.cancel != nil {
		c.cancel()
	}
}

func (c *deadlineContext) Deadline() (time.Time, bool) { return c.deadline, true }

func (c *deadlineContext) Done() <-chan struct{} {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.timed == nil {
		c.timed, c.cancel = context.WithDeadline(c.Context, c.deadline)
		if c.ended {
			c.cancel()
		}
	}
	return c.timed.Done()
}

func (c *deadlineContext) Err() error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	switch {
	case c.timed != nil:
		return c.timed.Err()
	case c.ended:
		return context.Canceled
	case !time.Now().Before(c.deadline):
		return context.DeadlineExceeded
	}
	return c.Context.Err()
}

// Value is that of the context with the timer, where there is one: package context finds it by that.
func (c *deadlineContext) Value(key interface{}) interface{} {
	c.mutex.Lock()
	timed := c.timed
	c.mutex.Unlock()
	if timed != nil {
		return timed.Value(key)
	}
	return c.Context.Value(key)
}
