"use strict";
// An error as the Runtime API wants it: a JSON body, the header that names its kind, and X-Ray's cause.

// The emulator crops what is longer, which makes it no JSON; servers refuse heads of a megabyte.
const CAUSE_LIMIT = 65536;
// As it was before the function was loaded: one that the function has replaced must not hide its errors.
const { stringify } = JSON;
const FRAME = /^\s*at (?:(.*?) \()?(.*?):(\d+)(?::\d+)?\)?$/;

/** An error with a type that the Runtime API documents. */
function named(name, message, stack) {
  const error = new Error(message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** What is reported of anything that was thrown. `fallback` is the kind of what names none itself. */
class Fault {
  constructor(thrown, fallback) {
    Object.assign(this, isError(thrown) ? factsOf(thrown) : { type: typeof thrown, message: text(thrown), stack: [] });
    this.thrown = thrown;
    this.kind = this.type.startsWith("Runtime.") ? this.type : fallback || `Function.${word(this.type)}`;
    // AWS's client calls the stack `trace`; the Runtime API's documents call it stackTrace.
    this.body = stringify({
      errorType: this.type,
      errorMessage: this.message,
      stackTrace: this.stack,
      trace: this.stack,
    });
  }

  /** Header lines, each with its end. */
  get headers() {
    const cause = this._cause();
    const kind = `Lambda-Runtime-Function-Error-Type: ${this.kind.replace(/[^\w.]/g, "")}\r\n`;
    return cause.length < CAUSE_LIMIT ? `${kind}Lambda-Runtime-Function-XRay-Error-Cause: ${cause}\r\n` : kind;
  }

  /** Header lines that may follow a stream. */
  get trailers() {
    return (
      `Lambda-Runtime-Function-Error-Type: ${this.kind.replace(/[^\w.]/g, "")}\r\n` +
      `Lambda-Runtime-Function-Error-Body: ${Buffer.from(this.body).toString("base64")}\r\n`
    );
  }

  /** For X-Ray: one line of printable ASCII. */
  _cause() {
    if (this.message.length > CAUSE_LIMIT) return this.message;
    const stack = this.stack.map(frame).filter(Boolean);
    const cause = {
      working_directory: workingDirectory(),
      exceptions: [{ type: this.type, message: this.message, stack }],
      paths: Array.from(new Set(stack.map((one) => one.path))),
    };
    const escape = (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0");
    return stringify(cause).replace(/[^ -~]/g, escape);
  }
}

function isError(thrown) {
  try {
    return thrown instanceof Error || Object.prototype.toString.call(thrown) === "[object Error]";
  } catch (problem) {
    return false; // a proxy that throws
  }
}

function factsOf(error) {
  try {
    const { constructor } = error;
    const type = error.name && error.name !== "Error" ? error.name : (constructor && constructor.name) || "Error";
    const stack = typeof error.stack === "string" ? error.stack.split("\n") : [];
    return { type: String(type), message: text(error.message), stack: stack.filter((line) => !isOurs(line)) };
  } catch (problem) {
    return { type: "Error", message: `the error cannot be read: ${text(problem)}`, stack: [] };
  }
}

/** How the client got to the function's own code is left out. */
function isOurs(line) {
  return line.includes(`(${__dirname}/`) || line.includes(`at ${__dirname}/`);
}

function text(value) {
  try {
    return String(value);
  } catch (problem) {
    return `a value without a text: ${typeof value}`;
  }
}

/** A type's name as the form Category.Reason allows it. */
function word(name) {
  return name.replace(/\W/g, "") || "Error";
}

function frame(line) {
  const found = FRAME.exec(line);
  return found && { path: found[2], line: Number(found[3]), label: found[1] || "anonymous" };
}

function workingDirectory() {
  try {
    return process.cwd();
  } catch (problem) {
    return "";
  }
}

module.exports = { Fault, isError, named, stringify, text };
