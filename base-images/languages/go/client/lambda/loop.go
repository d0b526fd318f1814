package lambda

// worker handles one invocation after the other, on a connection of its own.
type worker struct {
	*connection
	handler *handlerOptions
	group   *group // the workers of the process; nil where there are none
}

// loop runs until the process has to end; the error says why.
func (w *worker) loop() error {
	for {
		invocation, err := w.next()
		if err != nil {
			return err
		}
		w.group.begin(invocation)
		err = w.handle(invocation)
		if err = w.group.end(invocation, err); err != nil {
			return err
		}
		w.tidy(invocation)
	}
}

// handle takes one invocation from its event to its accepted result.
func (w *worker) handle(invocation *invocation) (ending error) {
	ctx, cancel, err := w.newContext(invocation)
	if err != nil {
		return w.reportFailure(invocation, failureOf(err))
	}
	defer cancel()

	defer w.abandoned(invocation)
	result, failed := call(ctx, w.handler, invocation.payload)
	if failed != nil {
		invocation.returned = true
		return w.reportFailure(invocation, failed)
	}
	defer func() { ending = w.closed(invocation, result, ending) }()
	if result.stream != nil {
		return w.stream(invocation, result)
	}
	invocation.returned = true
	return w.respond(invocation, result)
}

// closed closes what was read. A panic there comes too late for the caller, but is one: it is logged, and the process
// ends as after any other.
func (w *worker) closed(invocation *invocation, result *result, ending error) error {
	failed := result.close()
	if failed == nil {
		return ending
	}
	failed.log(invocation.id, invocation.get(headerTenantID))
	return exitAfter(failed, ending)
}
