"use strict";
// What a large event left behind, as the next one sees it.

const { PerformanceObserver, constants } = require("perf_hooks");
const vm = require("vm");

let collections = 0; // of the whole heap, that somebody asked for
let last = null;
const kept = [];

new PerformanceObserver((list) => {
  const { NODE_PERFORMANCE_GC_FLAGS_FORCED: FORCED, NODE_PERFORMANCE_GC_MAJOR: WHOLE } = constants;
  const forced = (entry) => entry.detail.kind === WHOLE && entry.detail.flags & FORCED;
  collections += list.getEntries().filter(forced).length;
}).observe({ entryTypes: ["gc"] });

const doings = {
  large: (event) => event.text.length,
  result: (event) => "x".repeat(event.size),
  keep: () => kept.push(Array.from({ length: 10000000 }, (_, number) => number)),
  expose: () => require("v8").setFlagsFromString("--expose-gc"),
  patch: () => (require("v8").setFlagsFromString = vm.runInNewContext = null),
  left: async () => {
    await new Promise((resolve) => setTimeout(resolve, 20)); // collections are told by the event loop
    return { collections, alive: last.deref() !== undefined };
  },
  sees: () => [typeof globalThis.gc, vm.runInNewContext("typeof gc")],
};

exports.handler = (event) => {
  const result = doings[event.do](event);
  if (event.do !== "left") last = new WeakRef(event);
  return result;
};
