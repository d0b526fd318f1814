"use strict";
// Response streaming.

const assert = require("assert");
const { test } = require("node:test");
const { session } = require("./support");

async function streamed(handler, value) {
  return session(handler, [{ value }, { value: ["again"] }], async (api, client) => {
    const post = await api.until(() => api.posts()[0], client.out);
    await api.until(() => api.posts().length >= 2 || api.waiting, "the next");
    return Object.assign({ out: client.out }, post);
  });
}

function decoded(trailers) {
  return JSON.parse(Buffer.from(trailers["lambda-runtime-function-error-body"], "base64").toString());
}

test("pieces, chunked, with the handler's content type", async () => {
  const post = await streamed("app.stream", ["one ", "two"]);
  assert.strictEqual(post.body, "one two");
  assert.strictEqual(post.headers["lambda-runtime-function-response-mode"], "streaming");
  assert.strictEqual(post.headers["transfer-encoding"], "chunked");
  assert.strictEqual(post.headers.connection, "close");
  assert.strictEqual(post.headers["content-type"], "text/plain");
  assert.deepStrictEqual(post.trailers, {});
});

test("an error after the first piece comes as trailers, before it as an error", async () => {
  const post = await streamed("app.streamRaises", { first: true });
  assert.match(post.path, /response$/);
  assert.strictEqual(post.body, "abc");
  assert.strictEqual(post.trailers["lambda-runtime-function-error-type"], "Function.RangeError");
  assert.strictEqual(decoded(post.trailers).errorMessage, "mid-stream é");
  assert.match((await streamed("app.streamRaises", {})).path, /error$/);
});

test("an HTTP response begins with its prelude, also where it has no body", async () => {
  for (const body of ["the body", ""]) {
    const post = await streamed("app.streamHttp", body);
    assert.strictEqual(post.headers["content-type"], "application/vnd.awslambda.http-integration-response");
    assert.strictEqual(post.body, `{"statusCode":201,"cookies":["a=b"]}${"\0".repeat(8)}${body}`);
  }
});

test("pipelines work, and a stream that ends after the handler", async () => {
  assert.strictEqual((await streamed("app.streamPipes", 1)).body, "xy");
  assert.strictEqual((await streamed("app.streamLater", 1)).body, "later");
});

test("a stream that is never ended is told as such", async () => {
  const post = await streamed("app.streamForgets", 1);
  assert.strictEqual(post.body, "begun");
  const error = decoded(post.trailers);
  assert.strictEqual(error.errorType, "Runtime.NodeJsExit");
  assert.match(error.errorMessage, /^the response stream was never ended, and nothing is left that could end it/);
});
