"""RAPI-NEXT: getting an event."""

from __future__ import annotations

from lambda_image import image_rules
from lambda_image.conformance.case import case
from lambda_image.conformance.finding import NotJudged, Violation, expect, expect_equal, violated
from lambda_image.conformance.lab import OWN, Lab
from lambda_image.conformance.running import Running
from lambda_image.errors import EngineError
from lambda_image.image_rules.sources.engine import of_image
from lambda_image.runtime_api import Answer, Exchange, Fault, Hold, Route

TRACE = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"
VALUES: tuple[object, ...] = (
    {"key": "value", "list": [1, 2.5, -3e10], "nested": {"a": {"b": None}}},
    [],
    [1, "two", None, True],
    "text",
    "",
    "  \ttext between white space\n ",
    0,
    -1.5,
    12345678901234,
    True,
    False,
    None,
    {},
    {"a.b": 1, 'quo"te': 2, "back\\slash": 3, "": 4, "new\nline": 5},
)
# White space between tokens, empty lines too: as an editor saves it.
SPREAD = b'\r\n{\r\n\r\n  "a": [\n\t1,\n\n    {"b" : " "}\n  ]\n\n}\n\n'


def _deep(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


@case("RAPI-NEXT-001", handlers=(), gate=True)
def a_healthy_container_asks_for_work(lab: Lab) -> None:
    """The container is started as Lambda starts it, with a handler that returns its event."""
    lacking = lab.handlers.lacking(["echo"])
    handler = OWN if lacking else "echo"
    aimless = bool(lacking) and not lab.image.config.cmd
    try:
        first = _first_request(lab, lacking)
    except Violation as violation:
        remedy = _what_would_work(lab, handler)
        if aimless and not remedy and " exited with status " in f" {violation.got}":
            raise NotJudged(f"started without a handler {violation.got}; {lacking}") from None
        guessed = lab.handlers.guessed
        if guessed and "/init/error" in violation.got:
            remedy += (
                f". The function was the suite's own in {lab.handlers.language}, since {guessed}; if that is not the "
                "runtime's language, give functions that it can load (--handlers DIR, docs/judge-your-image.md)"
            )
        raise Violation(sent=violation.sent, expected=violation.expected, got=violation.got + remedy) from None
    expect(
        first.route is Route.NEXT and first.method == "GET" and not first.body,
        sent="a healthy container was started",
        expected="its first request is GET …/runtime/invocation/next without a body",
        got=f"{first.method} {first.target} with {len(first.body)} bytes",
    )


def _first_request(lab: Lab, lacking: str) -> Exchange:
    if not lacking:
        # The first container of an image is the one that most cases share.
        with lab.shared() as running:
            return running.requests()[0]
    with lab.fresh(OWN, ready=False) as running:
        try:
            running.wait_ready()
        except Violation:
            if not lab.image.config.cmd and running.requests(Route.INIT_ERROR):
                raise NotJudged(f"started without a handler it reported a failed init; {lacking}") from None
            raise
        return running.requests()[0]


# What keeps a program that is there from being started.
_OF_PROGRAMS = tuple(
    rule
    for rule in image_rules.RULES
    if rule.id in ("script-line-ends", "script-interpreter", "program-loader", "program-architecture")
)


def _what_would_work(lab: Lab, handler: str) -> str:
    """Looks at what is started, and tries what Lambda does not offer, so that the message names the cause and not only
    the effect."""
    config = lab.image.config
    hidden = next((word for word in (*config.entrypoint, *config.cmd) if word.startswith("/var/task/")), "")
    if hidden and lab.handlers.files is not None:
        return (
            f". The handlers are mounted at /var/task and hide the image's {hidden}: a client belongs into /var/runtime"
        )
    with lab.engine.image_files(lab.image.reference) as files:
        found = image_rules.check(of_image(lab.image, files), severity=image_rules.Severity.ERROR, rules=_OF_PROGRAMS)
    if found:
        return "".join(f". {'; '.join(one.offenders)}. {one.advice.rstrip('.')}" for one in found)
    own = config.user
    trials: tuple[tuple[str, dict[str, object]], ...] = (
        ("as root", {"user": "0:0"}),
        *(((f"as its own USER {own}", {"user": own}),) if own else ()),
        ("on a root file system that it may write to", {"read_only": False}),
        ("as root on a root file system that it may write to", {"user": "0:0", "read_only": False}),
        ("with 2 GB of memory", {"memory_mb": 2048}),
        ("with 4,096 descriptors, processes and threads", {"descriptors": 4096, "processes": 4096}),
    )
    for words, how in trials:
        try:
            with lab.fresh(handler, ready=False, **how) as running:
                running.wait_ready(timeout=3)
        except (Violation, EngineError):  # an engine may not give so much
            continue
        return f". Started {words} it does ask for work; Lambda does not run it so"
    return ""


@case("RAPI-NEXT-002", seconds=(8, 123))
def the_get_has_no_timeout(lab: Lab) -> None:
    """The GET is held open for 120 s, then an event is served."""
    with lab.fresh() as running:
        seconds = lab.hold(120, long=900)
        _idle(running, seconds)
        sent = f"GET …/next was held open for {seconds:g} s"
        gets = running.requests(Route.NEXT)
        expect(
            len(gets) == 1,
            sent=sent,
            expected="one GET, kept open: no timeout of the client's",
            got=f"{len(gets)} GETs",
        )
        expect(
            running.box.exit_status is None,
            sent=sent,
            expected="the process waits on: no timeout of the client's",
            got=running.what_happened(),
        )
        expect_equal(running.call("late", sent=sent), "late", sent=sent)


def _idle(running: Running, seconds: float) -> None:
    """Lets time pass, as long as the container lives: what is observed afterwards is what did not happen, so
    there is no other event to wait for."""
    running.box.wait(seconds)


@case("RAPI-NEXT-003", seconds=(8, 63))
def being_frozen_while_waiting_does_no_harm(lab: Lab) -> None:
    """The container is paused for 60 s with its GET open, resumed, and given an event."""
    with lab.fresh() as running:
        seconds = lab.hold(60)
        with running.box.frozen():
            _idle(running, seconds)
        sent = f"the container was frozen for {seconds:g} s while it waited"
        call = running.queue("after the freeze", sent=sent)
        expect_equal(call.reply().value, "after the freeze", sent=sent)
        running.wait_ready(sent=sent)
        expect_equal(len(call.invocation.results), 1, sent=sent, what="results:")


@case("RAPI-NEXT-004")
def any_json_value_reaches_the_handler(lab: Lab) -> None:
    """Events of every JSON type, keys with dots and quotes, fifty levels deep, one of them over many lines."""
    with lab.shared() as running:
        for value in (*VALUES, _deep(50)):
            got = running.call(value)
            expect_equal(got, value, sent=f"the event {value!r:.120} to echo", what="the same value,")
        got = running.invoke(payload=SPREAD).value
        expect_equal(got, {"a": [1, {"b": " "}]}, sent=f"the event {SPREAD!r} to echo", what="the same value,")


@case("RAPI-NEXT-005")
def utf_8_survives(lab: Lab) -> None:
    """Emoji, combining marks, an escaped U+0000 and U+2028, raw and as escapes."""
    texts = ("é漢字😀", "e\u0301 combining", "\u2028\u2029", "\U0010ffff", "🧑‍🚀")
    with lab.shared() as running:
        for text in texts:
            raw = f'{{"t":"{text}"}}'.encode()
            escaped = b'{"t":"' + "".join(f"\\u{unit:04x}" for unit in _utf16(text)).encode() + b'"}'
            for payload in (raw, escaped):
                got = running.invoke(payload=payload).value
                expect_equal(got, {"t": text}, sent=f"the event {payload!r}")
        got = running.invoke(payload=b'{"t":"a\\u0000b"}').value
        expect_equal(got, {"t": "a\0b"}, sent="an escaped U+0000")


def _utf16(text: str) -> list[int]:
    encoded = text.encode("utf-16-be")
    return [int.from_bytes(encoded[at : at + 2], "big") for at in range(0, len(encoded), 2)]


@case("RAPI-NEXT-006", handlers=("length",))
def an_event_of_6_mib_is_accepted(lab: Lab) -> None:
    """A string event of exactly 6,291,456 bytes."""
    size = 6 * 1024 * 1024
    with lab.shared("length") as running:
        got = running.invoke(payload=b'"' + b"x" * (size - 2) + b'"', timeout=20).value
        expect_equal(got, size - 2, sent=f"an event of {size:,} bytes to length")


@case("RAPI-NEXT-007", handlers=("context",))
def nothing_of_one_invocation_shows_in_another(lab: Lab) -> None:
    """Two events with another id, ARN, deadline and tenant, the second without what is optional."""
    first_arn = "arn:aws:lambda:us-east-1:123456789012:function:one"
    second_arn = "arn:aws:lambda:us-east-1:123456789012:function:two:alias"
    with lab.shared("context") as running:
        first = running.queue(
            {}, arn=first_arn, timeout_ms=60_000, client_context='{"custom":{"k":"first"}}', tenant_id="blue"
        )
        first.reply()
        second = running.queue({}, arn=second_arn, timeout_ms=20_000)
        got = second.reply().value
        sent = "a second event with an id, ARN and deadline of its own and no client context"
        expect(isinstance(got, dict), sent=sent, expected="an object", got=got)
        assert isinstance(got, dict)
        expect_equal(got.get("request_id"), second.event.request_id, sent=sent, what="request_id")
        expect_equal(got.get("arn"), second_arn, sent=sent, what="arn")
        expect(
            not got.get("client_context"),
            sent=sent,
            expected="no client context",
            got=got.get("client_context"),
        )
        reads = got.get("reads")
        remaining = reads[0].get("remaining_ms") if isinstance(reads, list) and reads else None
        expect(
            isinstance(remaining, int | float) and remaining <= 20_000,
            sent=sent,
            expected="at most 20,000 ms remaining",
            got=remaining,
        )


@case("RAPI-NEXT-008", handlers=("env",))
def the_trace_id_is_in_the_environment(lab: Lab) -> None:
    """An event with a trace header; the handler reads _X_AMZN_TRACE_ID."""
    with lab.shared("env") as running:
        for trace in (TRACE, TRACE.replace("Sampled=1", "Sampled=0;Lineage=a:1|b:2")):
            got = running.call({"names": ["_X_AMZN_TRACE_ID"]}, trace_id=trace)
            sent = f"Lambda-Runtime-Trace-Id: {trace}, to a handler that reads its environment"
            expect_equal(got, {"_X_AMZN_TRACE_ID": trace}, sent=sent)


@case("RAPI-NEXT-009", handlers=("env",))
def the_trace_id_does_not_outlive_its_event(lab: Lab) -> None:
    """An event with a trace header, then one without."""
    with lab.shared("env") as running:
        running.call({"names": []}, trace_id=TRACE)
        got = running.call_object({"names": ["_X_AMZN_TRACE_ID"]})
        expect(
            not got.get("_X_AMZN_TRACE_ID"),
            sent="an event without a trace header after one that had it",
            expected="_X_AMZN_TRACE_ID is unset or empty",
            got=got.get("_X_AMZN_TRACE_ID"),
        )


@case("RAPI-NEXT-010", handlers=("context",))
def optional_headers_may_be_absent_or_empty(lab: Lab) -> None:
    """An event with only id, deadline and ARN, then one with all others empty."""
    optional = ("trace_id", "client_context", "cognito_identity", "tenant_id", "invocation_id")
    with lab.shared("context") as running:
        for what, fields in (("absent", {}), ("empty", dict.fromkeys(optional, ""))):
            sent = f"an event whose optional headers are {what}"
            got = running.call_object({}, sent=sent, **fields)
            for name in ("client_context", "identity", "tenant_id"):
                expect(not got.get(name), sent=sent, expected=f"no {name}", got=got.get(name))


def _early(gets: tuple[Exchange, ...]) -> str:
    return f"{len(gets)} GET …/next, on connection {', '.join(str(one.connection) for one in gets)}"


@case("RAPI-NEXT-011", handlers=("sleep",), seconds=(10, 65))
def the_next_get_follows_the_accepted_result(lab: Lab) -> None:
    """The 202 to /response is held back for 60 s; the handler takes 3 s."""
    with lab.fresh("sleep") as running:
        seconds = lab.hold(60)
        held = running.api.inject(Fault(on=Route.RESPONSE, act=Hold()))
        before = running.last_number
        call = running.queue({"ms": 3000})
        _idle(running, 2.5)
        early = running.requests(Route.NEXT, after=before)
        expect(
            not early,
            sent="a handler that takes 3 s",
            expected="no GET …/next before its result is posted",
            got=_early(early),
        )
        running.wait_request(Route.RESPONSE, after=before)
        _idle(running, seconds)
        sent = f"202 to /response held back for {seconds:g} s"
        early = running.requests(Route.NEXT, after=before)
        expect(not early, sent=sent, expected="no GET …/next before the answer", got=_early(early))
        posts = running.requests(Route.RESPONSE, Route.ERROR, after=before)
        expect_equal(len(posts), 1, sent=sent, what="POSTs:")
        held.release()
        call.reply()
        running.wait_ready(sent=sent + ", then answered")


@case("RAPI-NEXT-012", seconds=4)
def a_refused_get_ends_the_process(lab: Lab) -> None:
    """GET …/next is answered with 403, 500 and 503, each to a container of its own."""
    for status in (403, 500, 503):
        with lab.fresh(
            ready=False,
            prepare=lambda api, status=status: api.inject(Fault(on=Route.NEXT, act=Answer(status), times=None)),
        ) as running:
            sent = f"{status} to every GET …/next"
            code = running.wait_exit(timeout=10, sent=sent, expected="the process ends within 10 s")
            gets = len(running.requests(Route.NEXT))
            expect(gets >= 1, sent=sent, expected="a GET …/next", got="none")
            expect(gets <= 6, sent=sent, expected="at most 5 further GETs", got=f"{gets - 1} further GETs")
            expect(code != 0, sent=sent, expected="an exit status other than 0", got="status 0")


@case("RAPI-NEXT-013")
def an_event_that_does_not_parse_is_an_invocation_error(lab: Lab) -> None:
    """The event {"a": cut in the middle, then a good one, then an event of no bytes, then a good one."""
    with lab.fresh() as running:
        sent = 'the event {"a": (cut in the middle)'
        reply = running.invoke(payload=b'{"a":', sent=sent)
        error = reply.error
        expect(error.get("errorType"), sent=sent, expected="an errorType", got=error)
        expect_equal(running.call("next", sent=sent + ", then a good event"), "next", sent=sent + ", then a good event")
        # Whether nothing is an error or as good as null is the runtime's choice.
        sent = "an event of no bytes (Content-Length: 0)"
        running.invoke(payload=b"", sent=sent)
        expect_equal(running.call("next", sent=sent + ", then a good event"), "next", sent=sent + ", then a good event")


@case("RAPI-NEXT-014")
def a_missing_content_type_is_no_obstacle(lab: Lab) -> None:
    """An event without a Content-Type header."""
    with lab.fresh() as running:
        value = {"no": "content type"}
        reply = running.invoke(value, sent="an event without Content-Type", content_type=None)
        if reply.failed:
            violated(sent="an event without Content-Type", expected="it is taken as JSON", got=reply.error)
        expect_equal(reply.value, value, sent="an event without Content-Type")


@case("RAPI-NEXT-015")
def an_answer_without_a_request_id_is_no_event(lab: Lab) -> None:
    """The first GET …/next is answered with 200 and a body, and no header names the event; then a good event follows,
    where the process goes on."""
    nameless = Fault(on=Route.NEXT, act=Answer(200, b'"nameless"', (("Content-Type", "application/json"),)))
    with lab.fresh(ready=False, prepare=lambda api: api.inject(nameless)) as running:
        sent = "200 to GET …/next with a body, without Lambda-Runtime-Aws-Request-Id"
        running.wait_request(Route.NEXT)
        expected = "a GET …/next, or an exit with a status other than 0, within 10 s"
        try:
            running.wait_ready(timeout=10, sent=sent)
        except Violation:
            expect(running.box.exit_status not in (0, None), sent=sent, expected=expected, got=running.what_happened())
        posts = running.requests(Route.RESPONSE, Route.ERROR)
        posts += tuple(one for one in running.requests(Route.OTHER) if one.method == "POST")
        expect(
            not posts,
            sent=sent,
            expected="no result: no id was given under which it could be posted",
            got=", ".join(f"{one.method} {one.target}" for one in posts),
        )
        gets = len(running.requests(Route.NEXT))
        expect(gets <= 6, sent=sent, expected="at most 5 further GETs", got=f"{gets - 1} further GETs")
        if running.box.exit_status is None:
            expect_equal(running.call("named"), "named", sent=sent + ", then a good event")
