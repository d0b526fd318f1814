"""For libraries that patch AWS's client from within the function, as Sentry's AwsLambdaIntegration does.

They find `bootstrap` in the main module, which is this module here, and replace names of awslambdaric in it. Nothing
of this is loaded, and nothing added to an invocation, unless a library asks for that name while the function is loaded.
"""

import functools


class LambdaRuntimeClient:
    """What is replaced here runs at the moments its name says; the posting itself is the loop's."""

    def post_init_error(self, error, *args):
        pass

    def post_invocation_result(self, *args):
        pass

    def post_invocation_error(self, *args):
        pass


def handle_event_request(client, function, *args):
    """Hands back the function, which a replacement has wrapped by then."""
    return function


def wrap(function):
    """The function as the libraries want it called: once for the life of the process."""
    client = LambdaRuntimeClient()
    wrapped = handle_event_request(client, function)

    @functools.wraps(function)
    def call(event, context):
        try:
            result = wrapped(event, context)
        except BaseException:
            client.post_invocation_error()
            raise
        client.post_invocation_result()
        return result

    return call


def init_failed(body):
    """Tell them of a failed init, within the handling of its exception."""
    import json

    LambdaRuntimeClient().post_init_error(json.loads(body))
