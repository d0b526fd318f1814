"""The templates themselves: every line is reached by some plan, every family has the same macros."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from types import FrameType
from typing import Any

import jinja2
import pytest
from golden.plans import FETCHING, PLANS, RESOLVING, catalog, context, plan
from lambda_image import render, resources

# A plan of each family.
SOME_PLAN = {"debian": "slim", "rpm": "al2023-python", "apk": "alpine-go"}
FAMILIES = sorted(path.stem for path in (resources.TEMPLATES / "families").glob("*.j2"))
LANGUAGES = sorted(path.stem for path in (resources.TEMPLATES / "languages").glob("*.j2"))
TEMPLATES = sorted(str(path.relative_to(resources.TEMPLATES)) for path in resources.TEMPLATES.rglob("*.j2"))


@pytest.fixture(scope="module")
def executed() -> dict[str, set[int]]:
    """Lines of each template's compiled code that rendering the golden plans runs."""
    lines: dict[str, set[int]] = defaultdict(set)
    folder = str(resources.TEMPLATES)

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        name = frame.f_code.co_filename
        if not name.startswith(folder):
            return None
        if event == "line":
            lines[name].add(frame.f_lineno)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for name in (*PLANS, *RESOLVING, *FETCHING):
            context(name)
    finally:
        sys.settrace(before)
    return lines


def unreached(environment: jinja2.Environment, source: str, executed: set[int]) -> dict[int, str]:
    """The template's lines that put out something and were not run.

    Text alone has no line of its own in Jinja's map: a compiled line stands for the nearest one above it.
    """
    template = environment.from_string(source)
    compiled = environment.compile(source, raw=True).splitlines()
    output = re.compile(r"yield |[.]append\(|[.]extend\(")
    missed = [n for n, line in enumerate(compiled, 1) if output.search(line) and n not in executed]
    lines = sorted({template.get_corresponding_lineno(number) for number in missed})
    return {line: source.splitlines()[line - 1] for line in lines}


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_line_is_reached_by_a_golden_plan(name: str, executed: dict[str, set[int]]) -> None:
    environment = render.environment(render.template_folders(catalog()))
    path = resources.TEMPLATES / name
    assert unreached(environment, path.read_text(), executed[str(path)]) == {}


def test_a_line_that_no_plan_reaches_is_found() -> None:
    """What judges is judged: text in a branch that is never taken counts."""
    environment = jinja2.Environment(loader=jinja2.DictLoader({}), trim_blocks=True, autoescape=False)
    source = "a\n{% if x %}\ndead\n{% endif %}\n"
    compiled = environment.compile(source, raw=True).splitlines()
    executed = {number for number, line in enumerate(compiled, 1) if "dead" not in line}
    assert unreached(environment, source, executed) == {2: "{% if x %}"}


def module(name: str, plan_name: str) -> Any:
    facts = render.look_up(plan(plan_name), catalog())
    own = {"secret_suffix": "", "stands_on": facts.distro}
    variables = {**render.template_variables(facts, digest="", created=""), **own}
    environment = render.environment(render.template_folders(catalog()))
    family = environment.get_template(f"families/{facts.distro.family}.j2").make_module(variables)
    upstream = environment.get_template("upstream.j2").make_module({**variables, "fetching_family": family})
    return environment.get_template(name).make_module({**variables, "family": family, "upstream": upstream})


@pytest.mark.parametrize("family", FAMILIES)
def test_family_has_every_macro(family: str) -> None:
    """This list is the interface between the skeleton, languages and families."""
    macros = module(f"families/{family}.j2", SOME_PLAN[family])
    assert macros.secret_names
    assert "type=secret" in macros.build_secrets()
    assert macros.install(["b", "a"]).startswith("RUN")
    assert "RUN" in macros.install_base((("b", "a"), ("c",)))
    assert "certificates/" in macros.certificates()


@pytest.mark.parametrize("family", FAMILIES)
def test_family_has_what_its_distributions_and_layouts_ask_for(family: str) -> None:
    macros = module(f"families/{family}.j2", SOME_PLAN[family])
    if any("slim" in distro.common for distro in catalog().distros.values() if distro.family == family):
        assert "/target" in macros.minimal_root("/target", ["a"], ["/usr/bin/a"], ["/usr/lib/*"])
    layouts = [layout for language in catalog().languages.values() for layout in language.layout]
    if any(layout.externally_managed for layout in layouts if family in layout.families):
        assert "/a" in macros.set_aside("/a")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("plan_name", ["standard", "slim"])
def test_language_exports_what_the_skeleton_asks_for(language: str, plan_name: str) -> None:
    own = f"{language}-{plan_name}"
    macros = module(f"languages/{language}.j2", own if own in PLANS else plan_name)
    assert "RUN" in macros.language_runtime()
    assert callable(macros.language_client)
    assert macros.minimal_stage


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_is_tidy(name: str) -> None:
    text = (resources.TEMPLATES / name).read_text()
    assert not [line for line in text.splitlines() if line != line.rstrip() or "\t" in line]
    assert text.endswith("\n")
    assert "\n\n\n" not in text


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_compares_no_names(name: str) -> None:
    """A comparison with a name or a number is a field missing in the data."""
    text = (resources.TEMPLATES / name).read_text()
    tags = [line for line in text.splitlines() if "{%" in line]
    assert not [line for line in tags if any(f" {sign} " in line for sign in ("==", "!=", "<", ">"))]
