"use strict";
// What a large event leaves behind goes back to the system before the process waits, perhaps for hours, for the next:
// V8 collects when something is allocated, and on its own keeps a large event, or two, until then.

const v8 = require("v8");
const vm = require("vm");
const handler = require("./handler");

// A function that keeps more than this is not helped by giving a few MB back, and each collection costs it more.
const SMALL_HEAP = 64 * 1024 * 1024;

let collect = null; // V8's own function, which a context has that is made under its flag
let exposed = false; // whether the function has set that flag itself
let kept = 0; // bytes that were alive after the last collection

const used = () => v8.getHeapStatistics().used_heap_size;

/** After a large event, when its result is posted. */
function giveBack() {
  handler.forget();
  if (kept > SMALL_HEAP && used() > SMALL_HEAP) return;
  try {
    if (collect === null) exposed = vm.runInNewContext("typeof gc") === "function";
    v8.setFlagsFromString("--expose-gc");
    if (collect === null) collect = vm.runInNewContext("gc");
    collect();
    collect({ type: "minor" }); // takes what a thread of V8's has yet to unmap
    // Set no longer than that: the function's own contexts have no `gc`. Node.js 12 wants it for the calls, too.
    if (!exposed) v8.setFlagsFromString("--no-expose-gc");
    kept = used();
  } catch (error) {
    // The function has replaced these modules: V8 collects when it will.
  }
}

module.exports = { giveBack };
