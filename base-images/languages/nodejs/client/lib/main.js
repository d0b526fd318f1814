"use strict";
// From the bootstrap to the loop: what the environment must hold, one event at a time or several, signals.

if (!process.env.AWS_LAMBDA_RUNTIME_API) {
  process.stderr.write(
    "bootstrap: AWS_LAMBDA_RUNTIME_API is not set, so there is no Runtime API to ask for work: run the image in " +
      "Lambda, under the emulator (aws-lambda-rie), or set it to HOST:PORT\n"
  );
  process.exit(1);
}

// What is loaded late: a broken installation shows at the start, not at the first event that needs it.
const LATE = ["concurrency.js", "memory.js", "snapstart.js", "stream.js"];

async function main() {
  const { Loop, RuntimeApi, handler, logs } = modules();
  const api = new RuntimeApi(process.env.AWS_LAMBDA_RUNTIME_API);
  const count = workers(process.env.AWS_LAMBDA_MAX_CONCURRENCY);
  const several = count > 0;
  if (several) await require("./concurrency").prepare();
  logs.start(several);
  handler.offerGlobals();
  const loop = new Loop(api, several);
  loop.watchProcess();
  await loop.load();
  if (process.env.AWS_LAMBDA_INITIALIZATION_TYPE === "snap-start") await require("./snapstart").passThrough(loop);
  if (several) await require("./concurrency").run(loop, count);
  else await loop.run(api);
}

/** How many invocations at once; 0 where that is not asked for, or in a way that nobody can follow, which is said. */
function workers(asked) {
  if (!asked) return 0;
  const count = require("./concurrency").workersOf(asked);
  if (count === 0) {
    const what = `AWS_LAMBDA_MAX_CONCURRENCY is no number from 1 to 1600, and not heeded: ${asked}`;
    require("fs").writeSync(2, `bootstrap: ${what}\n`);
  }
  return count;
}

/** The client's own modules; where one is missing or broken, that is said, to the Runtime API too if it can be. */
function modules() {
  try {
    const there = new Set(require("fs").readdirSync(__dirname));
    const missing = LATE.filter((name) => !there.has(name));
    if (missing.length > 0) throw new Error(`missing from ${__dirname}: ${missing.join(", ")}`);
    const { Loop } = require("./loop");
    return {
      Loop,
      RuntimeApi: require("./runtime_api").RuntimeApi,
      handler: require("./handler"),
      logs: require("./logs"),
    };
  } catch (error) {
    const where = error instanceof SyntaxError ? `${error.stack.split("\n")[0]}: ` : "";
    const message = `the Runtime API client cannot be loaded: ${where}${error.message.split("\n")[0]}`;
    require("fs").writeSync(2, `bootstrap: ${message}\n`);
    throw Object.assign(error, {
      report: { errorType: "Runtime.ClientImportError", errorMessage: message, stackTrace: [] },
    });
  }
}

/** Report without the client, which is broken. */
function reportBroken(report) {
  const headers = { "Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": report.errorType };
  const url = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/init/error`;
  const request = require("http").request(url, { method: "POST", headers }, () => process.exit(1));
  request.on("error", () => process.exit(1)).end(JSON.stringify(report));
}

// The kernel keeps the default action of a signal from process 1. A hook of the function's own decides instead.
if (process.pid === 1) {
  for (const [name, status] of [
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ]) {
    process.on(name, () => process.listenerCount(name) > 1 || process.exit(status));
  }
}

main().catch((error) => {
  if (error.report) return reportBroken(error.report);
  process.stderr.write(`the Runtime API client failed: ${error.stack}\n`);
  process.exitCode = 1;
  process.exit();
});
