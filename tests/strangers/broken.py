"""Judges the mistakes of `broken.toml`: `python tests/strangers/broken.py [NAME…]` builds each and prints which rows
failed, which should have, and, with `--messages`, what a stranger would read."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

HERE = Path(__file__).resolve().parent
BAD = ("FAIL", "DIFFERS", "ERROR")
Finding = dict[str, object]
# Left out unless a mistake names them: what holds for long, and what sends hundreds of events.
LONG = ("RAPI-NEXT-002", "RAPI-NEXT-003", "RAPI-NEXT-011", "RAPI-RESP-014", "CTX-005", "RAPI-HTTP-006", "RAPI-RESP-006")


@dataclass(frozen=True, kw_only=True)
class Broken:
    """One mistake."""

    name: str
    base: str
    file: str
    why: str
    fails: tuple[str, ...]
    also: tuple[str, ...]
    edits: tuple[tuple[str, str, str], ...]

    def write(self, folder: Path) -> None:
        """The stranger with the mistake."""
        shutil.copytree(HERE / self.base, folder, dirs_exist_ok=True)
        for name, before, after in self.edits:
            text = (folder / name).read_text()
            assert text.count(before) == 1, f"{self.name}: {before!r} stands {text.count(before)} times in {name}"
            (folder / name).write_text(text.replace(before, after))

    def strays(self, failed: set[str]) -> set[str]:
        """Rows that failed and have nothing to do with it."""
        return {row for row in failed - set(self.fails) if not any(fnmatch(row, one) for one in self.also)}


def load() -> dict[str, Broken]:
    """All of them, by name."""
    found = {}
    for values in tomllib.loads((HERE / "broken.toml").read_text())["broken"]:
        edits = [(values["file"], *edit) for edit in values.pop("edits")] + values.pop("more", [])
        found[values["name"]] = Broken(**{**values, "edits": tuple(map(tuple, edits))})
    return found


def build(folder: Path, tag: str, root: str) -> str:
    """As anyone would build it, with the two options that Lambda needs and an OCI manifest."""
    output = f"type=image,name={tag},oci-mediatypes=true"
    command = ["docker", "buildx", "build", "--quiet", "--provenance=false", "--sbom=false", f"--output={output}"]
    subprocess.run([*command, f"--build-arg=ROOT={root}", str(folder)], check=True, capture_output=True, text=True)
    return tag


def judge(image: str, *options: str, folder: Path = HERE) -> list[Finding]:
    """The findings of a quick run that is called in that folder."""
    with tempfile.TemporaryDirectory() as kept:
        report = Path(kept) / "report.json"
        command = [sys.executable, "-m", "lambda_image", "test", image, "--quick", f"--report=json={report}", *options]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert report.is_file(), done.stdout + done.stderr
        found: list[Finding] = json.loads(report.read_text())["images"][0]["findings"]
        return found


def failed_rows(findings: list[Finding]) -> set[str]:
    """Requirements that were not met, or could not be judged for a fault of the suite."""
    return {str(one["requirement"]) for one in findings if one["outcome"] in BAD}


def main(names: list[str]) -> None:
    from lambda_image.conformance.requirement import load as load_requirements
    from lambda_image.engine import Engine
    from root import root

    messages = "--messages" in names
    rows = [name for name, one in load_requirements().items() if one.profile == "core" and name not in LONG]
    chosen = [one for one in load().values() if one.name in names or not set(names) - {"--messages"}]
    with Engine.connect() as engine:
        base = root(engine)
    for one in chosen:
        with tempfile.TemporaryDirectory() as folder:
            one.write(Path(folder))
            image = build(Path(folder), f"lambda-image-test/broken:{one.name}", base)
        findings = judge(
            image, f"--handlers={HERE / one.base / 'handlers'}", *(f"--only={row}" for row in {*rows, *one.fails})
        )
        failed = failed_rows(findings)
        missed = set(one.fails) - failed
        print(f"{one.name}: failed {sorted(failed)}; missed {sorted(missed)}; strays {sorted(one.strays(failed))}")
        for finding in findings if messages else ():
            if finding["outcome"] in BAD:
                words = "".join(f"      {key}: {finding[key]}\n" for key in ("sent", "expected", "got"))
                print(f"   {finding['requirement']}\n{words}")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
