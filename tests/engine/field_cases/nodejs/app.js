"use strict";
// What users of AWS's clients met, each by its name: `{"do": "circle"}`.

const fs = require("fs");
const { spawnSync } = require("child_process");
const started = String(process.hrtime.bigint());

class Unfit extends Error {}

function fail(event) {
  throw new Unfit(event.message);
}

function chain() {
  throw new Unfit("outer", { cause: new RangeError("inner") });
}

function circle() {
  const value = {};
  value.self = value;
  return value;
}

function write() {
  fs.writeSync(1, Buffer.from('{"status":"ok"}\n\xff\x00\n', "latin1"));
  spawnSync("/usr/bin/env", ["printf", "%s", '{"not": "the result"}\n'], { stdio: "inherit" });
  return "untouched";
}

function cache() {
  const folder = `${require("os").homedir()}/.cache`;
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(`${folder}/kept`, "kept");
  return fs.readFileSync(`${folder}/kept`, "utf8");
}

const doings = {
  alive: () => started,
  text: () => "é漢😀",
  fail,
  chain,
  circle,
  large: (event) => "x".repeat(event.length),
  environment: (event) => Object.fromEntries(event.names.map((name) => [name, process.env[name] || null])),
  print: (event) => (console.log(event.text), "printed"),
  unfinished: (event) => (process.stdout.write(event.text), "printed"),
  write,
  cache,
  descriptors: () => spawnSync("ls", ["/proc/self/fd"], { encoding: "utf8" }).stdout,
  time: () => ({ t: new Date(0) }),
  exit: (event) => process.exit(event.status),
};

exports.handler = async (event, context) =>
  event.do === "remaining" ? context.getRemainingTimeInMillis() : doings[event.do](event);
