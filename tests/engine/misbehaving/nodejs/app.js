"use strict";
// What functions do that no client's author thought of, each by its name.

const fs = require("fs");
const started = String(process.hrtime.bigint());

function deep(depth) {
  let value = "bottom";
  for (let n = 0; n < depth; n++) value = [value];
  return value;
}

function thrown(value) {
  throw value;
}

function cyclic() {
  const first = new Error("first");
  const second = new TypeError("second", { cause: first });
  first.cause = second;
  throw first;
}

class Sold extends Error {}

function hostile() {
  const error = new Error("hostile");
  Object.defineProperty(error, "message", { get: () => thrown(new Error("not even a text")) });
  throw error;
}

function odd(name) {
  const error = new Error("odd");
  error.name = name;
  throw error;
}

const circular = {};
circular.self = circular;

const doings = {
  nan: () => [NaN],
  time: () => new Date(0),
  bytes: () => Buffer.from([0, 255]),
  function: () => deep,
  undefined: () => undefined,
  symbol: () => Symbol("x"),
  bigint: () => 10n,
  map: () => new Map([[1, 2]]),
  circular: () => circular,
  surrogate: () => "\ud800",
  deep: () => deep(500),
  "too-deep": () => deep(200000),
  "bad-json": () => ({ toJSON: () => thrown(new Error("toJSON")) }),
  "no-json": () => ({ toJSON: () => undefined }),
  thenable: () => ({ then: (resolve) => resolve("thenable") }),
  "callable-thenable": () => Object.assign(() => 0, { then: (resolve) => resolve("thenable") }),
  "bad-thenable": () => ({
    get then() {
      return thrown(new Error("then"));
    },
  }),
  generator: function* () {
    yield 1;
  },
  "async-generator": async function* () {
    yield 1;
  },
  "throw-undefined": () => thrown(undefined),
  "throw-null": () => thrown(null),
  "throw-number": () => thrown(7),
  "throw-text": () => thrown("text"),
  "throw-symbol": () => thrown(Symbol("s")),
  "throw-object": () => thrown({ code: 1 }),
  "throw-nothing": () => thrown(Object.create(null)),
  "throw-proxy": () =>
    thrown(
      new Proxy({}, {
        get: () => thrown(new Error("trap")),
        getPrototypeOf: () => thrown(new Error("trap")),
      })
    ),
  "reject-undefined": async () => Promise.reject(undefined),
  "sub-class": () => thrown(new Sold("sold")),
  "aggregate": () => thrown(new AggregateError([new Error("a")], "several")),
  "cyclic-cause": cyclic,
  "hostile-error": hostile,
  "odd-type": () => odd("Fehlerß a\r\nb: c"),
  "symbol-name": () => odd(Symbol("name")),
  "frozen-error": () => thrown(Object.freeze(new Error("frozen"))),
  "other-realm": () => require("vm").runInNewContext("throw new RangeError('realm')"),
  "patched-json": () => {
    JSON.stringify = JSON.parse = () => thrown(new Error("JSON is patched"));
    return "patched";
  },
  "patched-http": () => {
    require("http").request = require("net").connect = require("net").createConnection = null;
    require("net").Socket.prototype.connect = null;
    return "patched";
  },
  "patched-time": () => {
    global.setTimeout = global.setImmediate = global.setInterval = () => 0;
    process.nextTick = () => 0;
    Date.now = () => 0;
    return "patched";
  },
  "patched-stack": () => {
    Error.prepareStackTrace = (error, sites) => sites;
    return "patched";
  },
  "call-sites": () => {
    Error.prepareStackTrace = (error, sites) => sites;
    throw new Error("sites");
  },
  "no-stack": () => {
    Error.stackTraceLimit = 0;
    throw new Error("no stack");
  },
  polluted: () => {
    Object.prototype.polluted = "yes";
    Array.prototype.extra = "yes";
    return "polluted";
  },
  gone: () => {
    fs.mkdirSync("/tmp/gone");
    process.chdir("/tmp/gone");
    fs.rmdirSync("/tmp/gone");
    throw new Error("nowhere");
  },
  "closed-output": () => {
    process.stdout.destroy();
    process.stderr.destroy();
    fs.closeSync(1);
    fs.closeSync(2);
    return "closed";
  },
  "no-environment": () => {
    for (const name of Object.keys(process.env)) delete process.env[name];
    process.env = {};
    return "cleared";
  },
  stdin: () => fs.readFileSync(0, "utf8"),
  descriptors: () => {
    while (true) fs.openSync("/dev/null");
  },
  child: () => {
    require("child_process").execFileSync("/usr/bin/env", ["printf", "%s", '{"not": "the result"}\n'], { stdio: "inherit" });
    return "child";
  },
  later: () => {
    setTimeout(() => thrown(new Error("later")), 20);
    return "begun";
  },
  "reject-later": () => {
    setTimeout(() => Promise.reject(new Error("rejected later")), 20);
    return "begun";
  },
  "reject-now": async () => {
    Promise.reject(new Error("nobody catches"));
    return "returned";
  },
  twice: (event, context, callback) => {
    callback(null, "first");
    callback(null, "second");
    callback(new Error("third"));
  },
  "throw-after-callback": (event, context, callback) => {
    context.callbackWaitsForEmptyEventLoop = false;
    callback(null, "called");
    throw new Error("afterwards");
  },
  "callback-in-async": async (event, context, callback) => {
    callback(null, "called");
    return "returned";
  },
  "callback-text": (event, context, callback) => callback("text"),
  "done": (event, context) => context.done(null, "done"),
  "fail": (event, context) => context.fail("failed"),
  "succeed-late": (event, context) => void setTimeout(() => context.succeed("late"), 10),
  never: () => new Promise(() => {}),
  sleep: () => {
    process.stdout.write("sleeping\n");
    return new Promise((resolve) => setTimeout(() => resolve("slept"), 2000));
  },
  "throw-elsewhere": () => new Promise(() => setTimeout(() => { throw new RangeError("elsewhere"); }, 1)),
  "wild-log": () => {
    console.log("line one\nline two \ud800", "x".repeat(3000000));
    console.error(circular, 10n, Symbol("s"), null, undefined, new Error("logged"));
    console.log("%s %d %j", "a", 1, circular);
    console.table([{ a: 1 }]);
    console.log();
    return "logged";
  },
  recursion: () => doings.recursion(),
};

const resident = () => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1]);

exports.handler = (event, context) => {
  if (event === "alive") return started;
  if (event === "resident") return resident();
  return event.large ? event.large.length : doings[event](event, context);
};
exports.callback = (event, context, callback) =>
  event === "alive" ? void callback(null, started) : doings[event](event, context, callback);

// -- streams -------------------------------------------------------------------------------------------------

const { PassThrough, Readable } = require("stream");
const { pipeline } = require("stream/promises");
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const streams = {
  alive: async (stream) => stream.end(started),
  "error-first": async () => thrown(new Error("first")),
  "error-later": async (stream) => {
    stream.write("a");
    await wait(20);
    throw new Error("later");
  },
  "end-then-error": async (stream) => {
    stream.write("a");
    stream.end();
    throw new Error("after the end");
  },
  "pipeline-error": async (stream) => {
    const source = new Readable({ read() {} });
    source.push("a");
    setTimeout(() => source.destroy(new TypeError("the source broke")), 50);
    await pipeline(source, stream);
  },
  "pipeline-error-first": async (stream) => {
    const source = new Readable({ read() { this.destroy(new TypeError("the source broke")); } });
    await pipeline(source, stream);
  },
  "destroy-error": async (stream) => {
    stream.write("a");
    await wait(20);
    stream.destroy(new TypeError("destroyed"));
  },
  destroy: async (stream) => {
    stream.write("a");
    await wait(20);
    stream.destroy();
  },
  "destroy-first": async (stream) => {
    stream.destroy();
  },
  "pipe-good": async (stream) => {
    await pipeline(Readable.from(["a", "b"]), new PassThrough(), stream);
  },
  "never-ended": async (stream) => {
    stream.write("a");
  },
  "never-written": async () => {},
  "write-after-end": async (stream) => {
    stream.end("a");
    stream.write("b");
  },
  "late-type": async (stream) => {
    stream.write("a");
    await wait(5);
    stream.setContentType("text/plain");
  },
  "circular": async (stream) => {
    stream.write("a");
    stream.write(circular);
    stream.end();
  },
  "object": async (stream) => {
    stream.write({ a: 1 });
    stream.end();
  },
  "null": async (stream) => {
    stream.write(null);
  },
  "sync-throw": (stream) => thrown(new Error("sync")),
  "text-thrown": async (stream) => {
    stream.write("a");
    throw "text";
  },
  "reject-elsewhere": async (stream) => {
    stream.write("a");
    Promise.reject(new Error("elsewhere"));
    await wait(30);
    stream.end();
  },
  "timer-throw": async (stream) => {
    stream.write("a");
    setTimeout(() => thrown(new Error("in a timer")), 5);
    await wait(100);
    stream.end();
  },
};

if (global.awslambda)
  exports.stream = awslambda.streamifyResponse((event, stream, context) => streams[event](stream, context));
