"use strict";
// An answer of HTTP/1.1, put together from bytes as they come. No I/O.

const HEAD_LIMIT = 1024 * 1024; // a client context of 3,583 bytes is the longest header in use

/** A header as a head is searched for it, by its name in lower case: made once, not for each answer. */
const field = (name) => `\r\n${name}:`;
const CONNECTION = field("connection");
const TRANSFER_ENCODING = field("transfer-encoding");
const CONTENT_LENGTH = field("content-length");

/** The first line and the headers of an answer, looked up in its text. Values are as they came, a character a byte. */
class Head {
  constructor(text) {
    const first = text.slice(0, 13);
    if (!/^HTTP\/1\.\d \d\d\d(\s|$)/.test(first)) {
      throw new Error(`the answer is not HTTP/1.1: ${JSON.stringify(text.slice(0, 100))}`);
    }
    this._text = text;
    this._lower = text.toLowerCase();
    this.status = Number(first.slice(9, 12));
    this.closing = this.list(CONNECTION, first[7] === "0" ? "close" : "").includes("close");
  }

  /** The value of a header. */
  get(wanted) {
    const at = this._lower.indexOf(wanted);
    if (at < 0) return undefined;
    const from = at + wanted.length;
    const end = this._text.indexOf("\r\n", from);
    return this._text.slice(from, end < 0 ? this._text.length : end).trim();
  }

  /** The value of a header whose letters' case does not matter. */
  list(wanted, other) {
    const value = this.get(wanted);
    return value === undefined ? other : value.toLowerCase();
  }
}

/** What an answer says. */
class Answer {
  constructor(head, body, reusable) {
    this.status = head.status;
    this.head = head;
    this.body = body;
    this.reusable = reusable;
  }

  /** The values of headers in that order, undefined where one is absent or empty. */
  headers(wanted) {
    const values = [];
    for (const one of wanted) values.push(this.head.get(one) || undefined);
    return values;
  }
}

/** One answer after the other: `begin`, then `feed` until it says true, then `answer`. */
class AnswerParser {
  constructor() {
    this._head = null;
    this._acceptedText = ""; // the last head of an answer to a result, and what it says
    this._acceptedHead = null;
    this._expected = "size"; // which line of a chunked body comes next
    this.begin();
  }

  begin() {
    this.begun = false; // whether a byte has come
    this._begun = null; // text of a head that came in parts
    this._status = 0;
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
    if (this._begun !== null || at < 0 || at > count - 4) return this._feedHeadInParts(space.latin1Slice(0, count));
    this._parseHead(space.latin1Slice(0, at));
    at += 4;
    return this._status < 200 ? this._next(space, at, count) : this._read(space, at, count);
  }

  _feedHeadInParts(text) {
    this._begun = this._begun === null ? text : this._begun + text;
    const at = this._begun.indexOf("\r\n\r\n");
    if (at < 0) {
      if (this._begun.length > HEAD_LIMIT) throw new Error(`the head of the answer is longer than ${HEAD_LIMIT} bytes`);
      return false;
    }
    const rest = Buffer.from(this._begun.slice(at + 4), "latin1");
    const head = this._begun.slice(0, at);
    this._begun = null;
    this._parseHead(head);
    return this._status < 200 ? this._next(rest, 0, rest.length) : this._read(rest, 0, rest.length);
  }

  /** After an interim answer such as 100 the real one comes. */
  _next(space, at, count) {
    this._read = null;
    return at < count && this.feed(space.subarray(at), count - at);
  }

  /** Answers to results are mostly the same, letter by letter, so the last one's head is kept. */
  _parseHead(text) {
    const head = text === this._acceptedText ? this._acceptedHead : new Head(text);
    if (head.status === 202) {
      this._acceptedText = text;
      this._acceptedHead = head;
    }
    this._head = head;
    this._status = head.status;
    this._closing = head.closing;
    this._chooseBody(head);
  }

  _chooseBody(head) {
    if (head.list(TRANSFER_ENCODING, "").includes("chunked")) {
      this._read = readChunked;
      this._parts = [];
    } else if (this._status === 204 || this._status === 304) {
      this._read = readShort;
    } else if (head.get(CONTENT_LENGTH) !== undefined) {
      this._left = length(head.get(CONTENT_LENGTH), 10);
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
    const answer = new Answer(this._head, body, !this._closing);
    this._body = "";
    this._parts = this._read = null;
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

function length(text, base) {
  const digits = base === 16 ? /^[0-9a-f]+$/i : /^[0-9]+$/;
  if (!digits.test(text)) throw new Error(`the answer is not HTTP: ${JSON.stringify(text.slice(0, 100))} is no length`);
  return parseInt(text, base);
}

module.exports = { AnswerParser, field };
