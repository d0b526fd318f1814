"use strict";
// One invocation: what came with its event, what the handler is told of it, and which one the running code belongs to.

const { field } = require("./answer");
const { named } = require("./errors");

const LONGEST_MS = 900000; // that a function may take: the deadline where the Runtime API names none
// The environment of the process is asked once: to ask it is a call of the system's library each time.
const FACTS = Object.assign({}, process.env);
// In the order of `Invocation`'s constructor, and looked up in one place: eight lookups that V8 puts into that
// constructor cost more processor time to compile than a thousand events.
const HEADERS = [
  "lambda-runtime-aws-request-id",
  "lambda-runtime-invocation-id",
  "lambda-runtime-deadline-ms",
  "lambda-runtime-invoked-function-arn",
  "lambda-runtime-trace-id",
  "lambda-runtime-aws-tenant-id",
  "lambda-runtime-client-context",
  "lambda-runtime-cognito-identity",
].map(field);
const SAFE_IN_PATH = /^[A-Za-z0-9._~-]+$/;

/** The headers of an event, absent ones as undefined, and the event's text until `takeEvent`. */
class Invocation {
  constructor(answer) {
    const values = answer.headers(HEADERS);
    this._event = answer.body;
    this.eventSize = answer.body.length; // in characters, as is that of what is posted
    this.size = 0;
    this.requestId = values[0];
    this.pathId = this.requestId && inPath(this.requestId);
    // One attempt's own id goes back as it came; one that would break a request's head is dropped.
    const attempt = values[1];
    this.ownHeaders = attempt && !/[\r\n\0]/.test(attempt) ? `Lambda-Runtime-Invocation-Id: ${attempt}\r\n` : "";
    const deadline = Number(values[2]);
    this.deadlineMs = Number.isFinite(deadline) ? deadline : Date.now() + LONGEST_MS;
    this.arn = values[3];
    this.traceId = values[4];
    this.tenantId = values[5];
    this.clientContext = values[6];
    this.identity = values[7];
    this.answered = false; // whether a result is under way, so that no second one is posted
  }

  /** The event's text, which is not kept: 6 MB twice is too much. */
  takeEvent() {
    const event = this._event;
    this._event = "";
    return event;
  }
}

/** The id as it came; only what no path may hold is escaped. */
function inPath(id) {
  return SAFE_IN_PATH.test(id) ? id : encodeURIComponent(Buffer.from(id, "latin1").toString("utf8"));
}

/** The members of AWS's context. `done`, `succeed` and `fail` are added for handlers that may use them. */
function contextOf(invocation) {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: FACTS.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: FACTS.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: FACTS.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: FACTS.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: FACTS.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed(invocation.clientContext, "client context"),
    identity: parsed(invocation.identity, "Cognito identity"),
    invokedFunctionArn: invocation.arn,
    awsRequestId: invocation.requestId,
    tenantId: invocation.tenantId,
    xRayTraceId: invocation.traceId,
    // The wall clock, asked each time: a frozen environment's other clocks stand still.
    getRemainingTimeInMillis: () => invocation.deadlineMs - Date.now(),
  };
}

function parsed(header, what) {
  if (!header) return undefined;
  let problem = "it is no object";
  try {
    const value = JSON.parse(Buffer.from(header, "latin1").toString("utf8"));
    if (value !== null && typeof value === "object") return value;
  } catch (error) {
    problem = error.message;
  }
  throw named("Runtime.LambdaContextUnmarshalError", `the ${what} is not a JSON object: ${problem}`);
}

// -- which invocation the running code belongs to ------------------------------------------------------------
// One at a time needs only a variable, and that costs nothing. Several at once need AsyncLocalStorage.

let only = null;
let storage = null;

function useAsyncStorage() {
  storage = new (require("async_hooks").AsyncLocalStorage)();
}

function current() {
  if (storage === null) return only;
  const store = storage.getStore();
  return store === undefined ? null : store;
}

/** Call `act` as part of an invocation. */
function within(invocation, act) {
  if (storage !== null) return storage.run(invocation, act);
  only = invocation;
  return act();
}

/** No invocation runs any more, where one runs at a time. */
function leave() {
  only = null;
}

// -- the interface that libraries know as awslambda.InvokeStore ----------------------------------------------

const REQUEST_ID = Symbol.for("_AWS_LAMBDA_REQUEST_ID");
const X_RAY_TRACE_ID = Symbol.for("_AWS_LAMBDA_X_RAY_TRACE_ID");
const TENANT_ID = Symbol.for("_AWS_LAMBDA_TENANT_ID");

const invokeStore = {
  getContext() {
    const invocation = current();
    if (invocation === null) return undefined;
    if (invocation.values === undefined) {
      invocation.values = {
        [REQUEST_ID]: invocation.requestId,
        [X_RAY_TRACE_ID]: invocation.traceId,
        [TENANT_ID]: invocation.tenantId,
      };
    }
    return invocation.values;
  },
  hasContext: () => current() !== null,
  get(key) {
    const values = invokeStore.getContext();
    return values === undefined ? undefined : values[key];
  },
  set(key, value) {
    if (key === REQUEST_ID || key === X_RAY_TRACE_ID || key === TENANT_ID) {
      throw new Error(`Cannot modify protected Lambda context field: ${String(key)}`);
    }
    const values = invokeStore.getContext();
    if (values === undefined) throw new Error("No context available");
    values[key] = value;
  },
  run: (values, act) => within({ requestId: values[REQUEST_ID], tenantId: values[TENANT_ID], values }, act),
  getRequestId: () => invokeStore.get(REQUEST_ID) || "-",
  getXRayTraceId: () => invokeStore.get(X_RAY_TRACE_ID),
  getTenantId: () => invokeStore.get(TENANT_ID),
};

module.exports = { Invocation, contextOf, current, invokeStore, leave, useAsyncStorage, within };
