"use strict";

const { HandlerError } = require("./handlers");

process.stdout.write("about to fail\n");
throw new HandlerError("init failed");
