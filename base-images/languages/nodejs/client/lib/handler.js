"use strict";
// The function: found by its handler string, called in whatever style it is written.

const fs = require("fs");
const path = require("path");
const { invokeStore } = require("./context");
const { named } = require("./errors");
const logs = require("./logs");

const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");
const EXTENSIONS = ["", ".js", ".mjs", ".cjs"];

/** What functions find as `awslambda`, before they are loaded. */
function offerGlobals() {
  if (["1", "true"].includes(process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA)) return;
  globalThis.awslambda = Object.assign({}, globalThis.awslambda, {
    streamifyResponse(handler, options) {
      handler[STREAMING] = "response";
      if (options && typeof options.highWaterMark === "number") handler[HIGH_WATER_MARK] = options.highWaterMark;
      return handler;
    },
    InvokeStore: invokeStore,
    get HttpResponseStream() {
      return require("./stream").HttpResponseStream;
    },
  });
}

/** The function that a handler string names: folders up to the last slash, a file, a dot, and its export. */
async function find(handlerString, root) {
  if (handlerString.includes("..")) {
    throw named("Runtime.MalformedHandlerName", `'${handlerString}' is no handler name: it must not hold '..'`);
  }
  const slash = handlerString.lastIndexOf("/");
  const folder = path.resolve(root, handlerString.slice(0, slash + 1));
  const name = handlerString.slice(slash + 1);
  const readings = readingsOf(name);
  if (readings.length === 0) {
    throw named("Runtime.MalformedHandlerName", `'${handlerString}' is no handler name: use file.function`);
  }
  const [found, exported] = await load(folder, handlerString.slice(0, slash + 1), readings);
  return exportOf(found, exported, handlerString);
}

/** `a.b.c` may be c in a.b, or b.c in a: the longest name of a file comes first. */
function readingsOf(name) {
  const readings = [];
  for (let dot = name.lastIndexOf("."); dot > 0; dot = name.lastIndexOf(".", dot - 1)) {
    if (dot < name.length - 1) readings.push([name.slice(0, dot), name.slice(dot + 1)]);
  }
  return readings;
}

async function load(folder, prefix, readings) {
  for (const [file, exported] of readings) {
    const found = fileOf(path.join(folder, file));
    if (found !== null) return [await loadFile(found), exported];
  }
  // No such file: a folder with an index or a `main`, or a package, as `require` finds them.
  const [file, exported] = readings[readings.length - 1];
  const place = path.join(folder, file);
  try {
    const found = fs.existsSync(place) ? require.resolve(place) : packageOf(file, folder, prefix);
    return [await loadFile(found), exported];
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND" || error.name.startsWith("Runtime.")) throw error;
    const tried = readings.map(([one]) => `${prefix}${one}`).join(" or ");
    throw named(
      "Runtime.ImportModuleError",
      `Error: Cannot find module '${tried}' (with ${EXTENSIONS.slice(1).join(", ")}) in ${folder}`
    );
  }
}

/** NODE_PATH leads to the task root too, so AWS's client finds `app.js` there for `lib/app.handler`: that is told. */
function packageOf(name, folder, prefix) {
  const found = require.resolve(name, { paths: [folder] });
  if (prefix !== "" && !found.split(path.sep).includes("node_modules")) {
    logs.say(`there is no ${path.join(folder, name)}: ${found} is taken for the handler, as require finds it`);
  }
  return found;
}

function fileOf(place) {
  for (const extension of EXTENSIONS) {
    try {
      if (fs.statSync(place + extension).isFile()) return place + extension;
    } catch (error) {
      if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw named("Runtime.ImportModuleError", String(error));
    }
  }
  return null;
}

async function loadFile(file) {
  try {
    if (isModule(file)) return await import(require("url").pathToFileURL(file).href);
    try {
      return require(file);
    } catch (error) {
      if (error.code !== "ERR_REQUIRE_ASYNC_MODULE") throw error; // a module that awaits, found to be one while parsing
      return await import(require("url").pathToFileURL(file).href);
    }
  } catch (error) {
    throw loadError(error);
  }
}

/** Whether a file is an ES module: by its extension, else by the nearest package.json. */
function isModule(file) {
  const extension = path.extname(file);
  if (extension !== ".js") return extension === ".mjs";
  for (let folder = path.dirname(file); path.basename(folder) !== "node_modules"; folder = path.dirname(folder)) {
    try {
      return JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")).type === "module";
    } catch (error) {
      if (error.code === undefined || folder === path.dirname(folder)) return false;
    }
  }
  return false;
}

function loadError(error) {
  if (error instanceof SyntaxError) return named("Runtime.UserCodeSyntaxError", String(error), error.stack);
  if (error && /^(MODULE_NOT_FOUND|ERR_MODULE_NOT_FOUND|EACCES|EPERM)$/.test(error.code)) {
    return named("Runtime.ImportModuleError", String(error), error.stack);
  }
  return error;
}

function exportOf(found, name, handlerString) {
  const follow = (start) =>
    name.split(".").reduce((value, key) => (value === undefined || value === null ? undefined : value[key]), start);
  let handler = follow(found);
  if (handler === undefined && found) handler = follow(found.default);
  if (typeof handler !== "function") {
    const problem = handler === undefined ? "undefined or not exported" : "not a function";
    throw named("Runtime.HandlerNotFound", `${handlerString} is ${problem}`);
  }
  const kind = handler[STREAMING];
  if (kind && kind !== "response") {
    throw named("Runtime.MalformedStreamingHandler", "Only response streaming is supported.");
  }
  return { call: handler, streams: Boolean(kind), highWaterMark: Number(handler[HIGH_WATER_MARK]) || undefined };
}

// -- calling it ----------------------------------------------------------------------------------------------

// Who is told when the event loop runs dry: nothing is left then that could settle a promise or call back.
let whenDry = null;

process.on("beforeExit", () => {
  if (whenDry === null) logs.end("the Runtime API client has nothing left to wait for");
  const tell = whenDry;
  whenDry = null;
  tell();
  setImmediate(() => {}); // asks again: to end here in silence is never right
});

/** A promise that `act` settles, or else `dry`, when the event loop runs dry; both get resolve and reject. */
function untilDry(act, dry) {
  return new Promise((resolve, reject) => {
    whenDry = () => dry(resolve, reject);
    act(resolve, reject);
  });
}

/** Nothing is waited for any more: what is left of it holds the event and its result. */
function forget() {
  whenDry = null;
}

function neverSettled(what, settled = "settled", settle = "settle") {
  return named("Runtime.NodeJsExit", `${what} was never ${settled}, and nothing is left that could ${settle} it`);
}

/** The result of the function, whether it returns it, promises it, or calls back. */
function call(handler, event, context, several) {
  let result; // what the callback was given, where it waits for the event loop
  let promised = false;
  const dry = (resolve, reject) => (promised ? reject(neverSettled("the handler's promise")) : resolve(result));
  return untilDry((resolve, reject) => {
    const done = (error, value) => (error === undefined || error === null ? resolve(value) : reject(error));
    const callback = (error, value) => {
      const waits = context.callbackWaitsForEmptyEventLoop && !several;
      if (!waits || promised || (error !== undefined && error !== null)) return done(error, value);
      result = value;
    };
    context.done = done;
    context.succeed = (value) => done(null, value);
    context.fail = (error) => done(error === undefined || error === null ? "handled" : error);
    const returned = handler.call(event, context, callback);
    promised = isPromise(returned);
    if (promised) returned.then(resolve, reject);
    else if (returned !== undefined && handler.call.length < 3) resolve(returned);
  }, dry);
}

function isPromise(value) {
  return value !== null && typeof value === "object" && typeof value.then === "function";
}

module.exports = { call, find, forget, isPromise, neverSettled, offerGlobals, untilDry };
