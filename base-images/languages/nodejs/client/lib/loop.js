"use strict";
// The life of a process: load the function, then event after event, result after result.

const { Invocation, contextOf, current, leave, within } = require("./context");
const { Fault, isError, named, text } = require("./errors");
const handler = require("./handler");
const logs = require("./logs");

// Tries of GET /next, and the first pause between them, which doubles. One among several callers is more patient.
const TRIES = 3;
const TRIES_OF_SEVERAL = 6;
const PAUSE_MS = 100;
// Characters of an event or a result from which on memory is given back before the next is waited for.
const LARGE = 2 * 1024 * 1024;
const LIMIT = 6291556; // bytes of a result; AWS's number, for the message of a 413

class Loop {
  constructor(api, several) {
    this.api = api;
    this.several = several;
    this.function = null;
    this.ending = false;
    this.running = new Set();
  }

  /** Serve events, one at a time, by this connection to the Runtime API. */
  async run(api) {
    while (!this.ending) {
      const invocation = await this.next(api);
      this.running.add(invocation);
      await within(invocation, () => this.handle(api, invocation));
      this.running.delete(invocation);
      leave();
      // Not among several, which would all stand still for it.
      if (!this.several && (invocation.eventSize >= LARGE || invocation.size >= LARGE)) require("./memory").giveBack();
    }
  }

  /** Call the function and post what comes of it: a result, a stream or an error. */
  async handle(api, invocation) {
    try {
      const answer = this.function.streams ? await this.stream(api, invocation) : await this.answer(api, invocation);
      if (answer.status !== 202) this.refused(answer, invocation);
    } catch (error) {
      this.lost(error);
    }
  }

  async answer(api, invocation) {
    let body;
    try {
      const context = this.begin(invocation);
      const result = await handler.call(this.function, parse(invocation.takeEvent()), context, this.several);
      body = serialise(result);
    } catch (error) {
      return this.fail(api, invocation, error);
    }
    if (invocation.answered) return ACCEPTED;
    invocation.answered = true;
    invocation.size = body.length;
    return await api.response(invocation, body); // the promise itself would take two more rounds of microtasks
  }

  stream(api, invocation) {
    return require("./stream").serve(this, api, invocation, () => [
      parse(invocation.takeEvent()),
      this.begin(invocation),
    ]);
  }

  begin(invocation) {
    if (!this.several) setTraceId(invocation.traceId);
    return contextOf(invocation);
  }

  /** The next event; the process ends where there is none to be had. */
  async next(api) {
    try {
      const answer = await api.next();
      return answer.status === 200 ? eventOf(answer) : await this.nextAgain(api, answer, describe(answer));
    } catch (error) {
      return this.nextAgain(api, null, error.message);
    }
  }

  /** After a failed GET: more tries with growing pauses, where it may pass. */
  async nextAgain(api, failed, why) {
    let answer = failed;
    let problem = why;
    for (let number = 1; number < (this.several ? TRIES_OF_SEVERAL : TRIES); number++) {
      if (answer !== null && answer.status < 500 && !this.several) break;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** (number - 1)));
      try {
        answer = await api.next();
        if (answer.status === 200) return eventOf(answer);
        problem = describe(answer);
      } catch (error) {
        answer = null;
        problem = error.message;
      }
    }
    return logs.end(`GET /runtime/invocation/next failed: ${problem}`);
  }

  // -- what goes wrong ---------------------------------------------------------------------------------------

  /** Report an error of the function. */
  async fail(api, invocation, error) {
    const fault = new Fault(error);
    logs.fault(fault, "Invoke Error");
    if (invocation.answered) return ACCEPTED;
    invocation.answered = true;
    invocation.size = fault.body.length;
    return api.error(invocation, fault);
  }

  /** Any answer but 202 to a result. 500 is the end, among several not; what else is logged and passed over. */
  refused(answer, invocation) {
    let what = `the Runtime API refused the result: ${describe(answer)}`;
    if (answer.status === 413) what += `; it has ${invocation.size} characters, the limit is ${LIMIT} bytes`;
    if (answer.status >= 500 && !this.several) logs.end(what);
    logs.say(what);
  }

  /** A result that could not be posted. */
  lost(error) {
    const what = `the result could not be posted: ${error.message}`;
    if (!this.several) logs.end(what);
    logs.say(what);
  }

  /** Find the function; what fails is reported once, and the process ends. */
  async load() {
    const root = process.env.LAMBDA_TASK_ROOT || process.cwd();
    const find = (resolve, reject) => handler.find(process.env._HANDLER || "", root).then(resolve, reject);
    try {
      this.function = await handler.untilDry(find, (_, reject) => reject(handler.neverSettled("top-level await")));
    } catch (error) {
      await this.failInit(error, "Runtime.InitError");
    }
  }

  async failInit(error, kind, status = 1) {
    const fault = new Fault(error, kind);
    logs.fault(fault, "Init Error");
    await this.report(this.api.initError(fault));
    process.exit(status);
  }

  /** Wait for the answer to a report that is made once, whatever the answer. */
  async report(posted) {
    try {
      const answer = await posted;
      if (answer.status !== 202) logs.say(`the report of the failure was refused: ${describe(answer)}`);
    } catch (error) {
      logs.say(`the failure could not be reported: ${error.message}`);
    }
  }

  /** What nobody caught ends the process, after it was reported for the invocation it belongs to. */
  watchProcess() {
    const watch = (event, status, toError) => {
      process.on(event, (thrown) => {
        if (process.listenerCount(event) === 1) this.crash(toError(thrown), status);
      });
    };
    process.on("exit", (status) => {
      if (this.function !== null || status !== 0) return;
      process.exitCode = 1; // an environment that never asked for work is no success
      logs.lastWords("the function ended the process with status 0 while it was loaded");
    });
    watch("uncaughtException", 129, (error) => error);
    watch("unhandledRejection", 128, (reason) =>
      named("Runtime.UnhandledPromiseRejection", text(reason), isError(reason) ? reason.stack : "")
    );
  }

  async crash(error, status) {
    if (this.ending) return;
    this.ending = true;
    const invocation = current();
    if (this.function === null) return this.failInit(error, "Runtime.InitError");
    if (invocation !== null && invocation.stream) await this.report(invocation.stream.fail(error));
    else if (invocation === null || invocation.answered) logs.fault(new Fault(error), "Uncaught Exception");
    else await this.report(this.fail(this.several ? this.api.another() : this.api, invocation, error));
    if (this.several) await require("./concurrency").drained(this, invocation);
    process.exit(status);
  }
}

/** An event that could not be answered for is no event. */
function eventOf(answer) {
  const invocation = new Invocation(answer);
  if (invocation.requestId) return invocation;
  return logs.end("GET /runtime/invocation/next failed: an event without Lambda-Runtime-Aws-Request-Id");
}

// Stands for the answer where a result was posted already.
const ACCEPTED = { status: 202 };

/** The event as a value. */
function parse(event) {
  try {
    return JSON.parse(event);
  } catch (error) {
    throw named("Runtime.UnmarshalError", `the event is not JSON: ${error.message}`);
  }
}

/** The result as JSON. */
function serialise(result) {
  let body;
  try {
    body = result === undefined ? "null" : JSON.stringify(result);
  } catch (error) {
    throw named("Runtime.MarshalError", `the result cannot be serialised: ${error.message}`, error.stack);
  }
  if (body === undefined)
    throw named("Runtime.MarshalError", `the result is a ${typeof result}, which JSON has no form for`);
  return body;
}

/** X-Ray's SDK reads it from the environment; an event without one must not see the last one's. */
function setTraceId(traceId) {
  if (traceId) process.env._X_AMZN_TRACE_ID = traceId;
  else if (lastTraceId !== undefined) delete process.env._X_AMZN_TRACE_ID;
  lastTraceId = traceId;
}

let lastTraceId = null; // at first, what the environment began with

/** An answer, for a message. */
function describe(answer) {
  return `status ${answer.status} ${answer.body.slice(0, 200).trim()}`;
}

module.exports = { ACCEPTED, Loop, describe };
