"use strict";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

exports.echo = (event) => event;
exports.asyncEcho = async (event) => (await pause(1), event);
exports.obj = { deep: { fn: async () => "deep" } };
exports.notAFunction = 1;

exports.callback = (event, context, callback) => callback(null, event);
exports.callbackError = (event, context, callback) => callback(new TypeError("called back"));
exports.callbackText = (event, context, callback) => callback("only text");
exports.waits = (event, context, callback) => {
  setTimeout(() => console.log("late line"), 200);
  callback(null, "waited");
};
exports.waitsNot = (event, context, callback) => {
  context.callbackWaitsForEmptyEventLoop = false;
  setTimeout(() => console.log("late line"), 200);
  callback(null, "at once");
};
exports.asyncWaitsNot = async () => {
  setTimeout(() => console.log("late line"), 200);
  return "at once";
};
exports.succeed = (event, context) => {
  setTimeout(() => context.succeed("done"), 5);
};
exports.dry = (event, context, callback) => {};
exports.never = async (event) => (event.good ? "good" : new Promise(() => {}));

exports.throws = () => {
  class OwnError extends Error {}
  throw new OwnError("sync");
};
exports.rejects = async (event) => {
  if (event.good) return "good";
  throw Object.assign(new Error(event.message), { name: "Named\u007f\r\nX: y" });
};
exports.throwsText = async () => {
  throw "just text"; // eslint-disable-line no-throw-literal
};
exports.uncaught = async () => {
  setTimeout(() => {
    throw new TypeError("out of nowhere");
  }, 10);
  await pause(5000);
};
exports.unhandled = async () => {
  Promise.reject(new Error("nobody cares"));
  await pause(5000);
};
exports.exits = async (event) => process.exit(event.status);

exports.results = async (event) => {
  const cycle = {};
  cycle.cycle = cycle;
  return { cycle, bigint: 10n, nothing: undefined, fn: () => 1, map: new Map([[1, 2]]), nan: NaN }[event.kind];
};
exports.remaining = async (event, context) => {
  const first = context.getRemainingTimeInMillis();
  await pause(event.ms || 0);
  return [first, context.getRemainingTimeInMillis()];
};
exports.context = async (event, context) => context;
exports.environment = async (event) => event.names.map((name) => process.env[name] || null);
exports.logs = async (event) => {
  console.log("first %s", "line");
  await pause(20);
  console.info("second\nline", { a: 1 });
  console.debug("debugging");
  console.warn("warning");
  console.error("failed", new TypeError("logged"));
  console.fatal("fatal");
  console.log({ value: event, cycle: undefined });
  const cycle = {};
  cycle.cycle = cycle;
  console.log(cycle);
  console.log(null);
  console.log(undefined);
  console.log(10n);
  return "logged";
};
exports.sleeps = async (event) => {
  console.log(`before ${event.mark}`);
  await pause(event.ms);
  console.log(`after ${event.mark}`);
  if (event.crash) setTimeout(() => Promise.reject(new Error("crashed")), 1);
  if (event.crash) await pause(5000);
  if (event.fail) throw new Error(event.fail);
  return [event.mark, globalThis.awslambda.InvokeStore.getRequestId()];
};
exports.wrote = async () => {
  require("fs").writeSync(1, Buffer.from('{"status":"ok"}\n\xff\x00', "latin1"));
  return "untouched";
};

const { streamifyResponse, HttpResponseStream } = awslambda;
exports.stream = streamifyResponse(async (event, stream) => {
  stream.setContentType("text/plain");
  for (const piece of event) {
    stream.write(piece);
    await pause(100);
  }
  stream.end();
});
exports.streamRaises = streamifyResponse(async (event, stream) => {
  if (event.first) stream.write("abc");
  await pause(5);
  throw new RangeError("mid-stream é");
});
exports.streamHttp = streamifyResponse(async (event, stream) => {
  const response = HttpResponseStream.from(stream, { statusCode: 201, cookies: ["a=b"] });
  if (event) response.write(event);
  response.end();
});
exports.streamPipes = streamifyResponse(async (event, stream) => {
  await require("util").promisify(require("stream").pipeline)(require("stream").Readable.from(["x", "y"]), stream);
});
exports.streamForgets = streamifyResponse(async (event, stream) => {
  stream.write("begun");
});
exports.streamLater = streamifyResponse(async (event, stream) => {
  setTimeout(() => stream.end("later"), 20);
});
