"""What the families' scripts for minimal roots have in common, run as they source it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from lambda_image import resources

COMMON = resources.BASE_IMAGES / "build/minimal-root.sh"
FAMILIES = sorted(path for path in COMMON.parent.glob("*-minimal-root.sh"))


def said(script: str, *arguments: str) -> str:
    command = ["sh", "-c", f". {COMMON}\n{script}", "script", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("patterns", "out"),
    [
        ([], []),
        (["--"], []),
        (["--", "+/usr/bin/x"], []),
        (["--", "/usr/lib/a"], ["/usr/lib/a", "/usr/lib/a/b"]),
        (["--", "/usr/*/a/b", "+/usr/bin/x"], ["/usr/lib/a/b"]),
    ],
)
def test_only_what_matches_a_pattern_stays_out(patterns: list[str], out: list[str], tmp_path: Path) -> None:
    """Without a pattern all is in: an image whose packages need no trimming has all their files."""
    paths = ["/usr/lib/a", "/usr/lib/a/b", "/usr/lib/c", "/usr/bin/x"]
    script = "for path in " + " ".join(paths) + '; do if matches_pattern "$path"; then echo "$path"; fi; done'
    assert said(script, str(tmp_path / "root"), "one", "two", *patterns).splitlines() == out


def test_it_leaves_the_packages_and_the_programs(tmp_path: Path) -> None:
    script = 'cat "$work/named"; echo -; cat "$work/programs"; if is_program /usr/bin/x; then echo yes; fi'
    found = said(script, str(tmp_path / "root"), "one", "two", "--", "+/usr/bin/x", "/usr/lib/a")
    assert found.split() == ["one", "two", "-", "/usr/bin/x", "yes"]


def test_a_library_that_is_not_in_ends_it(tmp_path: Path) -> None:
    """Of a program and of a folder whose name begins with a point; what is no program is not asked."""
    root = tmp_path / "root"
    folder = root / "usr/.hidden"
    folder.mkdir(parents=True)
    (folder / "program").write_bytes(Path("/bin/sh").read_bytes())
    (folder / "program").chmod(0o755)
    (root / "text").write_text("no program\n")
    command = ["sh", "-c", f". {COMMON}\nnothing_is_missing", "script", str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "missing: " in done.stderr
    assert "libc" in done.stderr


@pytest.mark.parametrize("script", FAMILIES, ids=lambda path: path.name)
def test_every_family_sources_it(script: Path) -> None:
    assert '. "${0%/*}/minimal-root.sh"\n' in script.read_text()
