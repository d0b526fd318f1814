"use strict";
// Response streaming: what the handler writes leaves at once, and what fails after the first byte goes into trailers.

const { Writable } = require("stream");
const { Fault, named } = require("./errors");
const handler = require("./handler");
const logs = require("./logs");

const BYTES = "application/octet-stream";
const INTEGRATION = "application/vnd.awslambda.http-integration-response";
const DELIMITER = Buffer.alloc(8);
const ACCEPTED = { status: 202 };

/** What a streaming handler writes to. The request begins with the first byte: what fails before is no stream yet. */
class ResponseStream extends Writable {
  constructor(begin, highWaterMark) {
    super({ highWaterMark, decodeStrings: true });
    this._beginRequest = begin;
    this._upload = null;
    this._contentType = BYTES;
    this._prelude = null;
    this._trailers = "";
    this._ended = false; // whether the last chunk is under way
    this.failure = null; // why it was destroyed before that
    this.on("error", () => {}); // a broken stream is told by the writes, and ends no process
  }

  setContentType(contentType) {
    if (this._upload !== null) {
      throw named("Runtime.InvalidStreamingOperation", "Cannot set content-type, too late.");
    }
    this._contentType = String(contentType).replace(/[^ -~]/g, "?");
  }

  /** What is neither text nor bytes is written as JSON, as AWS's client does. */
  write(chunk, encoding, callback) {
    const plain = typeof chunk === "string" || chunk instanceof Uint8Array;
    return super.write(plain ? chunk : JSON.stringify(chunk), encoding, callback);
  }

  _write(chunk, encoding, callback) {
    const piece = this._withPrelude(chunk);
    if (piece.length === 0) return callback();
    this._request().write(piece, callback);
  }

  _final(callback) {
    const rest = this._withPrelude(Buffer.alloc(0));
    if (rest.length > 0) this._request().write(rest, () => {});
    this._end(this._request(), this._trailers, callback);
  }

  /** By the Runtime API, which reads no more; or by the function, as `pipeline` does when its source fails. */
  _destroy(error, callback) {
    if (!this._ended) {
      this.failure = error || named("Runtime.TruncatedResponse", "the response stream was destroyed before its end");
      if (this._upload !== null) this._end(this._upload, this._trailers || new Fault(this.failure).trailers, () => {});
    }
    callback(error);
  }

  _end(upload, trailers, done) {
    this._ended = true;
    upload.end(trailers, done);
  }

  _request() {
    if (this._upload === null) this._upload = this._beginRequest(this._contentType);
    return this._upload;
  }

  _withPrelude(chunk) {
    if (this._prelude === null) return chunk;
    const prelude = this._prelude;
    this._prelude = null;
    return Buffer.concat([Buffer.from(prelude), DELIMITER, chunk]);
  }

  /** End with the error as trailers; what was written before still goes out. */
  _fail(fault) {
    this._trailers = fault.trailers;
    this.end();
  }
}

/** Makes a stream the response of an HTTP integration: status, headers and cookies before the body. */
class HttpResponseStream {
  static from(stream, prelude) {
    stream.setContentType(INTEGRATION);
    stream._prelude = JSON.stringify(prelude);
    return stream;
  }
}

/** Call a streaming handler; the answer to its response, or to the report of its failure. */
async function serve(loop, api, invocation, prepare) {
  let stream = null;
  let told = false; // a failure, to the log
  let broken; // is called with the answer, or when the Runtime API ends the request early
  const answered = new Promise((resolve) => (broken = resolve));
  const begin = (contentType) => {
    invocation.answered = true;
    const upload = api.stream(invocation, contentType);
    upload.answer.then(broken, (error) => broken(error) || stream.destroy(error));
    return upload;
  };
  /** A failure: within the response where it has begun, else instead of it. */
  const fail = async (error) => {
    if (stream === null || stream._upload === null) return loop.fail(api, invocation, error);
    const fault = new Fault(error);
    logs.fault(fault, "Invoke Error");
    told = true;
    if (!stream.writableEnded && !stream.destroyed) stream._fail(fault);
    return answered;
  };
  invocation.stream = { fail };
  try {
    const [event, context] = prepare();
    stream = new ResponseStream(begin, loop.function.highWaterMark);
    await Promise.race([handled(loop.function, event, stream, context), answered]);
  } catch (error) {
    return outcome(await fail(error));
  }
  const answer = await answered;
  const failed = stream.failure !== null && !(answer instanceof Error);
  if (failed && !told) logs.fault(new Fault(stream.failure), "Invoke Error");
  return outcome(answer);
}

/** Until the handler is done and its stream has ended, well or not. */
function handled(target, event, stream, context) {
  return handler.untilDry(
    (resolve, reject) => {
      const returned = target.call(event, stream, context);
      const finished = () => {
        if (stream.failure !== null) return reject(stream.failure);
        if (stream.writableFinished) return resolve();
        stream.once("finish", resolve).once("close", () => reject(stream.failure));
      };
      if (!handler.isPromise(returned)) return finished();
      returned.then((value) => {
        if (value !== undefined) logs.say("Streaming handlers ignore return values.");
        finished();
      }, reject);
    },
    (resolve, reject) => reject(handler.neverSettled("the response stream", "ended", "end"))
  );
}

function outcome(answer) {
  if (!(answer instanceof Error)) return answer;
  logs.say(`the Runtime API broke the stream off: ${answer.message}`);
  return ACCEPTED;
}

module.exports = { HttpResponseStream, serve };
