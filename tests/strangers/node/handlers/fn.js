// The handler contract of lambda-image's suite, in JavaScript.
'use strict';
const fs = require('fs');
const { execFile } = require('child_process');
const { promisify } = require('util');

const startedMs = Date.now();
const PATTERN = '0123456789abcdef';
let count = 0;

class HandlerError extends Error {
  constructor(message) {
    super(message);
    this.name = 'HandlerError';
  }
}

function deepest(message) {
  throw new HandlerError(message);
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

exports.HandlerError = HandlerError;
exports.echo = async (event) => event;
exports.length = async (event) => [...event].length;
exports.nothing = async () => {};
exports.nan = async () => NaN;
exports.big = async ({ length }) => PATTERN.repeat(length / 16 + 1).slice(0, length);
exports.invalid = async () => ({ big: 1n });

exports.context = async (event, context) => {
  const reads = [];
  for (const ms of event.reads || [0]) {
    await pause(ms);
    reads.push({ remaining_ms: context.getRemainingTimeInMillis(), request_id: context.awsRequestId, tenant_id: context.tenantId });
  }
  const { identity } = context;
  return {
    request_id: context.awsRequestId,
    function_name: context.functionName,
    function_version: context.functionVersion,
    memory_limit_mb: context.memoryLimitInMB,
    log_group: context.logGroupName,
    log_stream: context.logStreamName,
    arn: context.invokedFunctionArn,
    client_context: context.clientContext,
    identity: identity && { id: identity.cognitoIdentityId, pool: identity.cognitoIdentityPoolId },
    tenant_id: context.tenantId,
    reads,
  };
};

exports.env = async ({ names }) => Object.fromEntries(names.map((name) => [name, process.env[name] ?? null]));
exports.trace = async ({ wait_ms }) => {
  const before = process.env._X_AMZN_TRACE_ID ?? null;
  await pause(wait_ms || 0);
  return { before, after: process.env._X_AMZN_TRACE_ID ?? null };
};
exports.counter = async (event) => {
  count += 1;
  if (event && event.fail) deepest('boom');
  return { count, process: process.pid, started_ms: startedMs };
};
exports.sleep = async (event) => {
  await pause(event.ms);
  if ('exit' in event) process.exit(event.exit);
  if ('fail' in event) deepest(event.fail);
  return event;
};
exports.raise = async (event) => deepest(event.message ?? 'boom');
exports.exit = async ({ status }) => process.exit(status);
exports.log = async (event) => {
  if ('stdout' in event) console.log(event.stdout);
  if ('stderr' in event) console.error(event.stderr);
  if ('unfinished' in event) process.stdout.write(event.unfinished);
  return 'logged';
};
exports.tmp = async ({ name, write }) => {
  const file = `/tmp/${name}`;
  const content = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null;
  if (write != null) fs.writeFileSync(file, write);
  return { content };
};
exports.run = async ({ program, arguments: words = [], environment = {} }) => {
  try {
    const done = await promisify(execFile)(program, words, { env: { ...process.env, ...environment } });
    return { status: 0, ...done };
  } catch (error) {
    if (error.code === 'ENOENT') return { status: null, stdout: '', stderr: error.message };
    return { status: error.code, stdout: error.stdout, stderr: error.stderr };
  }
};
exports.files = async ({ folder, name }) => {
  fs.writeFileSync(`${folder}/${name}`, '');
  return { names: fs.readdirSync(folder).sort() };
};
exports['async-echo'] = async (event) => {
  await null;
  return event;
};
exports['async-raise'] = async (event) => {
  await null;
  deepest(event.message);
};
