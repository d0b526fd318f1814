"use strict";

exports.handler = (event) => event;
