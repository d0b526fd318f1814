"use strict";
// The life of a process: context, refusals, lost connections, concurrency, SnapStart, signals.

const assert = require("assert");
const { test } = require("node:test");
const { Api, Client, Wire, session, vectors } = require("./support");

test("statuses, as all languages' clients take them", async () => {
  for (const row of vectors("statuses").filter((one) => ["response", "error"].includes(one.call))) {
    const handler = row.call === "error" ? "app.throws" : "app.echo";
    const events = [{ value: 1, headers: { "Lambda-Runtime-Aws-Request-Id": "a" } }];
    await session(
      handler,
      events,
      async (api, client) => {
        if (row.single === "exit") assert.strictEqual(await client.status, 1, JSON.stringify(row));
        else await api.until(() => api.waiting, JSON.stringify(row));
        assert.strictEqual(api.posts().length, 1, JSON.stringify(row));
        await client.stop();
        if (row.status !== 202) assert.match(client.out + client.err, new RegExp(`status ${row.status}`));
      },
      { answers: { [`/invocation/a/${row.call}`]: row.status } }
    );
  }
});

test("a GET /next that is refused ends the process, after a few tries where it may pass", async () => {
  for (const row of vectors("statuses").filter((one) => one.call === "next")) {
    await session(
      "app.echo",
      [],
      async (api, client) => {
        assert.strictEqual(await client.status, 1);
        assert.strictEqual(api.calls.length, row.single === "retry" ? 3 : 1, JSON.stringify(row));
        assert.match(client.err, /invocation\/next failed: status/);
      },
      { answers: { "/invocation/next": row.status } }
    );
  }
});

test("an event without a request id never reaches the handler", async () => {
  const wire = await new Wire(["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"]).open();
  const client = new Client(wire, "app.echo");
  assert.strictEqual(await client.status, 1);
  assert.match(client.err, /without Lambda-Runtime-Aws-Request-Id/);
  wire.close();
});

test("an event or a client context that does not parse fails its invocation alone", async () => {
  const broken = [
    { body: '{"a":' },
    { value: 1, headers: { "Lambda-Runtime-Client-Context": "{" } },
    { value: 2, headers: { "Lambda-Runtime-Cognito-Identity": "5" } },
    { value: 3 },
  ];
  await session("app.echo", broken, async (api) => {
    await api.until(() => api.posts().length === 4);
    const types = api.posts().map((post) => JSON.parse(post.body).errorType);
    const contexts = ["Runtime.LambdaContextUnmarshalError", "Runtime.LambdaContextUnmarshalError"];
    assert.deepStrictEqual(types, ["Runtime.UnmarshalError", ...contexts, undefined]);
  });
});

test("the context has AWS's members, those of its own event", async () => {
  const headers = {
    "Lambda-Runtime-Invoked-Function-Arn": "arn:x",
    "Lambda-Runtime-Aws-Tenant-Id": "blue",
    "Lambda-Runtime-Trace-Id": "Root=1-a",
    "Lambda-Runtime-Client-Context": Buffer.from('{"custom":{"k":"é"}}').toString("latin1"),
    "Lambda-Runtime-Cognito-Identity": '{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}',
  };
  const environment = { AWS_LAMBDA_FUNCTION_NAME: "f", AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128" };
  await session(
    "app.context",
    [{ value: 1, headers }, { value: 2 }],
    async (api) => {
      await api.until(() => api.posts().length === 2);
      const [first, second] = api.posts().map((post) => JSON.parse(post.body));
      assert.strictEqual(first.functionName, "f");
      assert.strictEqual(first.memoryLimitInMB, "128");
      assert.strictEqual(first.invokedFunctionArn, "arn:x");
      assert.strictEqual(first.tenantId, "blue");
      assert.strictEqual(first.xRayTraceId, "Root=1-a");
      assert.strictEqual(second.xRayTraceId, undefined);
      assert.deepStrictEqual(first.clientContext, { custom: { k: "é" } });
      assert.deepStrictEqual(first.identity, { cognitoIdentityId: "i", cognitoIdentityPoolId: "p" });
      assert.strictEqual(second.tenantId, undefined);
      assert.strictEqual(second.clientContext, undefined);
    },
    { environment }
  );
});

test("remaining time is the deadline against the wall clock, a finite number without one", async () => {
  const far = { "Lambda-Runtime-Deadline-Ms": "" };
  const past = { "Lambda-Runtime-Deadline-Ms": String(Date.now() - 5000) };
  const events = [{ value: { ms: 100 } }, { value: {}, headers: far }, { value: {}, headers: past }];
  await session("app.remaining", events, async (api) => {
    await api.until(() => api.posts().length === 3);
    const [near, none, late] = api.posts().map((post) => JSON.parse(post.body));
    assert.ok(near[0] > 0 && near[0] <= 3000 && near[0] - near[1] >= 95, String(near));
    assert.ok(none[0] > 800000 && none[0] <= 900000, String(none));
    assert.ok(late[0] <= -5000, String(late));
  });
});

test("the trace id does not outlive its event", async () => {
  const value = { names: ["_X_AMZN_TRACE_ID", "_LAMBDA_TELEMETRY_LOG_FD"] };
  const events = [{ value, headers: { "Lambda-Runtime-Trace-Id": "Root=1-a" } }, { value }];
  const environment = { _X_AMZN_TRACE_ID: "stale", _LAMBDA_TELEMETRY_LOG_FD: "99" };
  await session(
    "app.environment",
    events,
    async (api) => {
      await api.until(() => api.posts().length === 2);
      assert.deepStrictEqual(
        api.posts().map((post) => JSON.parse(post.body)[0]),
        ["Root=1-a", null]
      );
      assert.strictEqual(JSON.parse(api.posts()[0].body)[1], null);
    },
    { environment }
  );
});

test("proxies do not matter", async () => {
  const environment = {
    HTTP_PROXY: "http://127.0.0.1:1",
    http_proxy: "http://127.0.0.1:1",
    ALL_PROXY: "http://127.0.0.1:1",
  };
  await session("app.echo", [{ value: 1 }], (api) => api.until(() => api.posts()[0]), { environment });
});

test("a connection that is lost between calls is made anew, and nothing is posted twice", async () => {
  await session("app.asyncEcho", [], async (api) => {
    for (let number = 0; number < 5; number++) {
      await api.until(() => api.waiting);
      api.give(number, { Connection: number % 2 ? "close" : "keep-alive" });
      await api.until(() => api.posts().length === number + 1);
      await api.until(() => api.waiting);
      const before = api.calls.length;
      api.calls[before - 1].response.socket.destroy();
      await api.until(() => api.calls.length > before, "the GET made anew");
    }
    assert.deepStrictEqual(
      api.posts().map((post) => Number(post.body)),
      [0, 1, 2, 3, 4]
    );
  });
});

test("several at once: each its own id, a failure harms only its own", async () => {
  const events = [
    { value: { mark: 0, ms: 400 } },
    { value: { mark: 1, ms: 300, fail: "only this" } },
    { value: { mark: 2, ms: 200 } },
    { value: { mark: 3, ms: 100 } },
  ];
  events.forEach((event, number) => (event.headers = { "Lambda-Runtime-Aws-Request-Id": `r${number}` }));
  await session(
    "app.sleeps",
    events,
    async (api, client) => {
      await api.until(() => api.posts().length === 4);
      const posts = new Map(api.posts().map((post) => [post.path.split("/")[2], post]));
      for (const number of [0, 2, 3])
        assert.deepStrictEqual(JSON.parse(posts.get(`r${number}`).body), [number, `r${number}`]);
      assert.match(posts.get("r1").path, /error$/);
      await api.until(() => api.waiting === 4);
      for (const line of client.out
        .trim()
        .split("\n")
        .map((text) => JSON.parse(text))) {
        const mark = /^(?:before|after) (\d)/.exec(line.message);
        if (mark) assert.strictEqual(line.requestId, `r${mark[1]}`);
      }
    },
    { environment: { AWS_LAMBDA_MAX_CONCURRENCY: "4" } }
  );
});

test("several at once: what nobody caught ends the process when the others are done", async () => {
  const events = [{ value: { mark: 0, ms: 10, crash: true } }, { value: { mark: 1, ms: 500 } }];
  await session(
    "app.sleeps",
    events,
    async (api, client) => {
      assert.strictEqual(await client.status, 128);
      assert.deepStrictEqual(
        api.posts().map((post) => post.path.split("/").pop()),
        ["error", "response"]
      );
    },
    { environment: { AWS_LAMBDA_MAX_CONCURRENCY: "2" } }
  );
});

test("several at once: a failed GET is tried again", async () => {
  await session(
    "app.echo",
    [],
    async (api, client) => {
      assert.strictEqual(await client.status, 1);
      assert.strictEqual(api.calls.length, 6);
      const at = api.calls.map((call) => call.started);
      assert.ok(at[5] - at[4] > 3 * (at[1] - at[0]), String(at));
    },
    { environment: { AWS_LAMBDA_MAX_CONCURRENCY: "1" }, answers: { "/invocation/next": 503 } }
  );
});

test("SnapStart: /restore/next comes first, and its refusal is an init error", async () => {
  const environment = { AWS_LAMBDA_INITIALIZATION_TYPE: "snap-start" };
  await session(
    "app.echo",
    [{ value: 1 }],
    async (api) => {
      await api.until(() => api.posts()[0]);
      assert.deepStrictEqual(
        api.calls.slice(0, 2).map((call) => call.path),
        ["/restore/next", "/invocation/next"]
      );
    },
    { environment }
  );
  await session(
    "app.echo",
    [],
    async (api, client) => {
      assert.strictEqual(await client.status, 64);
      assert.deepStrictEqual(
        api.calls.map((call) => call.path),
        ["/restore/next", "/init/error"]
      );
    },
    { environment, answers: { "/restore/next": 403 } }
  );
});

test("SIGTERM ends an idle client at once and without noise", async () => {
  const api = await new Api().open();
  const client = new Client(api, "app.echo");
  await api.until(() => api.waiting);
  client.process.kill("SIGTERM");
  assert.ok(["SIGTERM", 143].includes(await client.status));
  assert.strictEqual(client.out + client.err, "");
  api.close();
});
