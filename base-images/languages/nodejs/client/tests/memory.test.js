"use strict";
// What large events leave behind.

const assert = require("assert");
const { test } = require("node:test");
const { session } = require("./support");

const LARGE = { do: "large", text: "x".repeat(3000000) };
const SMALL = { do: "large", text: "x" };
const LEFT = { do: "left" };

/** The results of events, the last ones of which are asked for what was left. */
async function results(events, environment) {
  const given = events.map((value) => ({ value }));
  return session(
    "memory.handler",
    given,
    async (api) => {
      await api.until(() => api.posts().length === events.length);
      return api.posts().map((post) => JSON.parse(post.body));
    },
    { environment }
  );
}

test("a large event, or one with a large result, is gone when the next comes; the function sees no means", async () => {
  const events = [SMALL, LEFT, LARGE, LEFT, { do: "result", size: 3000000 }, LEFT, { do: "sees" }];
  const [, small, , large, , result, sees] = await results(events);
  assert.strictEqual(small.collections, 0);
  assert.deepStrictEqual(large, { collections: 1, alive: false });
  assert.deepStrictEqual(result, { collections: 2, alive: false });
  assert.deepStrictEqual(sees, ["undefined", "undefined"]);
});

test("a function that keeps much pays for one collection, not for one a large event", async () => {
  const [, , , , , left] = await results([{ do: "keep" }, LARGE, LARGE, LARGE, LARGE, LEFT]);
  assert.strictEqual(left.collections, 1);
});

test("a function that has asked for the collector itself keeps it", async () => {
  const [, , sees] = await results([{ do: "expose" }, LARGE, { do: "sees" }]);
  assert.deepStrictEqual(sees, ["undefined", "function"]);
});

test("among concurrent invocations nothing is collected", async () => {
  const [, left] = await results([LARGE, LEFT], { AWS_LAMBDA_MAX_CONCURRENCY: "1" });
  assert.strictEqual(left.collections, 0);
});

test("a function that has replaced what collects is served all the same", async () => {
  const [, length, , left] = await results([{ do: "patch" }, LARGE, LARGE, LEFT]);
  assert.strictEqual(length, 3000000);
  assert.strictEqual(left.collections, 0);
});
