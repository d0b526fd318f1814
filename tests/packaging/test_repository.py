"""What the repository holds, and what it must not."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

# Put together here, so that this file does not hold them itself. Packages are named by ecosystem, name, version and
# hash; which host serves them is a matter of the machine that builds.
REGISTRIES = (
    ("pypi", "org"),
    ("files.pythonhosted", "org"),
    ("registry.npmjs", "org"),
    ("deb.debian", "org"),
    ("security.debian", "org"),
    ("snapshot.debian", "org"),
    ("proxy.golang", "org"),
    ("repo1.maven", "org"),
    ("repo.maven.apache", "org"),
    ("crates", "io"),
    ("rubygems", "org"),
    ("api.nuget", "org"),
)
WORKSHOPS = ("/" + "work" + "/", "/" + "root" + "/", "/" + "workspace" + "/")


def text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def test_no_host_of_a_package_registry_is_named(root: Path, files: tuple[Path, ...]) -> None:
    words = [".".join(parts) for parts in REGISTRIES]
    found = [f"{path}: {word}" for path in files for word in words if word in text(root / path).lower()]
    assert not found, "\n".join(found)


def test_no_path_of_a_workshop_is_named(root: Path, files: tuple[Path, ...]) -> None:
    # In an image, root's home is what npm, Maven and others leave their caches in.
    pattern = re.compile(rf"(?<![\w./-])(?:{'|'.join(map(re.escape, WORKSHOPS))})(?!\.(?:cache|npm|config|m2)\b)")
    found = [f"{path}: {match[0]}" for path in files if (match := pattern.search(text(root / path)))]
    assert not found, "\n".join(found)


def test_lines_end_as_unix_does_and_files_end_with_a_line(root: Path, files: tuple[Path, ...]) -> None:
    contents = {path: (root / path).read_bytes() for path in files}
    assert not [str(path) for path, content in contents.items() if b"\r" in content and b"\0" not in content]
    assert not [str(path) for path, content in contents.items() if content and not content.endswith(b"\n")]


def test_data_files_parse(root: Path, files: tuple[Path, ...]) -> None:
    parsers = {".toml": tomllib.loads, ".json": json.loads}
    for path in files:
        if path.suffix in parsers:
            try:
                parsers[path.suffix](text(root / path))
            except ValueError as error:
                pytest.fail(f"{path}: {error}")


@pytest.mark.parametrize(
    "path",
    [
        "base-images/languages/ruby/client/lib/runtime_api.rb",
        "base-images/languages/java/client/build/keep.txt",
        "templates/lib/x.j2",
        "toolkit/lambda_image/build/x.py",
        "base-images/languages/nodejs/client/dist/x.js",
    ],
)
def test_git_ignores_no_folder_of_sources(root: Path, path: str) -> None:
    checked = subprocess.run(
        ["git", "-c", "core.excludesFile=/dev/null", "check-ignore", "--no-index", "-v", path],
        cwd=root,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 1, checked.stdout


def test_git_ignores_what_tools_leave(root: Path) -> None:
    for path in (".venv/x", "dist/x.whl", "toolkit/lambda_image/__pycache__/x.pyc", ".pytest_cache/x"):
        assert subprocess.run(["git", "check-ignore", "-q", path], cwd=root).returncode == 0, path


def test_scripts_can_be_run(root: Path, files: tuple[Path, ...]) -> None:
    """A file that says which program runs it is executable, unless it only goes into an image."""
    found = [
        str(path)
        for path in files
        if path.parts[0] in {"tools", ".ci"}
        and (root / path).read_bytes().startswith(b"#!")
        and not (root / path).stat().st_mode & 0o100
    ]
    assert not found


def test_ci_runs_the_tests(root: Path) -> None:
    assert re.search(r"^exec make test$", text(root / ".ci" / "run"), re.MULTILINE)
