"use strict";
// The client agrees with the vectors that all languages share.

const assert = require("assert");
const fs = require("fs");
const path = require("path");
const { test } = require("node:test");
const { workersOf } = require("../lib/concurrency");
const { Invocation } = require("../lib/context");
const { Fault, named } = require("../lib/errors");
const { AnswerParser, field } = require("../lib/answer");
const { RuntimeApi, USER_AGENT, VERSION } = require("../lib/runtime_api");
const { Wire, vectors } = require("./support");

const ACCEPTED = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";

function invocation(row) {
  const headers = { "lambda-runtime-aws-request-id": row.request_id };
  if (row.invocation_id !== undefined && row.invocation_id !== null) {
    headers["lambda-runtime-invocation-id"] = row.invocation_id;
  }
  return new Invocation({ headers: (wanted) => wanted.map((one) => headers[one.slice(2, -1)] || undefined), body: "" });
}

/** What a parser makes of bytes that come in pieces, and then end. */
function parsed(bytes, piece) {
  const parser = new AnswerParser();
  parser.begin();
  const space = Buffer.alloc(70000);
  for (let at = 0; at < bytes.length; at += piece) {
    const given = Buffer.from(bytes.slice(at, at + piece), "latin1");
    const own = parser.space();
    const count = own === null ? given.copy(space) : given.copy(own);
    const whole = parser.feed(own === null ? space : own, count);
    if (own !== null && count < given.length) continue; // what does not fit is read later, or never
    if (whole) return parser.answer();
  }
  const answer = parser.ended();
  if (answer === null) throw new Error("it ended early");
  return answer;
}

test("answers, however they are cut", () => {
  for (const row of vectors("answers")) {
    for (const piece of [1, 7, 65536]) {
      if (row.error) {
        assert.throws(() => parsed(row.bytes, piece), row.name);
        continue;
      }
      const answer = parsed(row.bytes, piece);
      assert.strictEqual(answer.status, row.status, row.name);
      assert.strictEqual(answer.body, Buffer.from(row.body, "latin1").toString("utf8"), row.name);
      assert.deepStrictEqual(answer.headers(Object.keys(row.headers).map(field)), Object.values(row.headers), row.name);
      if (piece === 65536) assert.strictEqual(answer.reusable, row.reusable, row.name);
    }
  }
});

test("one answer says nothing of the next", () => {
  const readable = vectors("answers").filter((row) => !row.error);
  const names = ["lambda-runtime-aws-request-id", "lambda-runtime-trace-id", "content-length", "x-other", "y"];
  const said = (...rows) => {
    const parser = new AnswerParser();
    let answer;
    for (const row of rows) {
      const bytes = Buffer.from(row.bytes, "latin1");
      parser.begin();
      answer = parser.feed(bytes, bytes.length) ? parser.answer() : parser.ended();
    }
    return [answer.status, answer.body, answer.reusable, answer.headers(names.map(field))];
  };
  for (const first of readable.filter((row) => row.reusable))
    for (const second of readable)
      assert.deepStrictEqual(said(first, second), said(second), `${second.name}, after ${first.name}`);
});

async function call(api, row) {
  const fault = { body: row.body, headers: headersOf(row) };
  if (row.call === "next") return api.next();
  if (row.call === "restore-next") return api.restoreNext();
  if (row.call === "response") return api.response(invocation(row), row.body);
  if (row.call === "error") return api.error(invocation(row), fault);
  if (row.call === "init-error") return api.initError(fault);
  if (row.call === "restore-error") return api.restoreError(fault);
  const upload = api.stream(invocation(row), row.content_type);
  for (const piece of row.pieces) await new Promise((resolve) => upload.write(Buffer.from(piece), resolve));
  upload.end(row.trailers ? trailersOf(row.trailers) : "", () => {});
  return new Promise((resolve) => setTimeout(resolve, 50));
}

function headersOf(row) {
  const kind = `Lambda-Runtime-Function-Error-Type: ${row.type}\r\n`;
  return row.cause ? `${kind}Lambda-Runtime-Function-XRay-Error-Cause: ${row.cause}\r\n` : kind;
}

function trailersOf({ type, body }) {
  const fault = new Fault(new Error("x"));
  fault.kind = type;
  fault.body = body;
  return fault.trailers;
}

test("requests, byte for byte", async () => {
  for (const row of vectors("requests")) {
    const wire = await new Wire(row.call === "stream" ? [] : [ACCEPTED]).open();
    const api = new RuntimeApi(wire.address);
    await call(api, row);
    api.close();
    wire.close();
    const expected = row.bytes.replace("{host}", wire.address).replace("{agent}", USER_AGENT);
    assert.strictEqual(Buffer.from(wire.received, "latin1").toString("utf8"), expected);
  }
});

test("how many workers a text asks for", () => {
  for (const row of vectors("concurrency")) assert.strictEqual(workersOf(row.text), row.workers, row.text);
});

test("ids go back as they came", () => {
  for (const row of vectors("ids")) {
    const found = invocation(row);
    assert.strictEqual(found.pathId, row.path);
    const header = row.header === null ? "" : `Lambda-Runtime-Invocation-Id: ${row.header}\r\n`;
    assert.strictEqual(found.ownHeaders, header);
  }
});

test("types of errors as a header", () => {
  for (const row of vectors("types")) {
    assert.ok(
      new Fault(named(row.type, "x")).headers.startsWith(`Lambda-Runtime-Function-Error-Type: ${row.header}\r\n`)
    );
  }
});

test("texts as results", () => {
  for (const row of vectors("texts")) assert.strictEqual(JSON.stringify(row.text), row.body);
});

test("the version is the package's", () => {
  const text = fs.readFileSync(path.join(__dirname, "../package.json"), "utf8");
  assert.strictEqual(VERSION, JSON.parse(text).version);
});
