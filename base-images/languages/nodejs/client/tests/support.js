"use strict";
// A Runtime API of plain HTTP, and the client as a process of its own against it.

const childProcess = require("child_process");
const fs = require("fs");
const http = require("http");
const net = require("net");
const path = require("path");

const MAIN = path.join(__dirname, "..", "lib", "main.js");
const FUNCTIONS = path.join(__dirname, "functions");

/** What all languages' clients agree on. */
function vectors(name) {
  return JSON.parse(fs.readFileSync(path.join(__dirname, "../../../../vectors", `${name}.json`), "utf8"));
}

/** A server of bytes: sends each answer to the next request, in pieces, and ends the connection after the last. */
class Wire {
  constructor(answers, piece = 65536) {
    this.received = "";
    this._answers = answers.slice();
    this._sockets = new Set();
    this._server = net.createServer((socket) => {
      this._sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.on("data", (data) => {
        this.received += data.toString("latin1");
        if (this._answers.length > 0) send(socket, Buffer.from(this._answers.shift(), "latin1"), piece);
      });
    });
  }

  async open() {
    await new Promise((resolve) => this._server.listen(0, "127.0.0.1", resolve));
    this.address = `127.0.0.1:${this._server.address().port}`;
    return this;
  }

  close() {
    this._server.close();
    for (const socket of this._sockets) socket.destroy();
  }
}

async function send(socket, data, piece) {
  for (let at = 0; at < data.length; at += piece) {
    socket.write(data.slice(at, at + piece));
    if (piece < data.length) await new Promise(setImmediate);
  }
  socket.end();
}

/**
 * A Runtime API. `events` are given out in turn, then GET /next stays open; `answers` says for a path what to answer
 * instead of 202. `calls` are all requests: method, path, headers, body, trailers, when.
 */
class Api {
  constructor(events = [], answers = {}) {
    this.calls = [];
    this.waiting = 0;
    this._events = events.slice();
    this._answers = answers;
    this._watchers = new Set();
    this._server = http.createServer((request, response) => this._receive(request, response));
  }

  async open() {
    await new Promise((resolve) => this._server.listen(0, "127.0.0.1", resolve));
    this.address = `127.0.0.1:${this._server.address().port}`;
    return this;
  }

  _receive(request, response) {
    const call = { method: request.method, path: request.url.replace("/2018-06-01/runtime", ""), started: Date.now() };
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      Object.assign(call, {
        headers: request.headers,
        body: Buffer.concat(parts).toString(),
        trailers: request.trailers,
      });
      this.calls.push(call);
      this._answer(call, response);
      for (const watcher of this._watchers) watcher();
    });
  }

  _answer(call, response) {
    const own = this._answers[call.path];
    if (own !== undefined) {
      response.writeHead(own).end("{}");
    } else if (call.path !== "/invocation/next") {
      response.writeHead(call.path === "/restore/next" ? 200 : 202).end('{"status":"OK"}\n');
    } else if (this._events.length > 0) {
      const event = this._events.shift();
      const headers = {
        "Lambda-Runtime-Aws-Request-Id": `id-${this.calls.length}`,
        "Content-Type": "application/json",
      };
      headers["Lambda-Runtime-Deadline-Ms"] = String(Date.now() + 3000);
      response.writeHead(200, Object.assign(headers, event.headers)).end(event.body || JSON.stringify(event.value));
    } else {
      this.waiting += 1;
      call.response = response;
      response.on("close", () => (this.waiting -= 1));
    }
  }

  /** Give an event to a GET that waits. */
  give(value, headers) {
    const call = this.calls.filter((one) => one.response && !one.response.writableEnded).pop();
    const all = Object.assign({ "Lambda-Runtime-Aws-Request-Id": `given-${this.calls.length}` }, headers);
    call.response.writeHead(200, all).end(JSON.stringify(value));
  }

  /** The first of `ask` that is something, asked again at each call that comes in. */
  until(ask, what) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not within 10 s: ${what || ask}; ${this.told()}`)), 10000);
      const look = () => {
        const found = ask();
        if (!found) return;
        clearTimeout(timer);
        this._watchers.delete(look);
        resolve(found);
      };
      this._watchers.add(look);
      look();
    });
  }

  told() {
    return this.calls.map((call) => `${call.method} ${call.path} ${call.body.slice(0, 200)}`).join("; ");
  }

  posts() {
    return this.calls.filter((call) => call.method === "POST");
  }

  close() {
    this._server.close();
    if (this._server.closeAllConnections) this._server.closeAllConnections();
  }
}

/** The client as a process; `status` is a promise of its exit status. */
class Client {
  constructor(api, handler, environment = {}, stdio = ["ignore", "pipe", "pipe"]) {
    const env = Object.assign(
      { PATH: process.env.PATH, AWS_LAMBDA_RUNTIME_API: api.address, _HANDLER: handler, LAMBDA_TASK_ROOT: FUNCTIONS },
      environment
    );
    this.process = childProcess.spawn(process.execPath, [MAIN], { env, stdio });
    this.out = "";
    this.err = "";
    this.process.stdout.on("data", (text) => (this.out += text));
    this.process.stderr.on("data", (text) => (this.err += text));
    this.status = new Promise((resolve) => this.process.on("close", (status, signal) => resolve(signal || status)));
  }

  stop() {
    this.process.kill("SIGKILL");
    return this.status;
  }
}

/** A client against an API, both gone afterwards. */
async function session(handler, events, test, { answers, environment } = {}) {
  const api = await new Api(events, answers).open();
  const client = new Client(api, handler, environment);
  try {
    return await test(api, client);
  } finally {
    await client.stop();
    api.close();
  }
}

module.exports = { Api, Client, FUNCTIONS, Wire, session, vectors };
