"use strict";
// Managed Instances: N invocations at once in one thread, which is how Node.js does many things at once. Each of N
// callers asks for an event on a connection of its own, so never more than N are open.
//
// AWS's client starts eight worker threads a processor, each with the function loaded anew and without a limit of its
// own. Here the function is loaded once: its state is shared by all invocations, and a handler that computes without
// awaiting holds the others up.

const { useAsyncStorage } = require("./context");
const logs = require("./logs");

const MOST = 1600; // of Lambda's own API: PerExecutionEnvironmentMaxConcurrency
const PROVIDER = "_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET";

/** How many invocations at once: 0, as if nothing had been asked for, where the text is no number that can be. */
function workersOf(text) {
  return /^[1-9][0-9]{0,3}$/.test(text) && Number(text) <= MOST ? Number(text) : 0;
}

/** Before anything is logged: whose line is whose, and where lines go. */
async function prepare() {
  useAsyncStorage();
  const address = process.env[PROVIDER];
  if (!address) return;
  const socket = require("net").connect(address);
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  socket.unref();
  logs.useOutput(socket._handle.fd); // `logs` writes by descriptor, before a call returns
}

async function run(loop, count) {
  const callers = Array.from({ length: count }, (_, number) => (number === 0 ? loop.api : loop.api.another()));
  await Promise.all(callers.map((api) => loop.run(api)));
}

/** When all other invocations are done: an error that nobody caught harms only its own. */
function drained(loop, failed) {
  const others = () => Array.from(loop.running).filter((one) => one !== failed && !one.done);
  return new Promise((resolve) => {
    const look = () => {
      const left = others();
      if (left.length === 0 || left.every((one) => one.deadlineMs < Date.now())) resolve();
      else setTimeout(look, 20);
    };
    look();
  });
}

module.exports = { drained, prepare, run, workersOf };
