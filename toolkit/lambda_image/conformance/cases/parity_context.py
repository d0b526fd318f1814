"""CTX and RAPI-ERR: client context, identity, and the cause that X-Ray is told."""

from __future__ import annotations

import json

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import expect, expect_equal, violated
from lambda_image.conformance.lab import Lab

CLIENT = "Lambda-Runtime-Client-Context"
IDENTITY = "Lambda-Runtime-Cognito-Identity"
CAUSE = "Lambda-Runtime-Function-XRay-Error-Cause"

GIVEN: dict[str, dict[str, str]] = {
    "client": {
        "installation_id": "installation",
        "app_title": "Grüße 漢😀",
        "app_version_name": "1.2",
        "app_version_code": "12",
        "app_package_name": "org.example",
    },
    "custom": {"key": "value é", "quoted": '"\\'},
    "env": {"platform": "test", "locale": "de_DE"},
}


@case("CTX-007", handlers=("context",))
def client_context_and_identity_are_parsed(lab: Lab) -> None:
    """A client context with client, custom and env, and an identity; escaped, then as UTF-8."""
    identity = {"cognitoIdentityId": "us-east-1:identity", "cognitoIdentityPoolId": "us-east-1:pool"}
    with lab.shared("context") as running:
        for escaped in (True, False):
            header = json.dumps(GIVEN, ensure_ascii=escaped)
            sent = f"{CLIENT}: {header}"
            got = running.call_object({}, client_context=header, cognito_identity=json.dumps(identity))
            found = got.get("client_context")
            for member, value in GIVEN.items():
                part = found.get(member) if isinstance(found, dict) else found
                expect_equal(part, value, sent=sent, what=f"client_context.{member}")
            wanted = {"id": "us-east-1:identity", "pool": "us-east-1:pool"}
            expect_equal(got.get("identity"), wanted, sent=f"{IDENTITY}: {json.dumps(identity)}", what="identity")


@case("CTX-008", handlers=("context",))
def a_context_that_is_no_json_is_an_invocation_error(lab: Lab) -> None:
    """`{` as the client context, then as the identity; then a plain event."""
    for name in (CLIENT, IDENTITY):
        with lab.fresh("context") as running:
            sent = f"{name}: {{"
            client, identity = ("{", None) if name == CLIENT else (None, "{")
            error = running.invoke({}, client_context=client, cognito_identity=identity).error
            expect(error.get("errorType"), sent=sent, expected="an errorType", got=error)
            got = running.call_object({}, request_id="the-next-one").get("request_id")
            expect_equal(got, "the-next-one", sent=f"{sent}, then a plain event", what="the request id")


@case("RAPI-ERR-008", handlers=("raise",))
def an_error_tells_x_ray_its_cause(lab: Lab) -> None:
    """A handler that fails; the X-Ray header is parsed. Then it fails with a message of 2 MiB."""
    with lab.fresh("raise") as running:
        sent = "a handler that fails with HandlerError 'boom' in a function called deepest"
        header = running.invoke({"message": "boom"}).exchange.header(CAUSE)
        expect(header, sent=sent, expected=f"a header {CAUSE}", got="none")
        try:
            cause = json.loads(header or "")
        except ValueError as error:
            violated(sent=sent, expected=f"{CAUSE}: JSON", got=f"{header} ({error})")
        _well_formed(cause, sent)
        sent = "a handler that fails with a message of 2 MiB"
        reply = running.invoke({"message": "m" * (2 << 20)}, timeout=20)
        expect(
            reply.failed and reply.exchange.header(CAUSE) is None,
            sent=sent,
            expected=f"POST …/error without {CAUSE}",
            got=f"POST …/{reply.exchange.route.value}, {len(reply.exchange.header(CAUSE) or ''):,} characters in it",
        )


def _well_formed(cause: object, sent: str) -> None:
    """Members and types as X-Ray's document of causes has them."""
    shaped = (
        isinstance(cause, dict)
        and isinstance(cause.get("working_directory"), str)
        and isinstance(cause.get("paths"), list)
        and isinstance(cause.get("exceptions"), list)
    )
    if not shaped or not isinstance(cause, dict):
        violated(sent=sent, expected=f"{CAUSE}: working_directory, paths, exceptions", got=cause)
    exceptions = cause["exceptions"]
    if not exceptions or not isinstance(exceptions[0], dict):
        violated(sent=sent, expected=f"{CAUSE}: an exception", got=cause)
    first = exceptions[0]
    expect_equal(first.get("message"), "boom", sent=sent, what="exceptions[0].message")
    expect("HandlerError" in str(first.get("type")), sent=sent, expected="HandlerError as its type", got=first)
    stack = first.get("stack")
    whole = (
        isinstance(stack, list)
        and stack
        and all(isinstance(frame, dict) and {"path", "line", "label"} <= frame.keys() for frame in stack)
    )
    expect(whole, sent=sent, expected="a stack of path, line and label", got=first)
    expect("deepest" in json.dumps(stack), sent=sent, expected="a frame labelled deepest", got=stack)
