"use strict";
// Where a handler is found, and how it is called.

const assert = require("assert");
const path = require("path");
const { test } = require("node:test");
const { Client, session } = require("./support");

/** The result's call: POST /response or /error of the first event. */
async function outcome(handler, value, options) {
  return session(
    handler,
    [{ value }],
    async (api, client) => {
      const post = await api.until(() => api.posts()[0], `${handler}; stderr: ${client.err}`);
      await api.until(() => api.waiting || post.path.startsWith("/init"), "the next GET");
      return { path: post.path, value: JSON.parse(post.body), out: client.out, api };
    },
    options
  );
}

test("files and exports", async () => {
  const found = {
    "app.echo": "x",
    "app.obj.deep.fn": "deep",
    "dotted.name.handler": "dotted",
    "plain.name.handler": "nested",
    "my-mod.handler": "dashed",
    "esm/hello.handler": 1,
    "esm/defaults.handler": "default",
    "esm/old.handler": "cjs",
    "folder.handler": "index",
    "package.handler": "main",
    "both/x.handler": "js",
  };
  for (const [handler, value] of Object.entries(found)) {
    const got = await outcome(handler, "x");
    assert.deepStrictEqual([handler, got.path.split("/").pop(), got.value], [handler, "response", value]);
  }
});

test("what cannot be loaded is reported once, and ends the process with 1", async () => {
  const kinds = {
    "nofile.handler": ["Runtime.ImportModuleError", /nofile/],
    "lib/app.echo": ["Runtime.ImportModuleError", /lib\/app/],
    "app.nothere": ["Runtime.HandlerNotFound", /app\.nothere is undefined or not exported/],
    "app.notAFunction": ["Runtime.HandlerNotFound", /not a function/],
    app: ["Runtime.MalformedHandlerName", /'app'/],
    "app.": ["Runtime.MalformedHandlerName", /'app\.'/],
    ".app": ["Runtime.MalformedHandlerName", /'\.app'/],
    "": ["Runtime.MalformedHandlerName", /''/],
    "../app.echo": ["Runtime.MalformedHandlerName", /\.\./],
    "syntax.handler": ["Runtime.UserCodeSyntaxError", /SyntaxError/],
    "imports.handler": ["Runtime.ImportModuleError", /no-such-package/],
    "raises.handler": ["Error", /top level/],
    "esm/rejects.handler": ["TypeError", /top-level await/],
    "esm/never.handler": ["Runtime.NodeJsExit", /top-level await was never settled/],
  };
  for (const [handler, [type, message]] of Object.entries(kinds)) {
    await session(handler, [{ value: 1 }], async (api, client) => {
      assert.strictEqual(await client.status, 1, handler);
      assert.deepStrictEqual(
        api.calls.map((call) => call.path),
        ["/init/error"],
        handler
      );
      const { errorType, errorMessage, stackTrace } = JSON.parse(api.calls[0].body);
      assert.strictEqual(errorType, type, handler);
      assert.match(errorMessage, message);
      assert.ok(Array.isArray(stackTrace));
      assert.match(api.calls[0].headers["lambda-runtime-function-error-type"], /^Runtime\.\w+$/);
      assert.match(client.out, message);
    });
  }
});

test("a file that is found elsewhere than the handler says is told", async () => {
  const environment = { NODE_PATH: path.join(__dirname, "functions") };
  await session(
    "lib/app.echo",
    [{ value: 7 }],
    async (api, client) => {
      assert.strictEqual((await api.until(() => api.posts()[0])).body, "7");
      assert.match(client.out, /there is no .*lib\/app: .*functions\/app\.js is taken/);
    },
    { environment }
  );
});

test("a function that ends the process while it is loaded is no success", async () => {
  await session("exits.handler", [], async (api, client) => {
    assert.strictEqual(await client.status, 1);
    assert.match(client.err, /ended the process with status 0 while it was loaded/);
    assert.strictEqual(api.calls.length, 0);
  });
});

test("one report, whatever the answer", async () => {
  for (const status of [403, 500]) {
    await session(
      "raises.handler",
      [],
      async (api, client) => {
        assert.strictEqual(await client.status, 1);
        assert.strictEqual(api.calls.length, 1);
      },
      { answers: { "/init/error": status } }
    );
  }
});

test("every style of handler gives its result", async () => {
  const results = {
    "app.asyncEcho": { a: 1 },
    "app.callback": { a: 1 },
    "app.succeed": "done",
    "app.dry": null,
    "app.wrote": "untouched",
  };
  for (const [handler, value] of Object.entries(results)) {
    const got = await outcome(handler, { a: 1 });
    assert.deepStrictEqual([handler, got.path.split("/").pop(), got.value], [handler, "response", value]);
  }
});

test("a callback waits for the event loop unless told not to, a promise never", async () => {
  assert.match((await outcome("app.waits", 1)).out, /late line/);
  assert.doesNotMatch((await outcome("app.waitsNot", 1)).out, /late line/);
  assert.doesNotMatch((await outcome("app.asyncWaitsNot", 1)).out, /late line/);
});

test("every style of failure is reported, and the process goes on", async () => {
  const failures = {
    "app.throws": ["OwnError", "sync"],
    "app.callbackError": ["TypeError", "called back"],
    "app.callbackText": ["string", "only text"],
    "app.throwsText": ["string", "just text"],
    "app.never": ["Runtime.NodeJsExit", /never settled/],
  };
  for (const [handler, [type, message]] of Object.entries(failures)) {
    const got = await outcome(handler, {});
    assert.deepStrictEqual([handler, got.path.split("/").pop(), got.value.errorType], [handler, "error", type]);
    assert.match(got.value.errorMessage, new RegExp(message));
    assert.strictEqual(got.out.split("\n").filter((line) => line.includes("Invoke Error")).length, 1);
  }
});

test("nothing of an error can break the request", async () => {
  for (const message of ["a\r\nX-Injected: yes", "del \u007f nul \0", "• 漢字 😀", "x".repeat(200000), ""]) {
    await session("app.rejects", [{ value: { message } }, { value: { good: true } }], async (api) => {
      await api.until(() => api.posts().length === 2);
      const [error, good] = api.posts();
      assert.strictEqual(JSON.parse(error.body).errorMessage, message);
      assert.strictEqual(error.headers["x-injected"], undefined);
      const cause = error.headers["lambda-runtime-function-xray-error-cause"];
      if (message.length > 65536) assert.strictEqual(cause, undefined);
      else assert.strictEqual(JSON.parse(cause).exceptions[0].message, message);
      assert.strictEqual(good.body, '"good"');
    });
  }
});

test("a stack leaves the client out and names the function's file", async () => {
  const { value } = await outcome("app.throws", {});
  assert.match(value.stackTrace.join("\n"), /functions\/app\.js/);
  assert.doesNotMatch(value.stackTrace.join("\n"), /client\/lib/);
  assert.deepStrictEqual(value.trace, value.stackTrace);
});

test("values that JSON has no form for", async () => {
  for (const kind of ["cycle", "bigint", "fn"]) {
    assert.strictEqual((await outcome("app.results", { kind })).value.errorType, "Runtime.MarshalError", kind);
  }
  assert.deepStrictEqual((await outcome("app.results", { kind: "nothing" })).value, null);
  assert.deepStrictEqual((await outcome("app.results", { kind: "nan" })).value, null);
  assert.deepStrictEqual((await outcome("app.results", { kind: "map" })).value, {});
});

test("what nobody caught is reported for the invocation, then the process ends", async () => {
  for (const [handler, type, status] of [
    ["app.uncaught", "TypeError", 129],
    ["app.unhandled", "Runtime.UnhandledPromiseRejection", 128],
  ]) {
    await session(handler, [{ value: 1 }], async (api, client) => {
      assert.strictEqual(await client.status, status);
      assert.match(api.posts()[0].path, /error$/);
      assert.strictEqual(JSON.parse(api.posts()[0].body).errorType, type);
    });
  }
});

test("process.exit ends the process with its status", async () => {
  for (const status of [0, 42]) {
    await session("app.exits", [{ value: { status } }], async (api, client) => {
      assert.strictEqual(await client.status, status);
      assert.strictEqual(api.posts().length, 0);
    });
  }
});

test("without a Runtime API one line says so", async () => {
  const client = new Client({ address: "" }, "app.echo");
  assert.strictEqual(await client.status, 1);
  assert.match(client.err, /AWS_LAMBDA_RUNTIME_API.*emulator/);
  assert.strictEqual(client.err.trim().split("\n").length, 1);
});

test("without LAMBDA_TASK_ROOT the working directory is searched", async () => {
  await session(
    "tests/functions/app.echo",
    [{ value: 7 }],
    async (api) => {
      assert.strictEqual((await api.until(() => api.posts()[0])).body, "7");
    },
    { environment: { LAMBDA_TASK_ROOT: "" } }
  );
});
