"use strict";
// The Runtime API over HTTP/1.1: each call's bytes, and one kept connection, made anew when it may not be used again.
//
// A request leaves in one write and its answer is mostly one read. Plain sockets instead of `http` cost less than half
// the CPU, know of no proxy, and nothing that patches `http` (tracers do) reaches these calls.

const net = require("net");
const { AnswerParser } = require("./answer");

const VERSION = "0.1.0";
const PREFIX = "/2018-06-01/runtime";
const USER_AGENT = `aws-lambda-nodejs/${process.versions.node}-lambda-image-${VERSION}`;
const JSON_TYPE = "application/json";
const READ_SIZE = 65536;
const JOINED = 65536; // a body up to that size is joined with its head: one string, one write

/** The Runtime API cannot be reached, ended the connection, or answered what is not HTTP. */
class ApiError extends Error {
  constructor(message) {
    super(message);
    this.name = "Runtime.ApiError";
  }
}

/** Every call there is. No call has a timeout: the environment may be frozen for long. */
class RuntimeApi {
  constructor(address) {
    this.address = address;
    this._common = ` HTTP/1.1\r\nHost: ${address}\r\nUser-Agent: ${USER_AGENT}\r\n`;
    this._getNext = this._head("GET", "/invocation/next", "\r\n");
    this._kept = new Connection(address);
  }

  /** The same API for another caller at the same time: a connection of its own. */
  another() {
    return new RuntimeApi(this.address);
  }

  next() {
    return this._kept.exchange(this._getNext, "");
  }

  response(invocation, body) {
    return this._post(`/invocation/${invocation.pathId}/response`, body, invocation.ownHeaders);
  }

  error(invocation, fault) {
    return this._post(`/invocation/${invocation.pathId}/error`, fault.body, invocation.ownHeaders + fault.headers);
  }

  initError(fault) {
    return this._post("/init/error", fault.body, fault.headers);
  }

  restoreNext() {
    return this._kept.exchange(this._head("GET", "/restore/next", "\r\n"), "");
  }

  restoreError(fault) {
    return this._post("/restore/error", fault.body, fault.headers);
  }

  /**
   * Begin a streamed response: what is returned takes pieces. The connection is one of its own, since what is sent in
   * pieces cannot be sent again, and it is closed afterwards.
   */
  stream(invocation, contentType) {
    const headers =
      `Content-Type: ${contentType}\r\n${invocation.ownHeaders}` +
      "Lambda-Runtime-Function-Response-Mode: streaming\r\n" +
      "Transfer-Encoding: chunked\r\n" +
      "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n" +
      "Connection: close\r\n\r\n";
    const head = this._head("POST", `/invocation/${invocation.pathId}/response`, headers);
    return new Upload(new Connection(this.address), head);
  }

  /** Forget the connection. */
  close() {
    this._kept.close();
  }

  _head(method, path, headers) {
    return method + " " + PREFIX + path + this._common + headers;
  }

  _post(path, body, headers) {
    const length = Buffer.byteLength(body);
    const framing = `Content-Type: ${JSON_TYPE}\r\nContent-Length: ${length}\r\n\r\n`;
    return this._kept.exchange(this._head("POST", path, headers + framing), body, length);
  }
}

/** One request and its answer at a time, on a connection that is kept as long as both sides allow it. */
class Connection {
  constructor(address) {
    this._address = address;
    this._socket = null;
    this._waiting = null; // who gets the answer
    this._parser = new AnswerParser();
    this._space = Buffer.allocUnsafeSlow(READ_SIZE);
    this._nextSpace = () => this._parser.space() || this._space;
  }

  /** The answer to a request. */
  exchange(head, body, length = 0) {
    return new Promise((resolve, reject) => {
      // A kept connection may have been closed meanwhile: then once more, on a new one.
      const request = { head, body, length, resolve, reject, again: this._socket !== null };
      this._begin(request);
      send(this._socket, head, body, length);
    });
  }

  /** Connected, and the event loop kept alive, until the answer to what is sent next is there. */
  expect() {
    return new Promise((resolve, reject) => this._begin({ resolve, reject, again: false }));
  }

  _begin(request) {
    this._waiting = request;
    this._parser.begin();
    if (this._socket === null) this._connect();
    else this._socket.ref();
  }

  _connect() {
    const at = this._address.lastIndexOf(":");
    const host = this._address.slice(0, at);
    const socket = net.connect({
      host: host.startsWith("[") ? host.slice(1, -1) : host,
      port: Number(this._address.slice(at + 1)),
      onread: { buffer: this._nextSpace, callback: (count, space) => this._received(socket, count, space) },
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60000);
    socket.on("error", (error) => this._lost(socket, error.message));
    socket.on("end", () => this._ended(socket));
    socket.on("close", () => this._ended(socket));
    this._socket = socket;
  }

  _received(socket, count, space) {
    if (socket !== this._socket) return true;
    try {
      if (this._waiting === null) return (this.close(), true); // bytes that nobody asked for
      if (this._parser.feed(space, count)) this._complete(this._parser.answer());
    } catch (error) {
      this._lost(socket, error.message);
    }
    return true;
  }

  _complete(answer) {
    const waiting = this._waiting;
    this._waiting = null;
    if (!answer.reusable || this._socket.writableLength > 0) this.close();
    else this._socket.unref(); // an idle connection is no reason to live
    waiting.resolve(answer);
  }

  _ended(socket) {
    if (socket !== this._socket) return;
    const answer = this._waiting && this._parser.ended();
    if (answer) this._complete(answer);
    else this._lost(socket, "the Runtime API closed the connection before its answer was whole");
  }

  _lost(socket, reason) {
    if (socket !== this._socket) return;
    const waiting = this._waiting;
    this._waiting = null;
    this.close();
    if (waiting === null) return;
    // Only if no byte of an answer came: else it was served, and to send it again would be to serve it twice.
    if (!waiting.again || this._parser.begun) return waiting.reject(new ApiError(`${this._address}: ${reason}`));
    waiting.again = false;
    this._begin(waiting);
    send(this._socket, waiting.head, waiting.body, waiting.length);
  }

  close() {
    const socket = this._socket;
    this._socket = null;
    if (socket !== null) socket.destroy();
  }
}

/** All of a request. ASCII, which most JSON is, needs no encoding. */
function send(socket, head, body, length) {
  if (length === body.length && length <= JOINED) {
    socket.write(head + body, "latin1");
    return;
  }
  socket.cork();
  socket.write(head, "latin1");
  socket.write(body, length === body.length ? "latin1" : "utf8");
  socket.uncork();
}

/** A request whose body is sent in pieces, each at once. `answer` is a promise. */
class Upload {
  constructor(connection, head) {
    this._connection = connection;
    this._head = head;
    this.answer = connection.expect();
    this.answer.catch(() => {}); // whoever waits for it gets the error, too
    this._socket().unref(); // an open response alone is no reason to live: its handler may have forgotten it
  }

  /** A piece, never empty: an empty chunk is the last. `done` is called when it is on its way. */
  write(piece, done) {
    const socket = this._socket();
    if (socket === null) return done(new ApiError("the Runtime API closed the connection of the stream"));
    socket.cork();
    socket.write(`${this._takeHead()}${piece.length.toString(16)}\r\n`, "latin1");
    socket.write(piece);
    socket.write("\r\n", "latin1", done);
    socket.uncork();
  }

  /** The last chunk, and headers that come after it. */
  end(trailers, done) {
    const socket = this._socket();
    if (socket === null) return done(new ApiError("the Runtime API closed the connection of the stream"));
    socket.ref();
    socket.write(`${this._takeHead()}0\r\n${trailers}\r\n`, "latin1", done);
  }

  _socket() {
    return this._connection._socket;
  }

  _takeHead() {
    const head = this._head;
    this._head = "";
    return head;
  }
}

module.exports = { ApiError, RuntimeApi, USER_AGENT, VERSION };
