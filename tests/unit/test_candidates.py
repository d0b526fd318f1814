"""How a version gets onto a distribution: packages, binaries, sources put together from three files."""

from __future__ import annotations

from pathlib import Path

import pytest
from lambda_image import catalog as catalogs
from lambda_image import resources
from lambda_image.catalog import Runtime, Unfit, candidates
from lambda_image.errors import ConfigurationError
from lambda_image.plan import Selection, plans
from lambda_image.render import render

CATALOG = catalogs.load()


def found(language: str, version: str, distro: str) -> tuple[Runtime | Unfit, ...]:
    of = CATALOG.languages[language]
    one = of.find_version(version)
    assert one is not None
    return candidates(CATALOG, of, one, CATALOG.distros[distro])


def runtime(language: str, version: str, distro: str, source: str) -> Runtime:
    (one,) = [
        one
        for one in found(language, version, distro)
        if isinstance(one, Runtime) and one.source == source and not (one.upstream and one.upstream.stand_in)
    ]
    return one


def test_no_blank_is_left_in_any_runtime() -> None:
    for language in CATALOG.languages.values():
        for version in language.version:
            for distro in CATALOG.distros.values():
                for one in candidates(CATALOG, language, version, distro):
                    if isinstance(one, Runtime):
                        assert "{version}" not in one.model_dump_json()


def test_the_order_is_that_of_the_policy() -> None:
    assert [one.source for one in found("python", "3.8", "al2")] == ["packages", "archive", "source"]


def test_a_distribution_s_row_wins_over_its_family_s_layout() -> None:
    assert runtime("nodejs", "22", "al2023", "packages").interpreter == "/usr/bin/node-22"
    assert runtime("nodejs", "18", "al2023", "packages").interpreter == "/usr/bin/node"


def test_common_packages_come_to_the_language_s() -> None:
    packages = runtime("python", "3.12", "al2023", "packages").packages
    assert {"ca-certificates", "python3.12"} <= set(packages["standard"])
    assert {"gcc", "python3.12-devel"} <= set(packages["build"])


def test_what_is_compiled_brings_its_libraries_into_the_image_and_its_compilers_into_a_stage() -> None:
    one = runtime("python", "3.14", "al2", "source")
    assert "openssl11-libs" in one.packages["standard"]
    assert "openssl11-devel" not in one.packages["standard"]
    assert "openssl11-devel" in one.libraries.compile


@pytest.mark.parametrize(("version", "has_sqlite"), [("3.12", True), ("3.13", False), ("3.14", False)])
def test_what_needs_a_newer_library_than_a_distribution_has_is_compiled_without_it(
    version: str, has_sqlite: bool
) -> None:
    """And said so; what brings its own libraries has it, and so has every distribution whose library is new enough."""
    words = "it is compiled without sqlite, of which it needs 3.15.2: Amazon Linux 2 has 3.7.17"
    assert runtime("python", version, "al2", "source").left_out == ({} if has_sqlite else {"sqlite": words})
    assert runtime("python", version, "al2", "archive").left_out == {}
    assert runtime("python", version, "al2023", "source").left_out == {}
    selection = Selection(languages=("python",), versions=(version,), distros=("al2",), source="source")
    (plan,) = plans(CATALOG, selection)
    assert (words in plan.caution) is not has_sqlite
    text = render(plan, CATALOG).files["Dockerfile"].content.decode()
    assert ("sqlite3, ssl" in text) is has_sqlite


def test_each_python_gets_the_newest_pip_that_runs_on_it() -> None:
    for version, pip in (("3.8", "25.0.1"), ("3.9", "26.0.1"), ("3.10", "26.3"), ("3.14", "26.3")):
        (pin,) = runtime("python", version, "al2", "archive").package_manager
        assert pin.version == pip


def test_a_like_distribution_has_the_other_s_packages_and_libraries() -> None:
    one = runtime("python", "3.12", "al2023-minimal", "packages")
    assert one.distros == ("al2023-minimal",)
    assert one.packages == runtime("python", "3.12", "al2023", "packages").packages
    assert runtime("ruby", "3.3", "al2023-minimal", "source").libraries.compile


def refused(folder: Path, text: str) -> ConfigurationError:
    (folder / "distros").mkdir(exist_ok=True)
    (folder / "distros/al2.toml").write_text("replaces = true\n" + text)
    with pytest.raises(ConfigurationError) as caught:
        catalogs.load((resources.BASE_IMAGES, folder))
    return caught.value


def test_a_row_of_a_language_or_version_that_is_not_there_is_refused(tmp_path: Path) -> None:
    text = (resources.DISTROS / "al2.toml").read_text()
    error = refused(tmp_path, text.replace('language = "python"', 'language = "pyton"'))
    assert "runtime: language: there is no 'pyton'" in error.message
    assert "'python'" in error.hint
    error = refused(tmp_path, text.replace('version = "3.8"', 'version = "3.7"'))
    assert "runtime: python version: there is no '3.7'" in error.message


def test_what_is_linked_needs_what_compiles_it(tmp_path: Path) -> None:
    text = (resources.DISTROS / "al2.toml").read_text()
    start = text.index("compile = [")
    error = refused(tmp_path, text[:start] + text[text.index("]", start) + 2 :])
    assert "source and compile belong together" in error.message


def test_no_upstream_is_without_a_checksum_or_a_reason() -> None:
    for language in CATALOG.languages.values():
        for version in language.version:
            for upstream in (*version.archive, *version.source):
                assert (
                    upstream.files
                    or upstream.variants
                    or upstream.module
                    or upstream.registry
                    or upstream.source_package
                    or upstream.unpinned
                )
                files = [upstream.files, *upstream.variants.values()]
                assert all(file.sha256 or file.sha512 for one in files for file in one.values())


def test_a_checksum_copied_by_hand_is_said_to_be_one() -> None:
    """As the data that it comes from says; those of the lines below were extracted by a program."""
    for line in ("3.8", "3.9"):
        upstream = runtime("python", line, "al2", "source").upstream
        assert upstream is not None
        assert not upstream.caution
    for line in ("3.10", "3.11", "3.12", "3.13", "3.14"):
        upstream = runtime("python", line, "al2", "source").upstream
        assert upstream is not None
        assert "copied by hand" in upstream.caution
