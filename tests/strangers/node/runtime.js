// A Lambda runtime in plain Node.js: handler "file.function" is an export of file.js in LAMBDA_TASK_ROOT.
'use strict';
const fs = require('fs');
const http = require('http');
const path = require('path');

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const PREFIX = '/2018-06-01/runtime';

process.on('SIGTERM', () => process.exit(143));

function once(method, target, headers, body) {
  return new Promise((resolve, reject) => {
    const all = { 'User-Agent': 'node-runtime/1.0', ...headers };
    if (body !== undefined) all['Content-Length'] = body.length;
    const request = http.request({ host, port, method, path: PREFIX + target, agent, headers: all, timeout: 0 });
    request.on('response', (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
    });
    request.on('error', (error) => {
      // A kept connection that the server had closed: nothing was answered, so the request may go again.
      error.again = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(error);
    });
    request.end(body);
  });
}

async function call(method, target, headers, body) {
  try {
    return await once(method, target, headers, body);
  } catch (error) {
    if (!error.again) throw error;
    return await once(method, target, headers, body);
  }
}

async function post(target, headers, body) {
  const answer = await call('POST', target, headers, body);
  if (answer.status === 202) return;
  console.error(`the Runtime API answered ${answer.status} to ${target}: ${answer.body}`);
  if (answer.status >= 500) process.exit(1);
}

function described(error) {
  if (error instanceof Error) {
    const stack = String(error.stack).split('\n').slice(1).map((line) => line.trim()).filter((line) => !line.includes('/var/runtime/'));
    return { errorType: error.name, errorMessage: error.message, stackTrace: stack };
  }
  return { errorType: typeof error, errorMessage: String(error), stackTrace: [] };
}

async function report(target, headers, type, failure) {
  console.error(`${failure.errorType}: ${failure.errorMessage}\n${failure.stackTrace.join('\n')}`.trim());
  const all = { ...headers, 'Content-Type': 'application/json', 'Lambda-Runtime-Function-Error-Type': type };
  await post(target, all, Buffer.from(JSON.stringify(failure)));
}

class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

function load() {
  const string = process.env._HANDLER || '';
  const dot = string.lastIndexOf('.');
  if (dot < 1) throw new RuntimeError('Runtime.MalformedHandlerName', `bad handler '${string}'`);
  const file = path.join(process.env.LAMBDA_TASK_ROOT || '/var/task', `${string.slice(0, dot)}.js`);
  if (!fs.existsSync(file)) throw new RuntimeError('Runtime.ImportModuleError', `there is no ${file}`);
  const found = require(file)[string.slice(dot + 1)];
  if (typeof found !== 'function') throw new RuntimeError('Runtime.HandlerNotFound', `${file} exports no ${string.slice(dot + 1)}`);
  return found;
}

function parsed(value) {
  return value ? JSON.parse(Buffer.from(value, 'latin1').toString()) : null;
}

function json(result) {
  if (typeof result === 'function' || typeof result === 'symbol') throw new RuntimeError('Runtime.MarshalError', `a ${typeof result} has no form in JSON`);
  return Buffer.from(result === undefined ? 'null' : JSON.stringify(result));
}

async function serve(handler) {
  const next = await call('GET', '/invocation/next', {});
  if (next.status !== 200) {
    console.error(`the Runtime API answered ${next.status} to next: ${next.body}`);
    process.exit(1);
  }
  const id = next.headers['lambda-runtime-aws-request-id'];
  const trace = next.headers['lambda-runtime-trace-id'];
  if (trace) process.env._X_AMZN_TRACE_ID = trace;
  else delete process.env._X_AMZN_TRACE_ID;
  const attempt = next.headers['lambda-runtime-invocation-id'];
  const headers = attempt ? { 'Lambda-Runtime-Invocation-Id': attempt } : {};
  let event;
  try {
    event = JSON.parse(next.body.toString());
  } catch (error) {
    await report(`/invocation/${id}/error`, headers, 'Runtime.UnmarshalError', { ...described(error), errorType: 'Runtime.UnmarshalError' });
    return;
  }
  let body;
  try {
    const deadline = Number(next.headers['lambda-runtime-deadline-ms']);
    body = json(await handler(event, {
      awsRequestId: id,
      invokedFunctionArn: next.headers['lambda-runtime-invoked-function-arn'],
      functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
      functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
      memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
      clientContext: parsed(next.headers['lambda-runtime-client-context']),
      identity: parsed(next.headers['lambda-runtime-cognito-identity']),
      tenantId: next.headers['lambda-runtime-aws-tenant-id'] || null,
      getRemainingTimeInMillis: () => deadline - Date.now(),
    }));
  } catch (error) {
    const failure = described(error);
    await report(`/invocation/${id}/error`, headers, `Function.${failure.errorType.replace(/\W/g, '_')}`, failure);
    return;
  }
  await post(`/invocation/${id}/response`, { ...headers, 'Content-Type': 'application/json' }, body);
}

async function main() {
  let handler;
  try {
    handler = load();
  } catch (error) {
    const failure = described(error);
    const type = failure.errorType.startsWith('Runtime.') ? failure.errorType : `Runtime.${error instanceof SyntaxError ? 'UserCodeSyntaxError' : failure.errorType.replace(/\W/g, '_')}`;
    await report('/init/error', {}, type, failure).catch((problem) => console.error(String(problem)));
    process.exit(1);
  }
  for (;;) await serve(handler);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
