"use strict";
// What comes out: `console`, as AWS's client sets it up, and what the client itself has to say.
//
// A record is one write: a line of standard output, or a frame where the platform gave a descriptor for frames. It is
// written before the call returns, so it is out before the result is posted.

const fs = require("fs");
const { current } = require("./context");
const { isError, stringify } = require("./errors");

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const METHODS = { trace: 0, debug: 1, info: 2, log: 2, warn: 3, error: 4, fatal: 5 };
const FRAME_JSON = 0xa55a0002;
const FRAME_TEXT = 0xa55a0003;
const FRAME_HEAD = 16;

let asJson = false;
let least = 0;
let frames = null; // the descriptor for frames
let output = 1; // the descriptor for lines

/** Set `console` up, before the function is loaded. */
function start(several) {
  const { env } = process;
  asJson = several || (env.AWS_LAMBDA_LOG_FORMAT || "").toUpperCase() === "JSON";
  least = Math.max(0, LEVELS.indexOf((env.AWS_LAMBDA_LOG_LEVEL || "").toUpperCase()));
  frames = descriptor(env._LAMBDA_TELEMETRY_LOG_FD);
  delete env._LAMBDA_TELEMETRY_LOG_FD;
  for (const [name, level] of Object.entries(METHODS)) {
    console[name] = level < least ? () => {} : (message, ...more) => record(level, message, more);
  }
}

/** Lines go to another descriptor than standard output. */
function useOutput(fd) {
  output = fd;
}

/** The descriptor for frames, where there is one that works, as one that the function's children do not inherit. */
function descriptor(value) {
  if (value === undefined || value === "") return null;
  const given = Number(value);
  try {
    fs.fstatSync(given);
  } catch (error) {
    return null;
  }
  try {
    const own = fs.openSync(`/proc/self/fd/${given}`, "a"); // Node.js opens files so that children lack them
    fs.closeSync(given);
    return own;
  } catch (error) {
    return given; // a socket, or the other end belongs to someone else
  }
}

function record(level, message, more) {
  const now = new Date();
  const stamp = now.toISOString();
  if (asJson) return write(level, now, jsonRecord(stamp, level, message, more));
  const invocation = current();
  const id = invocation === null ? "-" : invocation.requestId;
  write(level, now, `${stamp}\t${id}\t${LEVELS[level]}\t${formatted(message, more)}`);
}

function formatted(message, more) {
  if (more.length === 0 && typeof message === "string") return message;
  return require("util").format(message, ...more);
}

/** One line of JSON, whatever is in it: AWS's members, in AWS's order. */
function jsonRecord(timestamp, level, message, more) {
  const values = { timestamp, level: LEVELS[level] };
  const invocation = current();
  if (invocation !== null) {
    values.requestId = invocation.requestId;
    if (invocation.tenantId) values.tenantId = invocation.tenantId;
  }
  if (more.length === 0) {
    try {
      return stringify(
        Object.assign({}, values, { message: message === undefined ? "undefined" : message }),
        errorsToo
      );
    } catch (error) {
      return stringify(Object.assign(values, { message: formatted(message, []) })); // a cycle, a BigInt
    }
  }
  values.message = formatted(message, more);
  const error = more.find((one) => isError(one));
  return stringify(error === undefined ? values : Object.assign(values, errorMembers(error)));
}

function errorsToo(key, value) {
  if (isError(value)) return Object.assign(errorMembers(value), value);
  return typeof value === "function" || typeof value === "symbol" ? String(value) : value;
}

function errorMembers(error) {
  const { constructor } = error;
  return {
    errorType: (constructor && constructor.name) || "UnknownError",
    errorMessage: error.message,
    stackTrace: typeof error.stack === "string" ? error.stack.split("\n") : [],
  };
}

function write(level, now, text) {
  if (frames === null) return writeAll(output, Buffer.from(text.replace(/\n/g, "\r") + "\n"));
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(FRAME_HEAD + length);
  frame.writeUInt32BE((asJson ? FRAME_JSON : FRAME_TEXT) + 4 * (level + 1), 0);
  frame.writeUInt32BE(length, 4);
  frame.writeBigUInt64BE(BigInt(now.getTime()) * BigInt(1000), 8);
  frame.write(text, FRAME_HEAD);
  writeAll(frames, frame);
}

function writeAll(fd, data) {
  while (data.length > 0) {
    try {
      data = data.slice(fs.writeSync(fd, data));
    } catch (error) {
      if (error.code !== "EAGAIN") return; // nobody reads it any more: no reason to fail an invocation
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); // a reader that is behind
    }
  }
}

// -- what the client has to say ------------------------------------------------------------------------------

/** A failure, once, with type, message and stack. LAMBDA_IMAGE_LOG_ERRORS=off leaves it to the function. */
function fault(found, what) {
  if (least > METHODS.error || (process.env.LAMBDA_IMAGE_LOG_ERRORS || "").toLowerCase() === "off") return;
  const now = new Date();
  const stamp = now.toISOString();
  const facts = { errorType: found.type, errorMessage: found.message };
  const invocation = current();
  if (asJson) {
    const about = invocation === null ? {} : { requestId: invocation.requestId, tenantId: invocation.tenantId };
    const values = Object.assign({ timestamp: stamp, level: "ERROR" }, about, {
      message: `${found.type}: ${found.message}`,
      errorType: found.type,
      errorMessage: found.message,
      stackTrace: found.stack,
    });
    return write(METHODS.error, now, stringify(values));
  }
  const more = stringify(Object.assign(facts, { stack: found.stack }));
  write(METHODS.error, now, `${stamp}\t${invocation === null ? "-" : invocation.requestId}\tERROR\t${what} \t${more}`);
}

/** A refusal of the Runtime API or the like. */
function say(message) {
  if (METHODS.warn >= least) record(METHODS.warn, message, []);
}

/** Why the process ends, on standard error; then it does. */
function end(message, status = 1) {
  lastWords(message);
  process.exit(status);
}

function lastWords(message) {
  writeAll(2, Buffer.from(`${message}\n`));
}

module.exports = { end, fault, lastWords, say, start, useOutput };
