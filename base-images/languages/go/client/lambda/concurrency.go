package lambda

import (
	"sync"
	"time"
)

// serve handles invocations until the process has to end; the error says why. Where the environment asks for workers,
// as many as it says handle one each at the same time.
func serve(api *runtimeAPIClient, handler *handlerOptions, workers int) error {
	if workers < 1 {
		return api.worker(handler, nil).loop()
	}
	group := newGroup()
	for n := 0; n < workers; n++ {
		go func() { group.leave(api.worker(handler, group).loop()) }()
	}
	return group.wait()
}

// How often it is looked whether those in flight have time left.
const lookAgain = 100 * time.Millisecond

// group is what workers know of each other: if one of them cannot go on, the process ends, but not before the
// invocations in flight are answered. They are waited for as long as one of them has time: one that hangs keeps no
// process from ending. A nil group means that there are no workers: one invocation after the other.
type group struct {
	mutex    sync.Mutex
	changed  *sync.Cond
	inFlight map[*invocation]time.Time // until when each has time
	reason   error
}

func newGroup() *group {
	g := &group{inFlight: map[*invocation]time.Time{}}
	g.changed = sync.NewCond(&g.mutex)
	return g
}

// begin counts an invocation in, even if the process is about to end: it was given to us.
func (g *group) begin(one *invocation) {
	if g == nil {
		return
	}
	until, err := deadlineOf(one)
	if err != nil {
		until = time.Now().Add(longest)
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.inFlight[one] = until
}

// end counts an invocation out. The error, this worker's or another's, says that the worker must not go on.
func (g *group) end(one *invocation, err error) error {
	if g == nil {
		return err
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	delete(g.inFlight, one)
	g.note(err)
	return g.reason
}

// leave is the end of a worker.
func (g *group) leave(err error) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.note(err)
}

func (g *group) note(err error) {
	if g.reason == nil {
		g.reason = err
	}
	g.changed.Broadcast()
}

// wait returns the reason of the end, once there is one and nothing that has time is in flight.
func (g *group) wait() error {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for g.reason == nil {
		g.changed.Wait()
	}
	for g.haveTime() {
		again := time.AfterFunc(lookAgain, g.changed.Broadcast)
		g.changed.Wait()
		again.Stop()
	}
	return g.reason
}

func (g *group) haveTime() bool {
	for _, until := range g.inFlight {
		if time.Now().Before(until) {
			return true
		}
	}
	return false
}
