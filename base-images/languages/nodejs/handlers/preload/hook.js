"use strict";

process.env.CONFORMANCE_HOOK = "NODE_OPTIONS";
