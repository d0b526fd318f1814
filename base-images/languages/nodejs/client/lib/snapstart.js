"use strict";
// SnapStart: the call that blocks through the snapshot. AWS's client for Node.js knows no hooks around it, so neither
// does this one: what must be done anew after a restore is done by the function when it is called.

const { named } = require("./errors");

const TRIES = 5;
const PAUSE_MS = 50;
const FAILED = 64; // exit status, that of AWS's clients for Python and Java

/** Resolves in the restored process; ends it where the call is refused. */
async function passThrough(loop) {
  const { api } = loop;
  let problem;
  for (let number = 0; number < TRIES; number++) {
    try {
      api.close(); // no connection lives through a snapshot
      const answer = await api.restoreNext();
      if (answer.status === 200) return api.close();
      problem = require("./loop").describe(answer);
      break;
    } catch (error) {
      problem = error.message; // only the connection was lost on the way
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
  return loop.failInit(
    named("Runtime.RestoreError", `GET /runtime/restore/next failed: ${problem}`),
    "Runtime.RestoreError",
    FAILED
  );
}

module.exports = { passThrough };
