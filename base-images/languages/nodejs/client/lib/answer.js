"use strict";
// An answer of HTTP/1.1, put together from bytes as they come. No I/O.

const HEAD_LIMIT = 1024 * 1024; // a client context of 3,583 bytes is the longest header in use

/** What an answer says. Header names are in lower case; values are as they came, a character a byte. */
class Answer {
  constructor(status, headers, body, reusable) {
    this.status = status;
    this.headers = headers;
    this.body = body;
    this.reusable = reusable;
  }
}

/** One answer after the other: `begin`, then `feed` until it says true, then `answer`. */
class AnswerParser {
  begin() {
    this.begun = false; // whether a byte has come
    this._head = null; // text of a head that came in parts
    this._status = 0;
    this._headers = null;
    this._read = null; // how the body's bytes are taken
    this._body = ""; // text, or a buffer that is being filled
    this._filled = 0;
    this._left = 0;
    this._parts = null;
    this._line = "";
    this._closing = false;
  }

  /** Where the next bytes should go, where that is known: a long body is read into its own place. */
  space() {
    return this._read === readLong ? this._body.subarray(this._filled) : null;
  }

  /** Take bytes; true when the answer is whole. The buffer is the caller's again afterwards. */
  feed(space, count) {
    this.begun = true;
    if (this._read !== null) return this._read(space, 0, count);
    let at = space.indexOf("\r\n\r\n");
    if (this._head !== null || at < 0 || at > count - 4) return this._feedHeadInParts(space.latin1Slice(0, count));
    this._parseHead(space.latin1Slice(0, at));
    at += 4;
    return this._status < 200 ? this._next(space, at, count) : this._read(space, at, count);
  }

  _feedHeadInParts(text) {
    this._head = this._head === null ? text : this._head + text;
    const at = this._head.indexOf("\r\n\r\n");
    if (at < 0) {
      if (this._head.length > HEAD_LIMIT) throw new Error(`the head of the answer is longer than ${HEAD_LIMIT} bytes`);
      return false;
    }
    const rest = Buffer.from(this._head.slice(at + 4), "latin1");
    const head = this._head.slice(0, at);
    this._head = null;
    this._parseHead(head);
    return this._status < 200 ? this._next(rest, 0, rest.length) : this._read(rest, 0, rest.length);
  }

  /** After an interim answer such as 100 the real one comes. */
  _next(space, at, count) {
    this._read = null;
    return at < count && this.feed(space.subarray(at), count - at);
  }

  _parseHead(text) {
    const lines = text.split("\r\n");
    const first = lines[0];
    if (!first.startsWith("HTTP/1.") || !/^\d\d\d$/.test(first.slice(9, 12))) {
      throw new Error(`the answer is not HTTP/1.1: ${JSON.stringify(first.slice(0, 100))}`);
    }
    const headers = Object.create(null);
    for (let number = 1; number < lines.length; number++) {
      const line = lines[number];
      const colon = line.indexOf(":");
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    this._status = Number(first.slice(9, 12));
    this._headers = headers;
    const connection = (headers.connection || "").toLowerCase();
    this._closing = first.startsWith("HTTP/1.1") ? connection.includes("close") : !connection.includes("keep-alive");
    this._chooseBody(headers);
  }

  _chooseBody(headers) {
    if ((headers["transfer-encoding"] || "").toLowerCase().includes("chunked")) {
      this._read = readChunked;
      this._parts = [];
    } else if (this._status === 204 || this._status === 304) {
      this._read = readShort;
    } else if (headers["content-length"] !== undefined) {
      this._left = length(headers["content-length"], 10);
      this._read = readShort;
    } else {
      this._read = readToEnd;
      this._parts = [];
      this._closing = true;
    }
  }

  /** The connection has ended: the answer where that is its end, else null. */
  ended() {
    return this._read === readToEnd ? this.answer() : null;
  }

  answer() {
    let body = this._body;
    if (this._parts !== null) body = Buffer.concat(this._parts).toString("utf8");
    else if (typeof body !== "string") body = body.utf8Slice(0, body.length);
    const answer = new Answer(this._status, this._headers, body, !this._closing);
    this._body = "";
    this._headers = this._parts = this._read = null;
    return answer;
  }
}

// -- ways to read a body; each takes bytes from `at` to `count` and says whether that was all ----------------

/** A body that is whole in the buffer; where it is not, it gets a place of its own. */
function readShort(space, at, count) {
  const have = count - at;
  if (have >= this._left) {
    if (have > this._left) this._closing = true; // bytes that nobody asked for: what comes next could not be trusted
    this._body = space.utf8Slice(at, at + this._left);
    return true;
  }
  this._body = Buffer.allocUnsafeSlow(this._left);
  this._filled = space.copy(this._body, 0, at, count);
  this._read = readLong;
  return false;
}

function readLong(space, at, count) {
  const have = Math.min(count - at, this._body.length - this._filled);
  if (space.buffer !== this._body.buffer) space.copy(this._body, this._filled, at, at + have);
  if (have < count - at) this._closing = true;
  this._filled += have;
  return this._filled === this._body.length;
}

function readToEnd(space, at, count) {
  this._parts.push(Buffer.from(space.subarray(at, count)));
  return false;
}

/** `_left` counts a chunk's bytes; without any, lines are read: sizes, ends of chunks, trailers (not for us). */
function readChunked(space, at, count) {
  while (at < count) {
    if (this._left > 0) {
      const end = Math.min(count, at + this._left);
      this._parts.push(Buffer.from(space.subarray(at, end)));
      this._left -= end - at;
      if (this._left === 0) this._expected = "end of chunk";
      at = end;
      continue;
    }
    const character = String.fromCharCode(space[at++]);
    if (character !== "\n") this._line += character;
    else if (this._chunkLine(this._line.replace(/\r$/, "")))
      return ((this._closing = this._closing || at < count), true);
  }
  return false;
}

AnswerParser.prototype._chunkLine = function (line) {
  this._line = "";
  if (this._expected === "end of chunk") {
    if (line !== "") throw new Error("the answer is not HTTP: a chunk is longer than it says");
    this._expected = "size";
  } else if (this._expected === "trailers") {
    if (line === "") this._expected = "size";
    return line === "";
  } else {
    this._left = length(line.split(";")[0].trim(), 16);
    if (this._left === 0) this._expected = "trailers";
  }
  return false;
};
AnswerParser.prototype._expected = "size";

function length(text, base) {
  const digits = base === 16 ? /^[0-9a-f]+$/i : /^[0-9]+$/;
  if (!digits.test(text)) throw new Error(`the answer is not HTTP: ${JSON.stringify(text.slice(0, 100))} is no length`);
  return parseInt(text, base);
}

module.exports = { AnswerParser };
