"""A library that patches AWS's client from within the function, in the way of Sentry's AwsLambdaIntegration."""

import unittest

from .support import Api, Client

LIBRARY = """
    import functools
    import json
    import sys

    said = []

    def drain(original):
        def inner(*args, **kwargs):
            said.append("posting")
            return original(*args, **kwargs)
        return inner

    def init_failed(original):
        def inner(*args, **kwargs):
            print("seen:", type(sys.exc_info()[1]).__name__, args[1]["errorMessage"])
            return original(*args, **kwargs)
        return inner

    def wrap(function):
        @functools.wraps(function)
        def inner(event, context, *args, **kwargs):
            try:
                said.append("before")
                return function(event, context, *args, **kwargs)
            except Exception as error:
                said.append(repr(error))
                raise
        return inner

    main = sys.modules["__main__"]
    assert "bootstrap" not in sys.modules and not hasattr(main, "awslambdaricmain")
    client = main.bootstrap
    original = client.handle_event_request

    def handle_event_request(lambda_runtime_client, request_handler, *args, **kwargs):
        return original(lambda_runtime_client, wrap(request_handler), *args, **kwargs)

    client.handle_event_request = handle_event_request
    for name in ("post_invocation_result", "post_invocation_error"):
        setattr(client.LambdaRuntimeClient, name, drain(getattr(client.LambdaRuntimeClient, name)))
    client.LambdaRuntimeClient.post_init_error = init_failed(client.LambdaRuntimeClient.post_init_error)
"""
FUNCTION = """
    import library

    def handler(event, context):
        if event == "said":
            return list(library.said)
        return {}[event]
"""


class Patches(unittest.TestCase):
    def test_a_patched_client_calls_the_function_as_the_library_has_it(self):
        with Api() as api, Client(api, {"library.py": LIBRARY, "app.py": FUNCTION}):
            api.give("gone")
            self.assertEqual(api.result().json()["errorType"], "KeyError")
            api.give("said")
            self.assertEqual(api.result().json(), ["before", "KeyError('gone')", "posting", "before"])

    def test_a_failed_init_is_told_to_it_and_what_it_has_to_do_at_the_exit_is_done(self):
        source = "import atexit, library\natexit.register(print, 'flushed')\nraise OSError('no disk')"
        files = {"library.py": LIBRARY, "app.py": source}
        with Api() as api, Client(api, files, LAMBDA_IMAGE_LOG_ERRORS="off") as client:
            self.assertEqual(api.result().json()["errorType"], "OSError")
            status, out, _ = client.end(10)
        self.assertEqual((status, out), (1, "seen: OSError no disk\nflushed\n"))

    def test_a_function_that_imports_the_bootstrap_gets_no_second_client(self):
        source = "import bootstrap\ndef handler(event, context):\n    return bootstrap.__name__"
        with Api() as api, Client(api, source):
            api.give(1)
            self.assertEqual(api.result().json(), "bootstrap")
