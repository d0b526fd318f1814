"use strict";
// The handler contract of the conformance suite, in Node.js (12 and newer).

const childProcess = require("child_process");
const fs = require("fs");
const path = require("path");

const STARTED_MS = Date.now();
const PATTERN = "0123456789abcdef";
const PART = 65536;
let count = 0;

if (process.env.CONFORMANCE_INIT_RECORD) console.error(process.env.CONFORMANCE_INIT_RECORD);

class HandlerError extends Error {
  constructor(message) {
    super(message);
    this.name = "HandlerError";
  }
}

function deepest(message) {
  throw new HandlerError(message);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const orNull = (value) => (value === undefined ? null : value);
const orElse = (value, other) => (value === undefined ? other : value);

exports.echo = (event) => event;

exports.length = (event) => event.length;

exports.nothing = async () => {};

exports.nan = () => NaN;

exports.big = (event) => PATTERN.repeat(event.length / PATTERN.length + 1).slice(0, event.length);

exports.invalid = () => {
  const cycle = {};
  cycle.cycle = cycle;
  return cycle;
};

exports.context = async (event, context) => {
  const reads = [];
  for (const ms of orElse(event.reads, [0])) {
    if (ms > 0) await pause(ms);
    reads.push({
      remaining_ms: context.getRemainingTimeInMillis(),
      request_id: context.awsRequestId,
      tenant_id: orNull(context.tenantId),
    });
  }
  const { identity } = context;
  return {
    request_id: context.awsRequestId,
    function_name: context.functionName,
    function_version: context.functionVersion,
    memory_limit_mb: context.memoryLimitInMB,
    log_group: context.logGroupName,
    log_stream: context.logStreamName,
    arn: context.invokedFunctionArn,
    client_context: orNull(context.clientContext),
    identity: identity ? { id: identity.cognitoIdentityId, pool: identity.cognitoIdentityPoolId } : null,
    tenant_id: orNull(context.tenantId),
    reads,
  };
};

exports.env = (event) => {
  const found = {};
  for (const name of event.names) found[name] = orNull(process.env[name]);
  return found;
};

exports.trace = async (event, context) => {
  const read = () => orNull(process.env._X_AMZN_TRACE_ID || context.xRayTraceId);
  const before = read();
  await pause(event.wait_ms || 0);
  return { before, after: read() };
};

exports.counter = (event) => {
  count += 1;
  if (event.fail) deepest("boom");
  return { count, process: process.pid, started_ms: STARTED_MS };
};

exports.sleep = async (event) => {
  await pause(event.ms);
  if (event.exit !== undefined) process.exit(event.exit);
  if (event.fail !== undefined) deepest(event.fail);
  return event;
};

exports.raise = (event) => deepest(orElse(event.message, "boom"));

exports.exit = (event) => process.exit(event.status);

exports.log = (event) => {
  if (event.stdout !== undefined) process.stdout.write(`${event.stdout}\n`);
  if (event.stderr !== undefined) process.stderr.write(`${event.stderr}\n`);
  if (event.unfinished !== undefined) process.stdout.write(event.unfinished);
  for (const record of event.records || []) console[record.level](record.message);
  return "logged";
};

exports.log_exception = (event) => {
  try {
    deepest(event.message);
  } catch (error) {
    console.error(event.message, error);
  }
  return "logged";
};

exports.tmp = (event) => {
  const file = path.join("/tmp", event.name);
  const content = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : null;
  if (event.write !== undefined && event.write !== null) fs.writeFileSync(file, event.write);
  return { content };
};

exports.time = (event) => {
  const moment = new Date(event.epoch * 1000);
  const two = (number) => String(number).padStart(2, "0");
  const day = [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())].join("-");
  const clock = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two).join(":");
  return { local: `${day}T${clock}` };
};

exports.run = (event) => {
  const env = Object.assign({}, process.env, event.environment);
  const done = childProcess.spawnSync(event.program, event.arguments || [], { env, encoding: "utf8" });
  if (done.error) return { status: null, stdout: "", stderr: String(done.error) };
  return { status: done.status, stdout: done.stdout, stderr: done.stderr };
};

exports.dlopen = (event) => {
  try {
    process.dlopen({ exports: {} }, event.library); // what is found but is no addon fails otherwise
  } catch (error) {
    // As glibc and musl say that there is no such library.
    return { loaded: !/cannot open shared object file|Error loading shared library/.test(error.message) };
  }
  return { loaded: true };
};

exports.deps = (event) => ({ origin: require(event.module).ORIGIN });

exports.version = () => ({ version: process.versions.node.split(".")[0] });

exports.files = (event) => {
  fs.writeFileSync(path.join(event.folder, event.name), "");
  return { names: fs.readdirSync(event.folder).sort() };
};

exports.async_echo = async (event) => {
  await pause(0);
  return event;
};

exports.async_raise = async (event) => {
  await pause(0);
  deepest(orElse(event.message, "boom"));
};

async function write(stream, chunk) {
  if (!stream.write(chunk)) await new Promise((resolve) => stream.once("drain", resolve));
}

async function writePieces(stream, event) {
  const block = Buffer.from(PATTERN.repeat(PART / PATTERN.length));
  let first = true;
  for (const piece of event.pieces || []) {
    if (!first) await pause(event.pause_ms || 0);
    first = false;
    if (piece.text !== undefined) await write(stream, piece.text);
    else if (piece.base64 !== undefined) await write(stream, Buffer.from(piece.base64, "base64"));
    else for (let left = piece.fill; left > 0; left -= PART) await write(stream, block.slice(0, left));
  }
}

// Only where the runtime can stream: one that cannot still has to load the rest of this file.
if (typeof awslambda !== "undefined") {
  exports.stream = awslambda.streamifyResponse(async (event, stream) => {
    if (event.content_type) stream.setContentType(event.content_type);
    await writePieces(stream, event);
    stream.end();
  });

  exports.stream_raise = awslambda.streamifyResponse(async (event, stream) => {
    await writePieces(stream, event);
    deepest(event.message);
  });

  exports.stream_http = awslambda.streamifyResponse(async (event, stream) => {
    const { status, headers, cookies } = event;
    const response = awslambda.HttpResponseStream.from(stream, { statusCode: status, headers, cookies });
    response.write(event.body);
    response.end();
  });
}

exports.HandlerError = HandlerError;
