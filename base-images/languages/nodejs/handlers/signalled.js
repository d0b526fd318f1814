"use strict";

process.on("SIGTERM", () => {
  process.stdout.write("sigterm hook ran\n");
  process.exit(0);
});

exports.handler = (event) => event;
