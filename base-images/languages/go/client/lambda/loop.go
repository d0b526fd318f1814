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
		w.group.begin()
		err = w.handle(invocation)
		if err = w.group.end(err); err != nil {
			return err
		}
		w.tidy(invocation)
	}
}

// handle takes one invocation from its event to its accepted result.
func (w *worker) handle(invocation *invocation) error {
	ctx, cancel, err := w.newContext(invocation)
	if err != nil {
		return w.reportFailure(invocation, failureOf(err))
	}
	defer cancel()

	defer w.abandoned(invocation)
	result, failed := call(ctx, w.handler, invocation.payload)
	invocation.returned = true
	if failed != nil {
		return w.reportFailure(invocation, failed)
	}
	defer result.close()
	if result.stream != nil {
		return w.stream(invocation, result)
	}
	return w.respond(invocation, result)
}
