"use strict";
// What comes out: lines, records, frames.

const assert = require("assert");
const { test } = require("node:test");
const { Api, Client, session, vectors } = require("./support");

async function logged(environment, stdio) {
  const api = await new Api([{ value: "x", headers: { "Lambda-Runtime-Aws-Request-Id": "r" } }]).open();
  const client = new Client(api, "app.logs", environment, stdio);
  let frames = Buffer.alloc(0);
  if (stdio) client.process.stdio[3].on("data", (data) => (frames = Buffer.concat([frames, data])));
  await api.until(() => api.waiting && api.posts()[0], client.err);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await client.stop();
  api.close();
  return stdio ? frames : client.out;
}

test("text: time, id, level, message, one line each, also after an await", async () => {
  const lines = (await logged({})).trim().split("\n");
  const [time, id, level, message] = lines[0].split("\t");
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepStrictEqual([id, level, message], ["r", "INFO", "first line"]);
  assert.match(lines[1], /\tr\tINFO\tsecond\rline \{ a: 1 \}$/);
  assert.deepStrictEqual(
    lines.slice(2, 6).map((line) => line.split("\t")[2]),
    ["DEBUG", "WARN", "ERROR", "FATAL"]
  );
  assert.strictEqual(lines.length, 11);
});

test("JSON: every record is a line of valid JSON with its id", async () => {
  const records = (await logged({ AWS_LAMBDA_LOG_FORMAT: "json" }))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.strictEqual(records.length, 11);
  for (const record of records) {
    assert.strictEqual(record.requestId, "r");
    assert.ok("message" in record && "level" in record && "timestamp" in record);
  }
  assert.strictEqual(records[4].errorType, "TypeError");
  assert.strictEqual(records[4].errorMessage, "logged");
  assert.ok(Array.isArray(records[4].stackTrace));
  assert.deepStrictEqual(records[6].message, { value: "x" });
});

test("the least level is written, in any case of letters", async () => {
  const lines = (await logged({ AWS_LAMBDA_LOG_LEVEL: "error" })).trim().split("\n");
  assert.deepStrictEqual(
    lines.map((line) => line.split("\t")[2]),
    ["ERROR", "FATAL"]
  );
});

test("frames: one a message, line ends kept", async () => {
  let data = await logged({ _LAMBDA_TELEMETRY_LOG_FD: "3" }, ["ignore", "pipe", "pipe", "pipe"]);
  const found = [];
  while (data.length > 0) {
    const length = data.readUInt32BE(4);
    found.push([data.readUInt32BE(0), data.slice(16, 16 + length).toString()]);
    assert.ok(Math.abs(Number(data.readBigUInt64BE(8)) / 1000 - Date.now()) < 10000);
    data = data.slice(16 + length);
  }
  assert.strictEqual(found.length, 11);
  assert.strictEqual(found[0][0], 0xa55a000f);
  assert.match(found[1][1], /second\nline/);
});

test("a frame's type is its format and level, as all languages' clients have it", () => {
  const levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
  for (const row of vectors("frames")) {
    const base = row.format === "JSON" ? 0xa55a0002 : 0xa55a0003;
    assert.strictEqual(row.frame.slice(0, 8), (base + 4 * (levels.indexOf(row.level) + 1)).toString(16));
  }
});

test("LAMBDA_IMAGE_LOG_ERRORS=off leaves errors to the function", async () => {
  await session(
    "app.throws",
    [{ value: 1 }],
    async (api, client) => {
      await api.until(() => api.waiting && api.posts()[0]);
      assert.strictEqual(client.out, "");
    },
    { environment: { LAMBDA_IMAGE_LOG_ERRORS: "off" } }
  );
});
