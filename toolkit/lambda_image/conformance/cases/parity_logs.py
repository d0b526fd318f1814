"""LOG: what the language's standard logger writes: text, JSON, frames."""

from __future__ import annotations

import json
import re
import struct
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import expect, expect_equal, violated
from lambda_image.conformance.lab import Lab
from lambda_image.conformance.running import LOG_SECONDS, Running

FORMAT, LEVEL = "AWS_LAMBDA_LOG_FORMAT", "AWS_LAMBDA_LOG_LEVEL"
TELEMETRY = "_LAMBDA_TELEMETRY_LOG_FD"
JSON_FORMAT: dict[str, str | None] = {FORMAT: "JSON"}
# The lowest level, so that nothing is left out; runtimes without TRACE take their lowest.
ALL_JSON: dict[str, str | None] = {FORMAT: "JSON", LEVEL: "TRACE"}
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)")


def _line_with(running: Running, words: str, *, sent: str, expected: str) -> str:
    """The whole line of the log that holds these words."""

    def found(text: str) -> bool:
        return any(words in line for line in text.split("\n")[:-1])

    if not running.logs(found):
        violated(sent=sent, expected=expected, got=f"the log: {running.box.log.tail(5) or 'empty'}")
    return next(line for line in running.box.log.text.split("\n") if words in line)


def record_with(running: Running, words: str, *, sent: str) -> dict[str, object]:
    """The JSON record that holds these words; a violation where its line is no JSON object."""
    line = _line_with(running, words, sent=sent, expected="a line of JSON with that message in the log")
    try:
        value = json.loads(line)
    except ValueError as error:
        violated(sent=sent, expected="one line of valid JSON a record", got=f"{line} ({error})")
    if not isinstance(value, dict):
        violated(sent=sent, expected="a JSON object", got=line)
    return value


def _logged(running: Running, level: str) -> tuple[str, str]:
    """Logs a message of its own at a level: the message, and the id of the event."""
    message = f"message {uuid.uuid4()}"
    call = running.queue({"records": [{"level": level, "message": message}]})
    _ = call.reply().value
    return message, call.event.request_id


@case("LOG-005", handlers=("log",))
def text_records_have_level_time_and_request_id(lab: Lab) -> None:
    """An error through the standard logger in text format; local time is Tokyo's."""
    with lab.fresh("log", environment={FORMAT: "Text", "TZ": "Asia/Tokyo"}) as running:
        message, request_id = _logged(running, "error")
        sent = f"an error logged with {FORMAT}=Text and TZ=Asia/Tokyo"
        line = _line_with(running, message, sent=sent, expected="a line with that message in the log")
        names = lab.handlers.facts.logger.names("error")
        expect(
            any(name in line.upper() for name in names),
            sent=sent,
            expected=f"the level ({' or '.join(sorted(names))}) in the line",
            got=line,
        )
        expect(request_id in line, sent=sent, expected=f"the request id {request_id} in the line", got=line)
        moment = MOMENT.search(line)
        expect(moment, sent=sent, expected="the time in the line, as in 2026-12-01T12:00:00", got=line)
        if moment is not None:
            _is_now(f"{moment[1]}T{moment[2]}+00:00", sent=sent, shown=line)


def _is_now(text: str, *, sent: str, shown: object) -> None:
    """Whether a moment in UTC is that of a record just written; records may give whole seconds only."""
    apart = time.time() - datetime.fromisoformat(text).timestamp()
    expect(-2 <= apart <= LOG_SECONDS + 2, sent=sent, expected="the time of now, in UTC", got=shown)


@case("LOG-006", handlers=("log", "log-exception"), seconds=2)
def json_records_are_one_line_of_json(lab: Lab) -> None:
    """Messages with quotes, line ends and Unicode, and an exception; the format is given as JSON, then as json."""
    mark = str(uuid.uuid4())
    message = f'{mark} "quoted" \\ back\nsecond line\r\n\ttab é漢😀\u2028 end'
    for given in ("JSON", "json"):
        with lab.shared("log", environment={**ALL_JSON, FORMAT: given}) as running:
            running.call({"records": [{"level": "error", "message": message}]})
            sent = f"the message {message!r} logged with {FORMAT}={given}"
            expect_equal(record_with(running, mark, sent=sent).get("message"), message, sent=sent, what="message")
    with lab.shared("log-exception", environment=ALL_JSON) as running:
        mark = str(uuid.uuid4())
        running.call({"message": f"{mark}\nsecond line"})
        record_with(running, mark, sent=f"an exception logged with {FORMAT}=JSON")


@case("LOG-007", handlers=("log",))
def json_records_have_time_level_message_and_request_id(lab: Lab) -> None:
    """Records of the levels debug, info, warn, error and fatal, in JSON."""
    logger = lab.handlers.facts.logger
    with lab.shared("log", environment=ALL_JSON) as running:
        for level in ("debug", "info", "warn", "error", "fatal"):
            message, request_id = _logged(running, level)
            sent = f"a record of the level {level} logged with {FORMAT}=JSON"
            record = record_with(running, message, sent=sent)
            stamp = str(record.get("timestamp"))
            expect(
                RFC_3339.fullmatch(stamp),
                sent=sent,
                expected="timestamp: a time of RFC 3339 in UTC, as in 2026-12-01T12:00:00Z",
                got=record,
            )
            _is_now(stamp.replace("Z", "+00:00"), sent=sent, shown=record)
            names = logger.names(level)
            expect(
                str(record.get("level")).upper() in names,
                sent=sent,
                expected=f"level: {' or '.join(sorted(names))}",
                got=record,
            )
            expect_equal(record.get("message"), message, sent=sent, what="message")
            expect_equal(record.get(logger.request_id), request_id, sent=sent, what=logger.request_id)


@case("LOG-008", handlers=("log-exception",))
def a_logged_exception_is_told_in_full(lab: Lab) -> None:
    """An exception of the class HandlerError, logged in JSON."""
    message = f"message {uuid.uuid4()}"
    with lab.shared("log-exception", environment=ALL_JSON) as running:
        running.call({"message": message})
        sent = f"an exception of the class HandlerError logged with {FORMAT}=JSON"
        record = record_with(running, message, sent=sent)
        kind = re.split(r"[.:$/+]+", str(record.get("errorType")))[-1]
        expect_equal(kind, "HandlerError", sent=sent, what="errorType")
        expect_equal(record.get("errorMessage"), message, sent=sent, what="errorMessage")
        stack = record.get("stackTrace")
        expect(isinstance(stack, list) and stack, sent=sent, expected="stackTrace: an array", got=record)


@case("LOG-009", handlers=("log",), seconds=2)
def the_level_is_the_least_that_is_written(lab: Lab) -> None:
    """AWS_LAMBDA_LOG_LEVEL is ERROR, then debug, then TRACE; records of debug, info and error are logged."""
    for given, written in (
        ("ERROR", ("error",)),
        ("debug", ("debug", "info", "error")),
        ("TRACE", ("debug", "info", "error")),
    ):
        sent = f"records of the levels debug, info and error logged with {LEVEL}={given} and {FORMAT}=JSON"
        with lab.shared("log", environment={**JSON_FORMAT, LEVEL: given}) as running:
            mark = str(uuid.uuid4())
            levels = ("debug", "info", "error")
            running.call({"records": [{"level": one, "message": f"{one} {mark}"} for one in levels]})
            # The error is the last, but each output of a container comes on its own.
            _line_with(running, f"error {mark}", sent=sent, expected="the error in the log")
            running.logs(partial(_holds_all, [f"{one} {mark}" for one in written]))
            for level in levels:
                there = f"{level} {mark}" in running.box.log.text
                expect(
                    there == (level in written),
                    sent=sent,
                    expected=f"the record of {level} is {'' if level in written else 'not '}written",
                    got=f"it is {'' if there else 'not '}there",
                )


def _holds_all(words: list[str], log: str) -> bool:
    return all(one in log for one in words)


@dataclass(frozen=True)
class Frame:
    """One frame of the telemetry descriptor."""

    kind: int
    microseconds: int
    message: str


_HEAD = struct.Struct(">IIQ")
_MAGIC = b"\xa5\x5a\x00"


def _frames(data: bytes, *, sent: str) -> Iterator[Frame]:
    """The frames in what came, from the first that looks like one; what does not fit is a violation."""
    at = data.find(_MAGIC)
    expected = "frames: type, length, microseconds since 1970, message, big-endian"
    if at < 0:
        violated(sent=sent, expected=expected, got=f"no frame: {data[:64].hex(' ') or 'nothing'}")
    while at < len(data):
        if len(data) - at < _HEAD.size or not data[at:].startswith(_MAGIC):
            violated(sent=sent, expected=expected, got=f"after byte {at:,}: {data[at : at + 32].hex(' ')}")
        kind, length, microseconds = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if at + length > len(data):
            violated(sent=sent, expected=expected, got=f"a length of {length:,}, and {len(data) - at:,} bytes after it")
        yield Frame(kind, microseconds, data[at : at + length].decode("utf-8", "replace"))
        at += length


def _frame_with(running: Running, words: str, *, sent: str) -> Frame:
    """The frame whose message holds these words."""
    running.logs(lambda _: words.encode() in running.box.log.data("stderr"))
    # A frame may come in parts: its end is out before the result is posted, but the engine brings it later.
    deadline = time.monotonic() + 1.0
    while True:
        try:
            for frame in _frames(running.box.log.data("stderr"), sent=sent):
                if words in frame.message:
                    return frame
            violated(sent=sent, expected="a frame with that message", got=running.box.log.tail(5) or "nothing")
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@case("LOG-010", handlers=("log",))
def records_go_to_the_telemetry_descriptor_as_frames(lab: Lab) -> None:
    """A descriptor is given in _LAMBDA_TELEMETRY_LOG_FD; records of two levels, one of them beyond ASCII."""
    with lab.shared("log", environment=ALL_JSON, telemetry=63) as running:
        for level, more in (("info", ""), ("error", " é漢😀\nsecond line")):
            message = f"message {uuid.uuid4()}{more}"
            running.call({"records": [{"level": level, "message": message}]})
            sent = f"the message {message!r} logged with {TELEMETRY}=63, a pipe, and {FORMAT}=JSON"
            frame = _frame_with(running, message[:44], sent=sent)
            apart = time.time() - frame.microseconds / 1e6
            expect(
                -2 <= apart <= LOG_SECONDS + 2,
                sent=sent,
                expected="the microseconds of now",
                got=f"{frame.microseconds}, {apart:.0f} s ago",
            )
            try:
                value = json.loads(frame.message)
            except ValueError:
                violated(sent=sent, expected="a record of JSON in the frame", got=frame.message)
            expect_equal(value.get("message"), message, sent=sent, what="message")
            expect(
                message[:44].encode() not in running.box.log.data("stdout"),
                sent=sent,
                expected="nothing of it on standard output",
                got=running.box.log.data("stdout")[-300:],
            )


@case("LOG-010", handlers=("log",))
def a_telemetry_descriptor_that_is_none_is_passed_over(lab: Lab) -> None:
    """_LAMBDA_TELEMETRY_LOG_FD names 99, which is not open."""
    sent = f"{TELEMETRY}=99, which is no open descriptor"
    with lab.fresh("log", ready=False, environment={TELEMETRY: "99"}) as running:
        running.wait_ready(sent=sent)
        message, _ = _logged(running, "error")
        expect(
            running.logs(lambda text: message in text),
            sent=f"{sent}; an error is logged",
            expected="the record on standard output",
            got=running.box.log.tail(5) or "nothing",
        )


@case("LOG-011", handlers=("log",), seconds=2)
def frames_are_typed_by_format_and_level(lab: Lab) -> None:
    """Records of debug, info, warn, error and fatal as frames, in JSON and in text; the types are read."""
    numbers = {"debug": 2, "info": 3, "warn": 4, "error": 5, "fatal": 6}
    for given, base in (("JSON", 0xA55A0002), ("Text", 0xA55A0003)):
        # Without a level a client may not know that levels are wanted in text.
        environment = ALL_JSON if given == "JSON" else {FORMAT: given, LEVEL: "DEBUG"}
        with lab.shared("log", environment=environment, telemetry=63) as running:
            for level, number in numbers.items():
                message, _ = _logged(running, level)
                sent = f"a record of the level {level} logged as a frame with {FORMAT}={given}"
                frame = _frame_with(running, message, sent=sent)
                expect(
                    frame.kind == base + 4 * number,
                    sent=sent,
                    expected=f"the frame type {base + 4 * number:08X}",
                    got=f"{frame.kind:08X}",
                )
