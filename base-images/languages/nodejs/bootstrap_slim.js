#!/usr/bin/node
"use strict";
// ENTRYPOINT of an image without a shell: lambda-entrypoint.sh and bootstrap in one program.
//
// It is installed as /var/runtime/bootstrap with a first line that names the interpreter's own file. The handler is its
// argument, else _HANDLER. No emulator is embedded: without a Runtime API the client says so.

const fs = require("fs");
const { env } = process;

const PROGRAM = "/var/runtime/client/main.js";
const MAJOR = process.versions.node.split(".")[0];
const NODE_PATH = `/opt/nodejs/node${MAJOR}/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task`;

function end(status, message) {
  fs.writeSync(2, `bootstrap: ${message}\n`);
  process.exit(status);
}

/** Export the handler as _HANDLER. */
function setHandler(words) {
  if (words.length > 1) end(142, `takes the handler name as its only argument, got ${words.length}: set CMD to it`);
  if (words[0]) env._HANDLER = words[0];
  if (!env._HANDLER) end(142, 'no handler: set CMD, for example CMD ["app.handler"], or _HANDLER');
}

/** Add what Lambda's own runtimes add, and a home folder that can be written. */
function setEnvironment() {
  env.AWS_EXECUTION_ENV = `AWS_Lambda_nodejs${MAJOR}.x`;
  if (env.HOME === undefined || env.HOME === "" || env.HOME === "/") env.HOME = "/tmp";
  if (env.NODE_PATH !== undefined) return;
  env.NODE_PATH = NODE_PATH;
  require("module")._initPaths(); // reads the variable again
}

/** Start the exec wrapper, which gets the interpreter and all its arguments, and stand in for it: Node.js 20 cannot
 * replace its own process. */
function wrap(wrapper) {
  check(wrapper);
  const words = [process.execPath, PROGRAM];
  if (process.execve) process.execve(wrapper, [wrapper].concat(words), env);
  const frames = Number(env._LAMBDA_TELEMETRY_LOG_FD);
  const stdio = ["inherit", "inherit", "inherit"];
  if (frames > 2) stdio[frames] = frames;
  const child = require("child_process").spawn(wrapper, words, { stdio: Array.from(stdio, (one) => one || "ignore") });
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(name, () => child.kill(name));
  // A script whose interpreter, say a shell, is not in this image.
  child.on("error", (error) => end(126, `${wrapper}: cannot be started: ${error.message} (AWS_LAMBDA_EXEC_WRAPPER)`));
  child.on("exit", (status, signal) => process.exit(signal ? 128 + require("os").constants.signals[signal] : status));
}

function check(wrapper) {
  let found = null;
  try {
    found = fs.statSync(wrapper);
  } catch (error) {
    end(127, `${wrapper}: does not exist (AWS_LAMBDA_EXEC_WRAPPER)`);
  }
  try {
    fs.accessSync(wrapper, fs.constants.X_OK);
  } catch (error) {
    found = null;
  }
  if (!found || !found.isFile()) end(126, `${wrapper}: is not an executable (AWS_LAMBDA_EXEC_WRAPPER)`);
}

setHandler(process.argv.slice(2));
setEnvironment();
if (env.AWS_LAMBDA_EXEC_WRAPPER) wrap(env.AWS_LAMBDA_EXEC_WRAPPER);
else require(PROGRAM);
