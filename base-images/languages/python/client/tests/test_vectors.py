"""The client agrees with the vectors that all languages share."""

import collections
import json
import unittest
from unittest import mock

from lambda_image_client import concurrency, errors, logs, payload, runtime_api
from lambda_image_client.context import Invocation
from lambda_image_client.runtime_api import Answer, ApiError, RuntimeApi

from .support import Wire, vectors

ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


def invocation(request_id, invocation_id=None):
    headers = {"lambda-runtime-aws-request-id": request_id}
    if invocation_id is not None:
        headers["lambda-runtime-invocation-id"] = invocation_id
    return Invocation(Answer(200, headers, b""))


class LongTexts(unittest.TestCase):
    def test_they_are_read_as_any_other(self):
        """However long, wherever, and whatever is in them; what is no JSON is none."""
        for letters in ("x", "é漢😀", "\\n", "\\ud83d\\ude00", '\\"', "'"):
            text = letters * 70_000
            for document in ('"%s"', ' {"a": ["%s", 1], "%s": {"b": "%s"}} ', '["x", "%s"]', '{"%s": 1, "%s": 2}'):
                data = document.replace("%s", text).encode()
                self.assertEqual(payload.loads(data), json.loads(data))
        deep = "[" * 800 + '"%s"' % ("x" * 70_000) + "]" * 800
        self.assertEqual(payload.loads(deep.encode()), json.loads(deep))
        for letters in ("\n", "\0", "\t", '"', "\\", "\\x"):
            for document in ('"%s"', '{"a": "%s"}', '"%s'):
                data = document.replace("%s", "x" * 70_000 + letters + "y" * 70_000).encode()
                with self.assertRaises(ValueError):
                    payload.loads(data)


class Line(collections.namedtuple("Line", "item count")):
    """As a function has it."""


class Row:
    """As a database's library has it."""

    def _asdict(self):
        return {"id": b"\xc3\xa9", "line": Line("tea", 2)}


class ValuesOfAwsClient(unittest.TestCase):
    """What AWS's client gives a form that `json` does not know."""

    def test_named_tuples_are_objects_wherever_they_are(self):
        line, tea = Line("tea", (1, 2)), b'{"item":"tea","count":[1,2]}'
        for value, expected in (
            (line, tea),
            ([line], b"[%s]" % tea),
            ({"a": [(line, 1)], "b": ()}, b'{"a":[[%s,1]],"b":[]}' % tea),
            (Line(line, None), b'{"item":%s,"count":null}' % tea),
            ((1, [2]), b"[1,[2]]"),
        ):
            self.assertEqual(payload.dumps(value), expected)

    def test_bytes_within_a_result_are_text(self):
        self.assertEqual(payload.dumps({"body": b"\xc3\xa9"}), '{"body":"é"}'.encode())
        self.assertEqual(payload.dumps([Row()]), '[{"id":"é","line":{"item":"tea","count":2}}]'.encode())
        with self.assertRaises(ValueError):
            payload.dumps({"body": b"\xff"})

    def test_a_circle_is_told_at_once(self):
        circle = [Line("tea", 1)]
        circle.append({"again": circle})
        with self.assertRaises(ValueError):
            payload.dumps(circle)


class Vectors(unittest.TestCase):
    def test_answers(self):
        """However an answer is cut, the same comes out of it."""
        for row in vectors("answers"):
            data = row["bytes"].encode("latin-1")
            for piece in (1, 7, 65536):
                with self.subTest(row["name"], piece=piece), Wire([data], piece=piece) as wire:
                    api = RuntimeApi(wire.address)
                    if row.get("error"):
                        self.assertRaises(ApiError, api.next)
                        continue
                    answer = api.next()
                    self.assertEqual(answer.status, row["status"])
                    self.assertEqual(bytes(answer.body), row["body"].encode("latin-1"))
                    self.assertEqual({name: answer.headers.get(name) for name in row["headers"]}, row["headers"])
                    if piece == 65536:
                        self.assertEqual(api._socket is not None, row["reusable"])
                    api.close()

    def test_requests(self):
        for row in vectors("requests"):
            with self.subTest(row["bytes"]), Wire([ACCEPTED]) as wire:
                api = RuntimeApi(wire.address)
                self.call(api, row)
                api.close()
                expected = row["bytes"].replace("{host}", wire.address).replace("{agent}", runtime_api.USER_AGENT)
                self.assertEqual(wire.requests[0].decode(), expected)

    def call(self, api, row):
        one = invocation(row.get("request_id", "-"), row.get("invocation_id"))
        body = row.get("body", "").encode()
        report = (body, row.get("type"), row.get("cause", ""))
        if row["call"] == "stream":
            fault = row.get("trailers")
            pieces = [piece.encode() for piece in row["pieces"]]
            return api.stream(one, row["content_type"], pieces, lambda: trailers_of(fault))
        return {
            "next": api.next,
            "restore-next": api.restore_next,
            "response": lambda: api.response(one, body),
            "error": lambda: api.error(one, *report),
            "init-error": lambda: api.init_error(*report),
            "restore-error": lambda: api.restore_error(*report),
        }[row["call"]]()

    def test_texts(self):
        for row in vectors("texts"):
            self.assertEqual(payload.dumps(row["text"]), row["body"].encode())
            self.assertEqual(payload.loads(row["body"].encode()), row["text"])

    def test_long_texts(self):
        """What is made faster for long texts changes nothing of them."""
        for row in vectors("texts"):
            for text in (row["text"] * 70_000, row["text"] + "x" * 70_000, "x" * 70_000 + row["text"]):
                expected = json.dumps({"body": text}, ensure_ascii=False, separators=(",", ":")).encode()
                self.assertEqual(payload.dumps({"body": text}), expected)

    def test_types(self):
        for row in vectors("types"):
            name = row["type"]
            kind = name if name.startswith("Runtime.") else None
            fault = errors.Fault(type(name, (Exception,), {})("m"), kind)
            self.assertEqual(fault.header, row["header"])

    def test_ids(self):
        for row in vectors("ids"):
            one = invocation(*[_as_read(row[name]) for name in ("request_id", "invocation_id")])
            self.assertEqual(one.path_id, row["path"])
            header = "Lambda-Runtime-Invocation-Id: %s\r\n" % _as_read(row["header"]) if row["header"] else ""
            self.assertEqual(one.own_headers, header)

    def test_concurrency(self):
        for row in vectors("concurrency"):
            self.assertEqual(concurrency.workers_of(row["text"]), row["workers"], row["text"])

    def test_frames(self):
        levels = {name: number for number, name in logs.NAMES.items()}
        levels.update({"WARN": logs.WARNING, "FATAL": logs.CRITICAL})
        for row in vectors("frames"):
            settings = {"_frames": 9, "as_json": row["format"] == "JSON", "write_all": mock.DEFAULT}
            with mock.patch.multiple(logs, **settings, time_ns=lambda now=row["microseconds"]: now * 1000) as patched:
                logs.write(row["message"], levels[row["level"]])
            patched["write_all"].assert_called_once_with(9, bytes.fromhex(row["frame"]))


def trailers_of(given):
    if given is None:
        return ()
    from base64 import b64encode

    return (
        ("Lambda-Runtime-Function-Error-Type", given["type"]),
        ("Lambda-Runtime-Function-Error-Body", b64encode(given["body"].encode()).decode()),
    )


def _as_read(value):
    """Latin-1 stands for bytes: as the client decodes them."""
    return None if value is None else value.encode("latin-1").decode("utf-8", "surrogateescape")
