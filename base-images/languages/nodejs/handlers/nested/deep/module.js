"use strict";

exports.handler = (event) => event;
exports.inner = { deep: exports.handler };
