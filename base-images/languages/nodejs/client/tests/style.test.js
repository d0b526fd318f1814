"use strict";
// What a linter would say, without one: the oldest Node.js that must run the client knows no newer syntax.

const assert = require("assert");
const childProcess = require("child_process");
const fs = require("fs");
const path = require("path");
const { test } = require("node:test");

const LIBRARY = path.join(__dirname, "..", "lib");

for (const folder of [LIBRARY, __dirname]) {
  for (const name of fs.readdirSync(folder).filter((one) => one.endsWith(".js"))) {
    const file = path.join(folder, name);
    const lines = fs.readFileSync(file, "utf8").split("\n");
    test(`${name} is tidy`, () => {
      childProcess.execFileSync(process.execPath, ["--check", file]);
      assert.strictEqual(lines[0], '"use strict";');
      assert.ok(lines[1].startsWith("// "), "a module opens with the one idea it holds");
      assert.strictEqual(lines[lines.length - 1], "");
      for (const line of lines) assert.ok(line.length <= 120 && !/\t|\s$/.test(line), line);
    });
    if (folder === LIBRARY) {
      test(`${name} is JavaScript of Node.js 12 and its standard library`, () => {
        for (const line of lines) {
          assert.doesNotMatch(line, /\?\.[a-z[(]|\?\?|\|\|=|&&=|#\w+\s*[=(;]|replaceAll|\.at\(|structuredClone/);
          const required = /require\("([^"]+)"\)/.exec(line);
          if (required) assert.match(required[1], /^\.\/|^(async_hooks|fs|http|net|path|stream|url|util|v8|vm)$/);
        }
      });
    }
  }
}
