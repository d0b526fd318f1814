package lambda

import "sync"

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

// group is what workers know of each other: if one of them cannot go on, the process ends, but not before the
// invocations in flight are answered. A nil group means that there are no workers: one invocation after the other.
type group struct {
	mutex    sync.Mutex
	changed  *sync.Cond
	inFlight int
	reason   error
}

func newGroup() *group {
	g := &group{}
	g.changed = sync.NewCond(&g.mutex)
	return g
}

// begin counts an invocation in, even if the process is about to end: it was given to us.
func (g *group) begin() {
	if g == nil {
		return
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.inFlight++
}

// end counts an invocation out. The error, this worker's or another's, says that the worker must not go on.
func (g *group) end(err error) error {
	if g == nil {
		return err
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.inFlight--
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

// wait returns the reason of the end, once there is one and nothing is in flight.
func (g *group) wait() error {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for g.reason == nil || g.inFlight > 0 {
		g.changed.Wait()
	}
	return g.reason
}
