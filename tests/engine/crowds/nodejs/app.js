// What streams and what many do at once, each by its name: {"do": "pieces", "size": 1, "count": 9}.
const { AsyncLocalStorage } = require("async_hooks");

const STARTED = String(process.hrtime.bigint());
const mine = new AsyncLocalStorage();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms || 0));

async function who(event, context) {
  return mine.run(event.n, async () => {
    console.info("begin", event.n);
    await sleep(event.ms);
    await new Promise((resolve) => setImmediate(() => resolve(console.info("elsewhere", event.n))));
    process.stdout.write(`printed ${event.n}\n`);
    return {
      id: context.awsRequestId,
      n: mine.getStore(),
      remaining: context.getRemainingTimeInMillis(),
      tenant: context.tenantId,
      started: STARTED,
    };
  });
}

exports.handler = async (event, context) => {
  switch (event.do) {
    case "alive":
      return STARTED;
    case "who":
      return who(event, context);
    case "sleep":
      process.stdout.write(`sleeping ${event.ms}\n`);
      await sleep(event.ms);
      return "slept";
    case "forever":
      return new Promise(() => setInterval(() => {}, 1000));
    case "fail":
      throw new Error(event.message);
    case "end":
      process.exit(3);
    case "break":
      setTimeout(() => {
        throw new RangeError("elsewhere");
      });
      return sleep(60000);
  }
  throw new Error(`what is ${event.do}`);
};

/** Writes as fast as the Runtime API takes it. */
async function write(stream, piece) {
  if (!stream.write(piece)) await new Promise((resolve) => stream.once("drain", resolve).once("close", resolve));
}

exports.stream = awslambda.streamifyResponse(async (event, stream) => {
  const piece = Buffer.alloc(event.size || 1, "x");
  const count = event.count || 1;
  switch (event.do) {
    case "alive":
    case "whole": // here a stream is no other
      return stream.end(STARTED);
    case "pieces":
    case "drip":
      for (let n = 0; n < count; n++) {
        await write(stream, piece);
        if (event.ms) await sleep(event.ms);
      }
      return stream.end();
    case "stubborn":
      for (let n = 0; n < count; n++) {
        stream.write(piece);
        if (n % 100 === 0) await sleep(1);
      }
      return stream.end();
    case "fail":
      await write(stream, piece);
      throw new Error(event.message);
    case "prelude-fail":
      stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201 });
      await write(stream, "");
      throw new Error(event.message);
    case "empty-pieces":
      for (const one of ["", "a", Buffer.alloc(0), "b"]) await write(stream, one);
      return stream.end();
    case "late":
      stream.write(piece);
      stream.end();
      for (let n = 0; n < count; n++) setTimeout(() => stream.write("late"), n);
      return undefined;
    case "close-twice":
      stream.write(piece);
      stream.end();
      stream.end();
      stream.destroy();
      return undefined;
  }
  throw new Error(`what is ${event.do}`);
});
