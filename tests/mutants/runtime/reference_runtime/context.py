"""What the handler is told of its invocation, under the names of AWS's client."""

import json
import os
import time


class Client:
    def __init__(self, values):
        self.installation_id = values.get("installation_id")
        self.app_title = values.get("app_title")
        self.app_version_name = values.get("app_version_name")
        self.app_version_code = values.get("app_version_code")
        self.app_package_name = values.get("app_package_name")


class ClientContext:
    def __init__(self, values):
        client = values.get("client")
        self.client = Client(client) if isinstance(client, dict) else None
        self.custom = values.get("custom")
        self.env = values.get("env")


class CognitoIdentity:
    def __init__(self, values):
        self.cognito_identity_id = values.get("cognitoIdentityId")
        self.cognito_identity_pool_id = values.get("cognitoIdentityPoolId")


class Context:
    """One invocation's own; a client context or identity that is no JSON object fails the invocation."""

    def __init__(self, invocation):
        environment = os.environ
        self.function_name = environment.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = environment.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = environment.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environment.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.aws_request_id = invocation.request_id
        self.invoked_function_arn = invocation.arn
        self.tenant_id = invocation.tenant_id
        self.client_context = _parsed(ClientContext, invocation.client_context)
        self.identity = _parsed(CognitoIdentity, invocation.cognito_identity)
        self.content_type = None  # of a streamed response, for the handler to set
        self._deadline_ms = invocation.deadline_ms

    def get_remaining_time_in_millis(self):
        """The deadline is in Unix time, so it is compared with the wall clock, at each call."""
        return max(0, int(self._deadline_ms - time.time() * 1000))


class ContextError(Exception):
    """A header of the invocation cannot be understood."""


def _parsed(kind, text):
    if text is None:
        return None
    try:
        return kind(json.loads(text))
    except (ValueError, AttributeError) as error:
        raise ContextError(f"{kind.__name__} is no JSON object: {error}") from None
