"""What is said to hold a field case is there: the requirement, the test, the event of a table, for that language."""

from __future__ import annotations

import importlib
import re
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from lambda_image import catalog as catalogs
from lambda_image import resources
from lambda_image.conformance import contract, requirement
from lambda_image.plan import Selection, plans
from lambda_image.render import render

ROOT = Path(__file__).resolve().parent.parent.parent
LANGUAGES = ("python", "nodejs", "java", "dotnet", "go", "ruby")
CASES: list[dict[str, Any]] = tomllib.loads((ROOT / "tests/field-cases.toml").read_text(encoding="utf-8"))["case"]
KEYS = {"name", "reported_for", "source", "holds", "partly", "all", *LANGUAGES}
# How a test of that name begins in a file of that kind.
BEGINNINGS = {
    ".py": r"^ *(async )?def {name}\(",
    ".js": r'^test\("{name}"',
    ".rb": r"^ *def {name}$",
    ".go": r"^func {name}\(t \*testing\.T\)",
    ".java": r"^    static void {name}\(\)",
    ".cs": r'Named\("{name}", ',
}
REFERENCE = re.compile(r"(?P<file>[\w./-]+)::(?P<name>[^\[]+)(\[(?P<event>.+)\])?")


def ids(case: dict[str, Any]) -> str:
    return str(case["name"])


def entries(case: dict[str, Any], language: str) -> list[str]:
    """What holds a case in a language; nothing where it does not apply."""
    own = case.get(language, [])
    return [] if isinstance(own, str) else [*case.get("all", []), *own]


@cache
def module(file: str) -> ModuleType:
    return importlib.import_module(file.removeprefix("tests/").removesuffix(".py").replace("/", "."))


@cache
def capabilities(language: str) -> frozenset[str]:
    text = (resources.LANGUAGES / language / "handlers/conformance.toml").read_text(encoding="utf-8")
    return frozenset(contract.parse(text, origin=language, files={}).capabilities)


def languages_of(file: str, name: str) -> set[str]:
    """The languages that a test is about: those of its folder or file, those that it is given, or all."""
    for language in LANGUAGES:
        if f"/languages/{language}/" in file or file.endswith(f"/test_image_{language}.py"):
            return {language}
    found = set(LANGUAGES)
    for mark in getattr(getattr(module(file), name), "pytestmark", []):
        names = mark.args[0] if mark.name == "parametrize" else ()
        names = re.split(r",\s*", names) if isinstance(names, str) else list(names)
        for at, one in enumerate(names):
            if one in ("language", "function"):
                values = [value[at] if len(names) > 1 else value for value in mark.args[1]]
                found &= {value.split()[0] for value in values}
    return found


def events(file: str, name: str, language: str) -> set[str]:
    """What a test is given, one by one: events of a table of the language's, or parameters."""
    if hasattr(module(file), "ANSWERS"):
        tables = [table for function, table in module(file).ANSWERS.items() if function.split()[0] == language]
        return {event for table in tables for event in table}
    marks = [mark for mark in getattr(module(file), name).pytestmark if mark.name == "parametrize"]
    return {value for mark in marks for value in mark.args[1] if isinstance(value, str)}


def faults(reference: str, language: str) -> list[str]:
    """What is wrong with naming this for a language."""
    if "::" not in reference:
        if reference not in requirement.load():
            return [f"{reference} is no requirement"]
        missing = set(requirement.load()[reference].needs) - capabilities(language)
        return [f"{reference} is not judged in {language}: it needs {', '.join(missing)}"] if missing else []
    parts = REFERENCE.fullmatch(reference)
    if parts is None:
        return [f"{reference} is neither a requirement nor FILE::NAME"]
    file, name, event = parts["file"], parts["name"], parts["event"]
    path = ROOT / file
    if not path.is_file():
        return [f"{file} does not exist"]
    begins = BEGINNINGS[path.suffix].format(name=re.escape(name))
    if not re.search(begins, path.read_text(encoding="utf-8"), re.MULTILINE):
        return [f"{file} has no test {name}"]
    if language not in languages_of(file, name):
        return [f"{reference} is not about {language}"]
    if event is not None and event not in events(file, name, language):
        return [f"{name} has no {event} in {language}"]
    return []


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_a_case_says_of_each_language_what_holds_it_or_why_it_does_not_apply(case: dict[str, Any]) -> None:
    assert set(case) <= KEYS
    assert case["source"]
    assert case["holds"].endswith(".")
    for language in LANGUAGES:
        if isinstance(case.get(language), str):
            assert case[language].startswith(("not applicable: ", "not held: "))
            assert "all" not in case
        else:
            assert entries(case, language), language


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_what_holds_a_case_is_there_and_about_that_language(case: dict[str, Any]) -> None:
    found = [fault for language in LANGUAGES for one in entries(case, language) for fault in faults(one, language)]
    assert found == []


def test_no_two_cases_have_one_name_and_those_of_a_kind_stand_together() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES)
    groups = [case["reported_for"] for case in CASES]
    assert [group for at, group in enumerate(groups) if at == 0 or groups[at - 1] != group] == list(
        dict.fromkeys(groups)
    )


@pytest.mark.parametrize(
    ("reference", "language", "fault"),
    [
        ("RAPI-RESP-999", "python", "is no requirement"),
        ("LAYER-003", "python", "is not judged in python"),
        ("tests/engine/test_none.py::test_x", "go", "does not exist"),
        ("tests/engine/test_field_cases.py::test_x", "go", "has no test test_x"),
        (
            "tests/engine/test_field_cases.py::test_a_time_is_what_the_library_that_the_function_loads_makes_of_it",
            "go",
            "is not about go",
        ),
        ("base-images/languages/go/client/lambda/client_test.go::TestReadersAreStreamed", "ruby", "is not about ruby"),
        (
            "tests/engine/test_misbehaving_functions.py::test_each_event_is_answered_once_by_the_same_process[goexits]",
            "go",
            "has no goexits in go",
        ),
    ],
)
def test_what_is_not_there_is_told(reference: str, language: str, fault: str) -> None:
    (told,) = faults(reference, language)
    assert fault in told


# Sources, tests of them, and data.
TEXTS = {
    "python": {".py", ".toml"},
    "nodejs": {".js", ".json", ".cjs", ".mjs"},
    "java": {".java", ".sh"},
    "dotnet": {".cs", ".sh", ".json", ""},
    "go": {".go", ".mod"},
    "ruby": {".rb", ""},
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_client_has_a_native_part(language: str) -> None:
    folder = resources.LANGUAGES / language / "client"
    # What tools leave is no part of it.
    left = [path for path in folder.rglob("*") if path.name.startswith((".", "__pycache__"))]
    files = [path for path in folder.rglob("*") if path.is_file() and not {path, *path.parents} & set(left)]
    assert {path.suffix for path in files} == TEXTS[language]
    assert all(b"\0" not in path.read_bytes() for path in files)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_image_names_its_client_in_a_label(language: str) -> None:
    catalog = catalogs.load()
    for plan in plans(catalog, Selection(languages=(language,), variants=("*",), clients=("*",))):
        dockerfile = render(plan, catalog).files["Dockerfile"].content.decode()
        assert f'lambda-image.client="{plan.client}"' in dockerfile
        assert f'lambda-image.client-version="{plan.client_version}"' in dockerfile
