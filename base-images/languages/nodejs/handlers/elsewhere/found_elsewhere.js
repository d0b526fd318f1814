"use strict";

exports.handler = () => "elsewhere";
