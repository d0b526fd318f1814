"""`lambda-image test`: the suite in a child process of its own, and verdicts remembered for images that did not change.

The child is a pytest with its own settings, root and folder, so that no conftest, ini file or plugin of the folder
in which the user stands can change a verdict.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import FrameType

from lambda_image import catalog as catalogs
from lambda_image import resources, settings
from lambda_image.catalog import Catalog
from lambda_image.conformance.contract import Handlers
from lambda_image.conformance.options import SuiteOptions
from lambda_image.conformance.report import Report
from lambda_image.conformance.requirement import load as load_requirements
from lambda_image.conformance.selection import select
from lambda_image.conformance.subject import LABEL, claimed_profiles, find_handlers
from lambda_image.conformance.verdict import Verdict, Waiver, read_waivers
from lambda_image.engine import Engine, Image
from lambda_image.errors import Interrupted, SuiteBroke

_JUDGES = ("conformance", "image_rules", "runtime_api", "sandbox", "route", "engine")
_PLUGIN = "lambda_image.pytest_plugin"


def judge(
    options: SuiteOptions, engine: Engine, catalog: Catalog, *, fresh: bool, say: Callable[[str], None]
) -> tuple[Report, bool]:
    """The report of a run, and whether it was remembered from an earlier one of the same images.

    Raises what is wrong with images and options before anything is started, `SuiteBroke` where the child
    leaves no report.
    """
    images = {reference: engine.image(reference) for reference in options.images}
    for platform in {image.platform for image in images.values()}:
        engine.check_runs(platform)
    handlers = {name: find_handlers(engine, image, options.handlers, catalog.roots) for name, image in images.items()}
    requirements = load_requirements(options.requirements)
    for name, image in images.items():
        select(name, claimed_profiles(image, options.profiles), requirements, options.only)
    if options.waivers:
        read_waivers(options.waivers, requirements)
    known = {name: known_shortfalls(catalog, image) for name, image in images.items()}
    options = replace(options, known=known, roots=catalog.roots)
    memory = resources.cache_folder("reports") / f"{_key(options, images, handlers)}.json"
    if not fresh and (remembered := _remembered(memory)) is not None:
        return remembered, True
    report = _run(options, say)
    if is_settled(report):
        memory.write_text(report.to_json(), encoding="utf-8")
    return report, False


def is_settled(report: Report) -> bool:
    """Whether it need not be made again: what was not met, or not judged, may be a busy machine's fault, and whoever
    asks again wants to know."""
    return all(image.worst in (Verdict.PASS, Verdict.NOT_CLAIMED) for image in report.images)


def known_shortfalls(catalog: Catalog, image: Image) -> tuple[Waiver, ...]:
    """What the catalog says that the client in an image does not meet; for images of this project alone."""
    label = image.config.labels.get
    language = catalog.languages.get(label(f"{LABEL}language", ""))
    client = language.find_client(label(f"{LABEL}client", "")) if language else None
    if client is None or client.version != label(f"{LABEL}client-version"):
        return ()
    return tuple(
        Waiver(requirement=one.requirement, reason=one.reason, source=one.issue) for one in client.known_shortfalls
    )


def from_catalog() -> tuple[tuple[Path, ...], Callable[[Image], tuple[Waiver, ...]]]:
    """What the catalog of this folder knows, for a suite that the user's own pytest runs: its roots, and the
    shortfalls of an image."""
    catalog = catalogs.load(settings.load().roots)
    return catalog.roots, lambda image: known_shortfalls(catalog, image)


def exit_code(report: Report) -> int:
    """0 where every claimed profile passes or only differs, 3 where the suite broke, else 1."""
    verdicts = {image.worst for image in report.images}
    if Verdict.FAIL in verdicts:
        return 1
    if Verdict.ERROR in verdicts:
        return 3
    return 1 if verdicts & {Verdict.SKIPPED, Verdict.NOT_CLAIMED} else 0


def _key(options: SuiteOptions, images: Mapping[str, Image], handlers: Mapping[str, Handlers]) -> str:
    """What a verdict depends on: the images, the suite, the handlers, and what was asked."""
    digest = hashlib.sha256(replace(options, reports=()).as_json().encode())
    if options.waivers:
        # A waiver counts until its day, so a verdict that it softened is remembered for this day.
        digest.update(options.waivers.read_bytes() + date.today().isoformat().encode())
    for name, image in images.items():
        # The engine's own id too: the same config may lie behind another manifest, and rows are about that.
        digest.update(f"{image.engine_id} {image.config_digest} {handlers[name].digest} {image.config.labels}".encode())
    package = Path(__file__).parent
    for part in _JUDGES:
        for path in sorted((package / part).rglob("*")):
            if path.is_file() and path.suffix in {".py", ".toml"}:
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _remembered(path: Path) -> Report | None:
    try:
        return Report.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _run(options: SuiteOptions, say: Callable[[str], None]) -> Report:
    with tempfile.TemporaryDirectory(prefix="lambda-image-suite-") as name:
        folder = Path(name)
        report = folder / "report.json"
        asked = folder / "options.json"
        given = replace(options, reports=(("json", report),))
        asked.write_text(_absolute(given).as_json(), encoding="utf-8")
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        output = _pytest(folder, asked, say)
        try:
            return Report.from_json(report.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise SuiteBroke(
                "the suite ended without a report", hint="its last lines:\n" + "\n".join(output[-30:])
            ) from None


def _absolute(options: SuiteOptions) -> SuiteOptions:
    return replace(
        options,
        handlers=options.handlers.absolute() if options.handlers else None,
        waivers=options.waivers.absolute() if options.waivers else None,
    )


def _pytest(folder: Path, asked: Path, say: Callable[[str], None]) -> list[str]:
    command = [sys.executable, "-m", "pytest", "-p", _PLUGIN, "-p", "no:cacheprovider", "-c", "pytest.ini"]
    command += ["--rootdir", ".", "-p", "no:terminal"]
    command += ["--lambda-image-options", str(asked)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    output: list[str] = []
    # A session of its own: Ctrl-C of a terminal comes to this program alone, which hands it on, once.
    with (
        subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as child,
        _ending(child),
    ):
        assert child.stdout is not None
        for line in child.stdout:
            output.append(line.rstrip("\n"))
            say(output[-1])
    return output


@contextmanager
def _ending(child: subprocess.Popen[str]) -> Iterator[None]:
    """Ends the child in an orderly way where this program is to end; at the second asking, at once."""
    try:
        with interruptible():
            yield
    except KeyboardInterrupt:
        child.send_signal(signal.SIGINT)
        try:
            child.communicate()
        except KeyboardInterrupt:
            child.kill()
            raise Interrupted("the suite was stopped hard", hint="the next run removes its containers") from None
        raise Interrupted("the suite was interrupted; its containers are gone") from None


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM is an interrupt here, as at a terminal: by itself it ends Python at once, past every `finally`."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
