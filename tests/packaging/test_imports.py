"""Imports point one way: cli → capabilities → plan and render → catalog, and a few modules that all may use.

What a module imports is read from its source, imports inside functions and for types included.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "toolkit" / "lambda_image"

# A unit is a module of the package, or a folder with all that is in it.
ALLOWED: dict[str, set[str]] = {
    # Foundations know nothing of ours.
    "__init__": set(),
    "architectures": set(),
    "errors": set(),
    "nearest": set(),
    "resources": set(),
    "mirrors": set(),
    "runtime_api": set(),
    # What goes into images.
    "catalog": {"errors", "nearest", "resources"},
    "additions": set(),
    "runtime_choice": {"catalog"},
    "nearby": {"catalog"},
    "plan": {"additions", "architectures", "catalog", "errors", "nearby", "nearest", "runtime_choice"},
    "go_module": set(),
    "pinned": {"catalog"},
    "installs": {"catalog"},
    "at_hand": {"catalog"},
    "render": {
        "__init__",
        "additions",
        "at_hand",
        "catalog",
        "errors",
        "go_module",
        "installs",
        "pinned",
        "plan",
        "resources",
    },
    "settings": {"additions", "catalog", "errors", "mirrors", "plan", "resources"},
    # The machine.
    "engine": {"errors", "resources"},
    "image_rules": {"architectures", "engine", "errors"},
    "sandbox": {"engine", "errors", "resources"},
    "route": {"errors", "runtime_api", "sandbox"},
    "progress": {"engine"},
    "host_apt": {"catalog", "errors"},
    "host_gem": set(),
    "host_go": set(),
    "host_maven": set(),
    "host_npm": set(),
    "host_pip": {"errors"},
    "secrets": {
        "catalog",
        "errors",
        "host_apt",
        "host_gem",
        "host_go",
        "host_maven",
        "host_npm",
        "host_pip",
        "settings",
    },
    # Capabilities.
    "downloads": {"catalog", "errors", "mirrors", "progress"},
    "offline_folder": {"at_hand", "engine", "errors", "nearest", "plan"},
    "root_disk": {"catalog", "errors"},
    "rootfs": {"catalog", "engine", "errors", "host_apt", "mirrors", "plan", "progress", "root_disk"},
    "runtime_source": {
        "catalog",
        "downloads",
        "errors",
        "host_pip",
        "offline_folder",
        "plan",
        "progress",
        "render",
        "secrets",
        "settings",
        "runtime_choice",
    },
    "oci_archive": {"engine", "errors", "plan", "progress", "render", "secrets"},
    "build": {
        "at_hand",
        "catalog",
        "downloads",
        "engine",
        "errors",
        "installs",
        "mirrors",
        "oci_archive",
        "offline_folder",
        "plan",
        "progress",
        "render",
        "resources",
        "rootfs",
        "runtime_source",
        "secrets",
        "settings",
    },
    "fetching": {
        "architectures",
        "at_hand",
        "build",
        "catalog",
        "engine",
        "errors",
        "offline_folder",
        "pinned",
        "plan",
        "progress",
        "render",
        "runtime_choice",
        "secrets",
        "settings",
    },
    "lock": {
        "additions",
        "build",
        "catalog",
        "engine",
        "errors",
        "installs",
        "nearest",
        "plan",
        "progress",
        "render",
        "rootfs",
        "runtime_source",
        "secrets",
        "settings",
    },
    "conformance": {
        "architectures",
        "__init__",
        "engine",
        "errors",
        "image_rules",
        "nearest",
        "resources",
        "route",
        "runtime_api",
        "sandbox",
    },
    "schemas": {"catalog", "settings"},
    "matrix": {"build", "catalog", "conformance", "engine", "errors", "judgement", "plan", "settings"},
    "judgement": {"catalog", "conformance", "engine", "errors", "resources", "settings"},
    "user_fixtures": {"conformance", "engine", "errors", "route", "runtime_api", "sandbox"},
    "pytest_plugin": {"conformance", "errors", "judgement", "runtime_api", "user_fixtures"},
    "test_server": {"errors", "runtime_api"},
    "bench": {
        "catalog",
        "conformance",
        "engine",
        "errors",
        "plan",
        "resources",
        "route",
        "runtime_api",
        "sandbox",
        "runtime_choice",
    },
    "doctor": {
        "catalog",
        "engine",
        "errors",
        "host_apt",
        "host_pip",
        "resources",
        "route",
        "sandbox",
        "secrets",
        "settings",
    },
    "listing": {"additions", "build", "catalog", "mirrors", "plan", "runtime_choice"},
    # The program.
    "cli": {
        "__init__",
        "bench",
        "build",
        "catalog",
        "conformance",
        "doctor",
        "downloads",
        "engine",
        "errors",
        "fetching",
        "image_rules",
        "judgement",
        "matrix",
        "offline_folder",
        "schemas",
        "listing",
        "lock",
        "plan",
        "progress",
        "render",
        "resources",
        "settings",
        "test_server",
    },
    "__main__": {"cli"},
}

# The only places where a package of others may be imported.
FOREIGN: dict[str, set[str]] = {
    # image_rules: docker's own reading of its credentials, and HTTP to registries.
    "docker": {"engine", "image_rules"},
    "requests": {"engine", "image_rules"},
    "urllib3": {"image_rules"},
    "jinja2": {"render"},
    "pydantic": {"catalog", "settings"},
    "pydantic_core": {"catalog"},
    "pytest": {"conformance", "pytest_plugin"},
    "rich": {"progress"},
    "typer": {"cli"},
}


def modules() -> Iterator[tuple[str, Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        unit = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        yield unit, path, ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported(tree: ast.Module) -> Iterator[tuple[str, ...]]:
    """Each imported name as its parts, e.g. ("lambda_image", "engine", "Engine")."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"a relative import on line {node.lineno}"
            yield from ((*(node.module or "").split("."), alias.name) for alias in node.names)


def edges() -> dict[str, dict[str, Path]]:
    """For each unit the units that it imports, and a file that does so."""
    units = {path.name.removesuffix(".py") for path in PACKAGE.iterdir()}
    found: dict[str, dict[str, Path]] = defaultdict(dict)
    for unit, path, tree in modules():
        for parts in imported(tree):
            if parts[0] == "lambda_image":
                target = parts[1] if len(parts) > 1 and parts[1] in units else "__init__"
                if target != unit:
                    found[unit][target] = path
    return found


def test_every_import_inside_the_package_is_an_allowed_edge() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {target}"
        for unit, targets in edges().items()
        for target, path in targets.items()
        if target not in ALLOWED.get(unit, set())
    ]
    assert not wrong, "\n".join(wrong)


def test_every_unit_stands_in_the_table() -> None:
    assert {unit for unit, _, _ in modules()} == set(ALLOWED)


def test_there_is_no_cycle() -> None:
    for graph in (ALLOWED, edges()):
        try:
            TopologicalSorter({unit: set(targets) for unit, targets in graph.items()}).prepare()
        except CycleError as error:
            pytest.fail(" → ".join(error.args[1]))


def test_packages_of_others_are_imported_where_they_belong() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {parts[0]}"
        for unit, path, tree in modules()
        for parts in imported(tree)
        if parts[0] not in sys.stdlib_module_names
        and parts[0] not in {"lambda_image", "awslambdaric"}
        and unit not in FOREIGN.get(parts[0], set())
    ]
    assert not wrong, "\n".join(wrong)


def test_only_the_engine_runs_the_docker_program() -> None:
    """The word alone, as an argument list has it; in a sentence it is no call."""
    wrong = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for unit, path, tree in modules()
        if unit != "engine"
        for node in ast.walk(tree)
        if isinstance(node, ast.List | ast.Tuple)
        and node.elts
        and isinstance(node.elts[0], ast.Constant)
        and node.elts[0].value == "docker"
    ]
    assert not wrong, "\n".join(wrong)
