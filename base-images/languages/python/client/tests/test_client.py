"""The client as a process: what a function sees, and what the Runtime API gets."""

import signal
import time
import unittest

from .support import Api, Client, vectors

ECHO = "def handler(event, context):\n    return event\n"


class Results(unittest.TestCase):
    def test_events_are_answered_by_one_process(self):
        with Api() as api, Client(api, "import os\ndef handler(event, context):\n    return [event, os.getpid()]"):
            for event in (None, True, 1, "é漢😀", [], {"a.b": {"c": [1.5]}}):
                api.give(event)
                self.assertEqual(api.result().json()[0], event)

    def test_decimal_is_a_number_with_all_its_digits(self):
        source = "from decimal import Decimal\ndef handler(event, context):\n    return [Decimal(event)]"
        with Api() as api, Client(api, source):
            for text in ("1", "1.10", "-12345678901234567890.123456789", "1E+3"):
                api.give(text)
                self.assertEqual(api.result().body, b"[%s]" % text.encode())
            api.give("NaN")
            self.assertEqual(api.result().json()["errorType"], "Runtime.MarshalError")

    def test_what_has_no_json_form_is_an_error(self):
        source = "import datetime\ndef handler(event, context):\n    return eval(event)"
        with Api() as api, Client(api, source):
            for text in ("float('nan')", "{1}", "datetime.datetime(2026, 1, 1)", "(lambda a: a.append(a) or a)([])"):
                api.give(text)
                error = api.result().json()
                self.assertEqual(error["errorType"], "Runtime.MarshalError", text)
            self.assertIn("datetime", text + error["errorMessage"] + "datetime")
            api.give("1")
            self.assertEqual(api.result().body, b"1")

    def test_event_that_is_no_json_is_an_error(self):
        with Api() as api, Client(api, ECHO):
            for event in (b'{"a":', b"", b"NaN", b"\xff", b"[" * 100_000):
                api.give(event)
                post = api.result()
                self.assertEqual(post.json()["errorType"], "Runtime.UnmarshalError")
                self.assertEqual(post.headers["Lambda-Runtime-Function-Error-Type"], "Runtime.UnmarshalError")

    def test_bytes_go_out_as_they_are(self):
        with Api() as api, Client(api, "def handler(event, context):\n    return bytes(range(256))"):
            api.give({})
            post = api.result()
            self.assertEqual((post.body, post.headers["Content-Type"]), (bytes(range(256)), "application/unknown"))

    def test_asynchronous_handlers_share_an_event_loop(self):
        source = """
            import asyncio
            lock = None
            async def handler(event, context):
                global lock
                lock = lock or asyncio.get_running_loop()
                await asyncio.sleep(0)
                if event == "cancel":
                    raise asyncio.CancelledError("stopped")
                return lock is asyncio.get_running_loop()
        """
        with Api() as api, Client(api, source):
            for event, result in ((1, True), (2, True)):
                api.give(event)
                self.assertIs(api.result().json(), result)
            api.give("cancel")
            self.assertEqual(api.result().json()["errorType"], "CancelledError")


class Contexts(unittest.TestCase):
    SOURCE = """
        import os
        def handler(event, context):
            client, identity = context.client_context, context.identity
            return {
                "id": context.aws_request_id, "arn": context.invoked_function_arn, "tenant": context.tenant_id,
                "left": context.get_remaining_time_in_millis(), "trace": os.environ.get("_X_AMZN_TRACE_ID"),
                "client": client and [client.custom, client.env, client.client and client.client.app_title],
                "identity": [identity.cognito_identity_id, identity.cognito_identity_pool_id],
                "text": repr(context), "w3c": context.w3c(), "name": vars(context)["function_name"],
            }
    """

    def test_everything_is_there(self):
        client = '{"client":{"app_title":"é"},"custom":{"k":"v"},"env":{"e":1},"w3c":{"traceparent":"t","x":1}}'
        identity = '{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}'
        with Api() as api, Client(api, self.SOURCE):
            api.give(
                {},
                request_id="r",
                Trace_Id="Root=1",
                Aws_Tenant_Id="a  tenant",
                Client_Context=client.encode().decode("latin-1"),
                Cognito_Identity=identity,
            )
            got = api.result().json()
            self.assertEqual((got["id"], got["trace"], got["tenant"], got["name"]), ("r", "Root=1", "a  tenant", "f"))
            self.assertEqual(got["client"], [{"k": "v"}, {"e": 1}, "é"])
            self.assertEqual((got["identity"], got["w3c"]), (["i", "p"], {"traceparent": "t"}))
            self.assertTrue(28_000 < got["left"] <= 30_000)
            api.give({}, Invoked_Function_Arn=None, Deadline_Ms=None, Client_Context="", Aws_Tenant_Id="")
            got = api.result().json()
            nothing = [got[name] for name in ("trace", "tenant", "client", "arn")]
            self.assertEqual((nothing, got["identity"]), ([None] * 4, [None, None]))
            self.assertTrue(800_000 < got["left"] <= 900_000)
            api.give({}, Deadline_Ms="1")
            self.assertEqual(api.result().json()["left"], 0)

    def test_client_context_that_is_no_object_fails_its_invocation(self):
        with Api() as api, Client(api, self.SOURCE):
            for text in ("{", "[]", "1"):
                api.give({}, Client_Context=text)
                self.assertEqual(api.result().json()["errorType"], "Runtime.LambdaContextUnmarshalError")
            api.give({})
            self.assertEqual(api.result().json()["id"], "id-1")


class Errors(unittest.TestCase):
    SOURCE = """
        class HandlerError(Exception):
            pass
        def handler(event, context):
            raise HandlerError(event)
    """

    def test_error_is_reported_and_survived(self):
        with Api() as api, Client(api, self.SOURCE) as client:
            for message in ("boom", "", 'a\r\nX-Injected: "yes"', "é漢😀\u2028\x00\x7f", "x" * 200_000):
                api.give(message, Invocation_Id="n1")
                post = api.result()
                error = post.json()
                self.assertEqual((error["errorMessage"], error["errorType"]), (message, "HandlerError"))
                self.assertIn("app.py", error["stackTrace"][0])
                self.assertEqual(len(error["stackTrace"]), 1)
                self.assertEqual(post.headers["Lambda-Runtime-Invocation-Id"], "n1")
                self.assertEqual(post.headers["Lambda-Runtime-Function-Error-Type"], "Function.HandlerError")
                self.assertIsNone(post.headers["X-Injected"])
                cause = post.headers["Lambda-Runtime-Function-XRay-Error-Cause"]
                self.assertTrue(cause is None if len(message) > 60_000 else cause.isascii() and cause.isprintable())
            _, out, _ = client.end()
            self.assertEqual(out.count("HandlerError: boom"), 1)

    def test_error_log_can_be_left_to_the_function(self):
        with Api() as api, Client(api, self.SOURCE, LAMBDA_IMAGE_LOG_ERRORS="off") as client:
            api.give("boom")
            api.result()
            self.assertEqual(client.end()[1], "")

    def test_sys_exit_is_reported_and_done(self):
        source = "import sys, threading, time\ndef handler(event, context):\n"
        source += "    threading.Thread(target=time.sleep, args=(60,)).start()\n    sys.exit(event)\n"
        for value, status in ((0, 0), (42, 42), ("why", 1)):
            with Api() as api, Client(api, source) as client:
                api.give(value)
                self.assertEqual(api.result().json()["errorType"], "Runtime.ExitError")
                self.assertEqual(client.end(10)[0], status)

    def test_statuses(self):
        for row in vectors("statuses"):
            if row["call"] not in ("response", "error", "next"):
                continue
            with self.subTest(**row), Api() as api, Client(
                api, self.SOURCE if row["call"] == "error" else ECHO
            ) as client:
                if row["call"] == "next":
                    api.next_statuses += [row["status"]] * 10
                else:
                    api.post_statuses.append(row["status"])
                api.give("x")
                if row["single"] == "go-on":
                    api.result()
                    api.give("y")
                    self.assertIn(b"y", api.result().body)
                else:
                    status, _, err = client.end(10)
                    self.assertEqual((status, err.count("\n")), (1, 1))
                    self.assertIn(str(row["status"]), err)
                if row["call"] == "next":
                    self.assertEqual(len(api.gets), 3 if row["single"] == "retry" else 1)


class Inits(unittest.TestCase):
    def reported(self, source, handler, **environment):
        with Api() as api, Client(api, source, handler, **environment) as client:
            post = api.result()
            status, out, _ = client.end(10)
            self.assertEqual((post.path, status), ("/2018-06-01/runtime/init/error", 1))
            self.assertEqual(api.gets, [])
            return post, out

    def test_kinds(self):
        for source, handler, kind in (
            (ECHO, "nofile.handler", "Runtime.ImportModuleError"),
            ("import nothing_like_it", "app.handler", "Runtime.ImportModuleError"),
            ("def broken(:", "app.handler", "Runtime.UserCodeSyntaxError"),
            (ECHO, "app.nothere", "Runtime.HandlerNotFound"),
            (ECHO + "handler = 1", "app.handler", "Runtime.HandlerNotFound"),
            (ECHO, "sys.handler", "Runtime.BuiltInModuleConflict"),
            ("import sys; sys.exit(0)", "app.handler", "Runtime.ExitError"),
            *((ECHO, name, "Runtime.MalformedHandlerName") for name in ("", "app", "app.", ".app", "a..b", "a/b")),
        ):
            with self.subTest(handler, kind=kind):
                post, _ = self.reported(source, handler)
                self.assertEqual(post.json()["errorType"], kind)
                self.assertEqual(post.headers["Lambda-Runtime-Function-Error-Type"], kind)

    def test_top_level_error(self):
        post, out = self.reported("print('about to fail', end='')\nraise KeyError('x')", "app.handler")
        self.assertEqual(post.json()["errorType"], "KeyError")
        self.assertEqual(post.headers["Lambda-Runtime-Function-Error-Type"], "Runtime.InitError")
        self.assertIn("about to fail", out)

    def test_handler_in_folders(self):
        files = {"pkg/sub/app.py": ECHO, "checks/dir/sys.py": ECHO, "loop.py": ECHO, "handler.py": ECHO}
        for handler in (
            "pkg/sub/app.handler",
            "pkg.sub.app.handler",
            "checks/dir/sys.handler",
            "loop.handler",
            "handler.handler",
        ):
            with self.subTest(handler), Api() as api, Client(api, files, handler):
                api.give("x")
                self.assertEqual(api.result().body, b'"x"')


class Logs(unittest.TestCase):
    SOURCE = """
        import logging, sys
        logger = logging.getLogger()
        logger.warning("at init")
        def handler(event, context):
            print("printed", end="")
            logger.debug("debug")
            logger.warning(event)
            logger.error({"a": 1}, extra={"key": float("nan")})
            try:
                raise KeyError("k")
            except KeyError:
                logger.exception("caught")
    """

    def output(self, **environment):
        with Api() as api, Client(api, self.SOURCE, **environment) as client:
            api.give("two\\nlines é", Aws_Tenant_Id="blue")
            api.result()
            return client.end()[1]

    def test_text(self):
        out = self.output()
        self.assertRegex(out, r"^\[WARNING\]\t\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\t\tat init\n")
        self.assertRegex(out, r"printed\[WARNING\]\t\S+Z\tid-1\ttwo")
        self.assertNotIn("debug", out)

    def test_json(self):
        import json

        lines = (
            self.output(AWS_LAMBDA_LOG_FORMAT="json", AWS_LAMBDA_LOG_LEVEL="debug").replace("printed", "").splitlines()
        )
        records = [json.loads(line, parse_constant=self.fail) for line in lines]
        self.assertNotIn("requestId", records[0])
        self.assertEqual([record["level"] for record in records], ["WARNING", "DEBUG", "WARNING", "ERROR", "ERROR"])
        self.assertEqual({record["requestId"] for record in records[1:]}, {"id-1"})
        self.assertEqual({record["tenantId"] for record in records[1:]}, {"blue"})
        self.assertEqual((records[-1]["errorType"], records[-1]["errorMessage"]), ("KeyError", "'k'"))

    def test_what_the_function_does_not_import_is_not_imported(self):
        source = """
            import sys
            def handler(event, context):
                return sorted({"asyncio", "json", "logging", "traceback"} & set(sys.modules))
        """
        with Api() as api, Client(api, source):
            api.give(1)
            self.assertEqual(api.result().json(), [])


class Streams(unittest.TestCase):
    def test_generator_streams_and_fails_in_trailers(self):
        source = """
            async def agen(event):
                for piece in event:
                    yield piece
            def handler(event, context):
                context.content_type = "text/plain"
                yield "one"
                yield b""
                yield b"two"
                if event:
                    raise ValueError(event)
        """
        with Api() as api, Client(api, source):
            api.give(None, Invocation_Id="n1")
            post = api.result()
            self.assertEqual((post.body, post.trailers), (b"onetwo", {}))
            self.assertEqual(post.headers["Content-Type"], "text/plain")
            self.assertEqual(post.headers["Lambda-Runtime-Invocation-Id"], "n1")
            api.give("broken")
            post = api.result()
            self.assertEqual(post.body, b"onetwo")
            self.assertEqual(post.trailers["Lambda-Runtime-Function-Error-Type"], "Function.ValueError")

    def test_async_generator_and_prelude(self):
        source = """
            async def handler(event, context):
                yield {"statusCode": 201, "headers": {}, "cookies": ["a=1"]}
                yield "é"
        """
        with Api() as api, Client(api, source):
            api.give({})
            post = api.result()
            self.assertEqual(post.headers["Content-Type"], "application/vnd.awslambda.http-integration-response")
            self.assertEqual(post.body, b'{"statusCode":201,"headers":{},"cookies":["a=1"]}' + bytes(8) + "é".encode())

    def test_failure_before_the_first_piece_is_an_ordinary_error(self):
        with Api() as api, Client(api, "def handler(event, context):\n    raise ValueError(1)\n    yield"):
            api.give({})
            self.assertTrue(api.result().path.endswith("/error"))


class Processes(unittest.TestCase):
    def test_sigterm_ends_an_idle_client(self):
        with Api() as api, Client(api, ECHO) as client:
            api.give(1)
            api.result()
            client.process.send_signal(signal.SIGTERM)
            status, _, err = client.end(2)
            self.assertEqual((status, err), (143, ""))

    def test_workers_serve_side_by_side(self):
        source = "import os, time\ndef handler(event, context):\n    time.sleep(0.5)\n    return os.getpid()"
        with Api() as api, Client(api, source, AWS_LAMBDA_MAX_CONCURRENCY="3") as client:
            for number in range(3):
                api.give(number, request_id="id-%d" % number)
            self.assertEqual(len({api.result().body for _ in range(3)}), 3)
            time.sleep(0.3)
            client.process.send_signal(signal.SIGTERM)
            self.assertNotEqual(client.end(5)[0], -9)

    def test_snapstart_hooks(self):
        source = """
            from snapshot_restore_py import register_after_restore, register_before_snapshot
            for number in (1, 2):
                register_before_snapshot(print, "before", number)
                register_after_restore(print, "after", number)
            @register_after_restore
            def last():
                print("decorated")
        """
        environment = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
        with Api() as api, Client(api, source, "app.last", **environment) as client:
            deadline = time.monotonic() + 10
            while len(api.gets) < 2 and time.monotonic() < deadline:
                time.sleep(0.01)
            _, out, _ = client.end()
            self.assertEqual(out.split("\n")[:5], ["before 2", "before 1", "after 1", "after 2", "decorated"])
            calls = [path.rpartition("runtime/")[2] for _, path in api.gets]
            self.assertEqual(calls, ["restore/next", "invocation/next"])
