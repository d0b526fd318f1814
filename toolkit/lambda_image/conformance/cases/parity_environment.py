"""ENV: the variables of AWS's own base images, and those that a language heeds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import NotJudged, expect, expect_equal
from lambda_image.conformance.lab import Lab

TELEMETRY = "_LAMBDA_TELEMETRY_LOG_FD"
LIBRARY_FOLDERS = ("/var/runtime", "/var/runtime/lib", "/var/task", "/var/task/lib", "/opt/lib")
EXECUTION = "AWS_EXECUTION_ENV"
PLATFORM = "AWS_Lambda_Image"  # what Lambda itself gives to images


def _own(lab: Lab) -> dict[str, str]:
    """The variables of the image's config."""
    return dict(variable.partition("=")[::2] for variable in lab.image.config.environment)


@case("ENV-002", handlers=("env",))
def the_folders_of_task_and_runtime_are_known(lab: Lab) -> None:
    """The image's config, and what a handler sees."""
    wanted = {"LAMBDA_TASK_ROOT": "/var/task", "LAMBDA_RUNTIME_DIR": "/var/runtime"}
    with lab.shared("env") as running:
        got = running.call_object({"names": [*wanted, "_HANDLER"]})
        for name, value in wanted.items():
            expect_equal(_own(lab).get(name), value, sent="the image's config was read", what=name)
            expect_equal(got.get(name), value, sent="a handler's environment", what=name)
        expect_equal(got.get("_HANDLER"), running.handler, sent="a handler's environment", what="_HANDLER")


@case("ENV-003", handlers=())
def the_search_paths_are_aws_s(lab: Lab) -> None:
    """PATH and LD_LIBRARY_PATH of the image's config."""
    sent = "the image's config was read"
    path = [folder.rstrip("/") for folder in _own(lab).get("PATH", "").split(":")]
    shown = f"PATH={':'.join(path)}"
    expect(path[0] == "/var/lang/bin", sent=sent, expected="PATH begins with /var/lang/bin", got=shown)
    expect(path[-1] == "/opt/bin", sent=sent, expected="PATH ends with /opt/bin", got=shown)
    libraries = [folder.rstrip("/") for folder in _own(lab).get("LD_LIBRARY_PATH", "").split(":")]
    found = [folder for folder in libraries if folder in LIBRARY_FOLDERS]
    expect(
        found == list(LIBRARY_FOLDERS),
        sent=sent,
        expected=f"LD_LIBRARY_PATH holds {', '.join(LIBRARY_FOLDERS)}, in that order",
        got=f"LD_LIBRARY_PATH={':'.join(libraries)}",
    )


@case("ENV-004", handlers=("env", "files", "run"), seconds=2)
def the_locale_is_utf_8_and_works(lab: Lab) -> None:
    """LANG is read; a file named with an umlaut is written and listed; the locale is asked for."""
    with lab.shared("env") as running:
        got = running.call_object({"names": ["LANG"]}).get("LANG")
        expect_equal(got, "en_US.UTF-8", sent="a handler's environment", what="LANG")
    name = "Grüße-漢.txt"
    with lab.shared("files") as running:
        got = running.call_object({"folder": "/tmp", "name": name}).get("names")
        expect(
            isinstance(got, list) and name in got,
            sent=f"a handler that writes /tmp/{name} and lists /tmp",
            expected=f"{name!r} among the names",
            got=got,
        )
    with lab.shared("run") as running:
        sent = "the program locale, started by a handler"
        done = running.call_object({"program": "locale", "arguments": ["-a"]})
        if done.get("status") is None:  # no such program in the image: the names of files must do
            return
        locales = str(done.get("stdout")).lower().replace("-", "").split()
        expect("en_us.utf8" in locales, sent=f"{sent} with -a", expected="en_US.utf8 among them", got=locales)
        warned = running.call_object({"program": "locale"}).get("stderr")
        expect(not warned, sent=sent, expected="no warning", got=warned)


@case("ENV-005", handlers=("time",), seconds=2)
def local_time_is_what_tz_says(lab: Lab) -> None:
    """TZ of the image, :UTC, and Europe/Berlin, which is an hour ahead of UTC in winter and two in summer."""
    expect_equal(_own(lab).get("TZ"), ":/etc/localtime", sent="the image's config was read", what="TZ")
    winter, summer = datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)
    for given, hours in ((None, (0, 0)), (":UTC", (0, 0)), ("Europe/Berlin", (1, 2))):
        with lab.fresh("time", environment={"TZ": given}) as running:
            for moment, ahead in zip((winter, summer), hours, strict=True):
                got = running.call_object({"epoch": int(moment.timestamp())}).get("local")
                expected = (moment + timedelta(hours=ahead)).strftime("%Y-%m-%dT%H:%M:%S")
                sent = f"TZ={given}" if given else "TZ of the image"
                expect_equal(got, expected, sent=f"{sent}, at {moment:%Y-%m-%dT%H:%M:%S} UTC", what="local time")


@case("ENV-006", handlers=("env",))
def the_execution_environment_names_the_runtime(lab: Lab) -> None:
    """AWS_EXECUTION_ENV is given as AWS_Lambda_Image, as Lambda gives it to images; a handler reads it."""
    with lab.shared("env") as running:
        got = str(running.call_object({"names": [EXECUTION]}).get(EXECUTION))
        expect(
            re.fullmatch(r"AWS_Lambda_[A-Za-z]+[0-9A-Za-z.]*", got) and got != PLATFORM,
            sent=f"{EXECUTION}={PLATFORM}",
            expected="the bootstrap makes it AWS_Lambda_ and the runtime's name, as in AWS_Lambda_python3.13",
            got=got,
        )


@case("ENV-008", handlers=("env",), seconds=2)
def the_language_s_own_variables_work(lab: Lab) -> None:
    """Each variable that the handlers' conformance.toml names as a hook; a handler reads what it did."""
    hooks = lab.handlers.facts.hooks
    if not hooks:
        raise NotJudged(f"{lab.handlers.origin or 'the handlers'} names no [[hooks]]")
    for hook in hooks:
        with lab.fresh("env", ready=False, environment={hook.variable: hook.value}) as running:
            sent = f"{hook.variable}={hook.value}"
            running.wait_ready(sent=sent)
            got = running.call_object({"names": [hook.variable, "CONFORMANCE_HOOK"]})
            expect_equal(got.get(hook.variable), hook.value, sent=sent, what=hook.variable)
            expect(
                got.get("CONFORMANCE_HOOK") == hook.variable,
                sent=sent,
                expected=f"what it loads has run (CONFORMANCE_HOOK={hook.variable})",
                got=f"CONFORMANCE_HOOK={got.get('CONFORMANCE_HOOK')}",
            )


@case("ENV-009", handlers=("env", "run"), seconds=2)
def the_telemetry_descriptor_is_not_the_handler_s(lab: Lab) -> None:
    """_LAMBDA_TELEMETRY_LOG_FD is given; a handler and a program that it starts read their environment."""
    sent = f"{TELEMETRY}=63, an open descriptor"
    with lab.fresh("env", ready=False, telemetry=63) as running:
        running.wait_ready(sent=sent)
        got = running.call_object({"names": [TELEMETRY]}).get(TELEMETRY)
        expect(got is None, sent=sent, expected=f"no {TELEMETRY} in the handler's environment", got=got)
    with lab.fresh("run", telemetry=63) as running:
        printed = str(running.call_object({"program": "env"}).get("stdout"))
        lines = [line for line in printed.splitlines() if line.startswith(TELEMETRY)]
        expect(not lines, sent=sent, expected=f"no {TELEMETRY} in a child's environment", got=lines)
