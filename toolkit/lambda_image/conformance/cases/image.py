"""IMG: what Lambda asks of the image itself, and of a container under Lambda's limits.

What is asked of manifest, layers, config and files are rules of `image_rules`, which lint and publish share.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lambda_image import image_rules
from lambda_image.conformance.case import case
from lambda_image.conformance.finding import NotJudged, Violation, expect, expect_equal, violated
from lambda_image.conformance.lab import Lab
from lambda_image.image_rules.sources.engine import of_archive, of_image

if TYPE_CHECKING:
    from lambda_image.image_rules import View

_SHOWN = 8
_OF_THE_NETWORK = re.compile(
    r"resol|lookup|getaddrinfo|unknown host|no such host|ENOTFOUND|EAI_AGAIN|unreachable|no route|connect|timed? ?out",
    re.IGNORECASE,
)
_IN_WORDS = {"user": "as root", "read_only": "on a writable root"}


def _obeys(view: View, requirement: str, *, sent: str) -> None:
    """Ends the case where rules of that requirement, of those that fail a lint, are broken: all of them told."""
    found = image_rules.check(view, requirement=requirement, severity=image_rules.Severity.ERROR)
    if found:
        expected = " ".join(one.says for one in found)
        raise Violation(sent=sent, expected=expected, got=" ".join(map(_got, found)))


def _got(finding: image_rules.Finding) -> str:
    more = f" … and {finding.count - _SHOWN:,} more" if finding.count > _SHOWN else ""
    return f"{'; '.join(finding.offenders[:_SHOWN])}{more}. {finding.advice}"


@case("IMG-001", handlers=(), seconds=2)
def a_function_image_is_one_manifest(lab: Lab) -> None:
    """The manifests that the image's archive names."""
    _obeys(of_archive(lab.image), "IMG-001", sent="the manifest behind the image's reference was read")


@case("IMG-002", handlers=(), seconds=2)
def the_manifest_is_of_a_kind_lambda_takes(lab: Lab) -> None:
    """Media types of manifest and layers, operating system and architecture of the config."""
    _obeys(of_archive(lab.image), "IMG-002", sent="manifest and config were read")


@case("IMG-003", handlers=())
def what_is_inside_agrees_with_the_architecture(lab: Lab) -> None:
    """ELF headers of the entrypoint, the bootstrap, their interpreters, and the programs in /var/lang/bin."""
    with lab.engine.image_files(lab.image.reference) as files:
        _obeys(of_image(lab.image, files), "IMG-003", sent="the ELF headers of what is started were read")


@case("IMG-004", handlers=(), seconds=2)
def all_layers_unpacked_are_at_most_10_gb(lab: Lab) -> None:
    """The sum of the uncompressed layers."""
    _obeys(of_archive(lab.image), "IMG-004", sent="all layers were unpacked")


@case("IMG-005", handlers=())
def the_entrypoint_is_a_regular_executable_file(lab: Lab) -> None:
    """The first word of ENTRYPOINT (of CMD where there is none) is looked up in the image."""
    config = lab.image.config
    sent = f"ENTRYPOINT is {list(config.entrypoint)}, CMD is {list(config.cmd)}"
    with lab.engine.image_files(lab.image.reference) as files:
        _obeys(of_image(lab.image, files), "IMG-005", sent=sent)


@case("IMG-006")
def only_four_settings_are_relied_on(lab: Lab) -> None:
    """USER is overridden, the health check is off and declared volumes stay as read-only as the rest."""
    config = lab.image.config
    ignored = [
        name
        for name, given in (
            ("USER", config.user),
            ("VOLUME", config.volumes),
            ("HEALTHCHECK", config.raw.get("Healthcheck")),
            ("STOPSIGNAL", config.raw.get("StopSignal")),
        )
        if given
    ]
    sent = f"the settings that Lambda ignores are overridden ({', '.join(ignored) or 'the image has none of them'})"
    without: dict[str, object] = {"read_only": False} if config.volumes else {}
    if config.user:
        without["user"] = config.user
    with _blamed_on(lab, without, f"with its own {' and '.join(ignored)}"):
        _serves(lab, sent)


def _serves(lab: Lab, sent: str, **how: object) -> None:
    """A container started so asks for work and answers an event."""
    with lab.fresh(ready=False, **how) as running:  # type: ignore[arg-type]
        running.wait_ready(sent=sent)
        expect_equal(running.call("x", sent=sent), "x", sent=sent)


def _would(act: Callable[..., None], lab: Lab, **how: object) -> bool:
    try:
        act(lab, "", **how)
    except Violation:
        return False
    return True


@contextmanager
def _blamed_on(
    lab: Lab,
    without: Mapping[str, object],
    words: str,
    beside: Mapping[str, object] | None = None,
    act: Callable[..., None] = _serves,
) -> Iterator[None]:
    """A violation within is blamed on what `without` takes away only where that mends it: what fails all
    the same has another cause, which other requirements tell. `beside` is a second thing that may be in the way."""
    try:
        yield
    except Violation as violation:
        for one in ({}, beside) if beside else ({},):
            if without and _would(act, lab, **without, **one) and (not one or not _would(act, lab, **one)):
                also = " and ".join([words, *(_IN_WORDS[name] for name in one)])
                raise Violation(
                    sent=violation.sent, expected=violation.expected, got=f"{violation.got}. Started {also} it works"
                ) from None
        raise NotJudged(f"it does not work without that either; {violation.got}") from None


@case("IMG-011", handlers=("echo", "raise"))
def it_runs_on_a_read_only_root(lab: Lab) -> None:
    """The root file system cannot be written to; an event succeeds and one fails."""
    with _blamed_on(lab, {"read_only": False}, "on a writable root", {"user": "0:0"}):
        _serves(lab, "a read-only root, only /tmp writable")
    with _blamed_on(lab, {"read_only": False}, "on a writable root", {"user": "0:0"}, act=_fails):
        _fails(lab)


def _fails(lab: Lab, _sent: str = "", **how: object) -> None:
    """A handler that fails is reported."""
    with lab.shared("raise", **how) as running:
        _ = running.invoke({"message": "x"}).error


@case("IMG-012")
def it_runs_as_any_unprivileged_user(lab: Lab) -> None:
    """User ids 993 and 1234567, in no passwd file, without HOME, capabilities or new privileges."""
    own = lab.image.config.user
    for user in ("993:990", "1234567:1234567"):
        sent = f"user {user}, all capabilities dropped, no-new-privileges, HOME unset"
        with _blamed_on(
            lab, {"user": own or "0:0"}, f"as its own USER {own}" if own else "as root", {"read_only": False}
        ):
            _serves(lab, sent, user=user)


@case("IMG-013", handlers=(), seconds=2)
def all_it_needs_is_readable_by_anyone(lab: Lab) -> None:
    """Every file and directory of /var/task, /var/runtime, /var/lang and /opt, and the entrypoint."""
    with lab.engine.image_files(lab.image.reference) as files:
        sent = "the modes of all in /var/task, /var/runtime, /var/lang and /opt, and of the entrypoint, were read"
        _obeys(of_image(lab.image, files), "IMG-013", sent=sent)


@case("IMG-014", handlers=("tmp",))
def tmp_is_writable_and_keeps_its_content(lab: Lab) -> None:
    """A file is written to /tmp by one event and read by the next."""
    with lab.fresh("tmp") as running:
        sent = "an event that writes /tmp/kept, then one that reads it"
        running.call({"name": "kept", "write": "content"})
        expect_equal(running.call({"name": "kept"}), {"content": "content"}, sent=sent)


@case("IMG-020", handlers=("tmp", "sleep"))
def what_a_killed_process_left_does_no_harm(lab: Lab) -> None:
    """SIGKILL in the middle of an invocation; then a fresh container with the same /tmp."""
    sent = "a fresh container with the /tmp of one that was killed in the middle of an invocation"
    with lab.fresh("sleep") as killed:
        killed.queue({"ms": 60_000})
        killed.box.wait(0.5)  # it is in the handler
        killed.box.kill()
        with lab.fresh("tmp", ready=False, tmp=killed.box.spec.tmp) as running:
            running.wait_ready(sent=sent)
            expect_equal(running.call({"name": "new", "write": "x"}), {"content": None}, sent=sent)


@case("IMG-015")
def it_starts_without_any_network_but_the_api(lab: Lab) -> None:
    """No route to the outside: name lookups and connections fail; the first GET comes within 10 s."""
    sent = "no network but the Runtime API"
    ended, log = True, ""
    try:
        with lab.fresh(ready=False) as running:
            try:
                running.wait_ready(timeout=10, sent=sent)
            finally:
                ended, log = running.box.exit_status is not None, running.box.log.text
            expect_equal(running.call("x", sent=sent), "x", sent=sent)
    except Violation as violation:
        # Every start here is without a network, so the log has to tell whether that is why it ended. What waits for
        # a network without a word is still running.
        if not ended or _OF_THE_NETWORK.search(log):
            raise
        raise NotJudged(f"it does not start, and its log says nothing about the network; {violation.got}") from None


@case("IMG-016")
def it_stays_within_lambda_s_limits(lab: Lab) -> None:
    """1,024 descriptors, 1,024 processes and threads, 128 MB of memory."""
    sent = "128 MB of memory, 1,024 descriptors, 1,024 processes and threads"
    with lab.fresh(ready=False, memory_mb=128) as running:
        running.wait_ready(sent=sent)
        expect_equal(running.call("x", sent=sent), "x", sent=sent)


@case("IMG-017")
def the_bootstrap_starts_from_the_environment_alone(lab: Lab) -> None:
    """/var/runtime/bootstrap is started directly, without arguments, _HANDLER set."""
    bootstrap = "/var/runtime/bootstrap"
    with lab.engine.image_files(lab.image.reference) as files:
        found = files.stat(bootstrap)
    sent = f"{bootstrap} was looked up"
    if found is None:
        violated(sent=sent, expected="a regular executable file", got="there is none")
    expect(
        found.kind == "file" and found.mode & 0o111 == 0o111,
        sent=sent,
        expected="a regular executable file",
        got=f"a {found.kind} with mode {found.mode:04o}",
    )
    sent = f"{bootstrap} was started without arguments, _HANDLER set"
    with lab.fresh(ready=False, entrypoint=(bootstrap,), arguments=()) as running:
        running.wait_ready(sent=sent)
        expect_equal(running.call("x", sent=sent), "x", sent=sent)


@case("IMG-018")
def function_and_layers_arrive_as_mounts(lab: Lab) -> None:
    """Read-only volumes over /var/task and /opt; nothing that the image has there is needed."""
    sent = "read-only volumes were mounted over /var/task and /opt"
    with lab.fresh(ready=False, opt={"layer.txt": (b"a layer", 0o644)}) as running:
        running.wait_ready(sent=sent)
        expect_equal(running.call("x", sent=sent), "x", sent=sent)
