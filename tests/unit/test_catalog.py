"""The catalog: what it takes, what it refuses, and how it says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lambda_image import catalog as catalogs
from lambda_image import resources
from lambda_image.catalog import PLATFORMS
from lambda_image.errors import ConfigurationError
from lambda_image.plan import Selection, plans
from lambda_image.render import render

DISTRO = """
name = "own-1"
title = "Our own"
family = "debian"
package_manager = "apt"
libc = "glibc"
libc_version = "2.41"
released = 2025-01-01
end_of_support = 2030-01-01
image = "registry.example/own:1"
locale_packages = ["locales"]
like = "debian-13"

[platforms."linux/amd64"]
architecture = "amd64"
library_directory = "/usr/lib/x86_64-linux-gnu"
"""


def overlay(folder: Path, text: str, name: str = "distros/own.toml") -> catalogs.Catalog:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return catalogs.load((resources.BASE_IMAGES, folder))


def refused(folder: Path, text: str, name: str = "distros/own.toml") -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        overlay(folder, text, name)
    return caught.value


def test_our_own_catalog_loads() -> None:
    catalog = catalogs.load()
    assert catalog.languages["python"].default_version == "3.13"
    assert catalog.distros["debian-13"].end_of_support.year == 2030


def test_entries_know_where_they_come_from(tmp_path: Path) -> None:
    catalog = overlay(tmp_path, DISTRO)
    assert catalog.distros["own-1"].origin == tmp_path / "distros/own.toml"
    assert catalog.distros["debian-13"].origin == resources.BASE_IMAGES / "distros/debian-13.toml"


def test_unknown_key_names_file_key_and_nearest(tmp_path: Path) -> None:
    error = refused(tmp_path, DISTRO.replace("end_of_support", "end_of_suport"))
    assert f"{tmp_path}/distros/own.toml: unknown key 'end_of_suport'" in error.message
    assert "'end_of_support'" in error.hint


def test_unknown_key_deep_inside_names_its_path(tmp_path: Path) -> None:
    error = refused(tmp_path, DISTRO + 'libary_directory = "/lib"\n')
    assert "platforms.linux/amd64.libary_directory" in error.message
    assert "library_directory" in error.hint


def test_unknown_key_in_a_list_of_tables_names_its_position(tmp_path: Path) -> None:
    text = (resources.BASE_IMAGES / "languages/python/language.toml").read_text()
    text = "replaces = true\n" + text.replace("interpreter =", "interpretor =")
    error = refused(tmp_path, text, "languages/python/language.toml")
    assert "unknown key 'layout[1].interpretor'" in error.message
    assert "'interpreter'" in error.hint


def test_missing_key_is_named(tmp_path: Path) -> None:
    error = refused(tmp_path, DISTRO.replace('family = "debian"\n', ""))
    assert "key 'family' is missing" in error.message


def test_wrong_value_is_shown(tmp_path: Path) -> None:
    error = refused(tmp_path, DISTRO.replace('libc = "glibc"', 'libc = "glibcc"'))
    assert "key 'libc'" in error.message
    assert "'glibcc'" in error.message


def test_what_makes_the_locale_is_asked_for_where_apt_does_not_bring_it(tmp_path: Path) -> None:
    error = refused(tmp_path, DISTRO.replace('locale_packages = ["locales"]\n', "").replace('like = "debian-13"\n', ""))
    assert 'locale_packages = ["locales"]' in error.message


def test_a_package_manager_that_the_family_s_template_does_not_know_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, DISTRO.replace('"apt"', '"zypper"'))
    assert "the family debian installs by apt, not by 'zypper'" in error.message
    assert "templates/families/FAMILY.j2" in error.message


TUTORIAL = Path(__file__).parents[2] / "docs/tutorial"


def test_a_family_without_a_template_says_which_file_is_missing(tmp_path: Path) -> None:
    error = refused(tmp_path, DISTRO.replace('family = "debian"', 'family = "suse"'))
    assert "family: there is no template templates/families/suse.j2" in error.message
    assert "there are apk, debian, rpm; a new one lies in the overlay" in error.hint


def test_a_language_without_a_template_says_which_file_is_missing(tmp_path: Path) -> None:
    shutil.copytree(TUTORIAL / "overlay/languages", tmp_path / "languages")
    with pytest.raises(ConfigurationError, match=r"there is no template templates/languages/shell\.j2"):
        catalogs.load((resources.BASE_IMAGES, tmp_path))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [("{{ runtime.linsk }}", "shell.j2:1: .* has no attribute 'linsk'"), ("{% enfor %}", "shell.j2:1: .*'enfor'")],
)
def test_a_template_of_one_s_own_that_goes_wrong_is_told_by_its_line(wrong: str, said: str, tmp_path: Path) -> None:
    shutil.copytree(TUTORIAL / "overlay", tmp_path / "overlay")
    (tmp_path / "overlay/templates/languages/shell.j2").write_text(f"{wrong}\n")
    catalog = catalogs.load((resources.BASE_IMAGES, tmp_path / "overlay"))
    (plan,) = plans(catalog, Selection(languages=("shell",), platforms=("linux/amd64",)))
    with pytest.raises(ConfigurationError, match=said):
        render(plan, catalog)


def test_broken_toml_names_the_file_and_line(tmp_path: Path) -> None:
    error = refused(tmp_path, "name = \n")
    assert "own.toml: not valid TOML" in error.message
    assert "line 1" in error.message


def test_replacing_must_be_said(tmp_path: Path) -> None:
    text = DISTRO.replace('"own-1"', '"debian-13"').replace('like = "debian-13"\n', "")
    error = refused(tmp_path, text)
    assert "is there already" in error.message
    assert "replaces = true" in error.hint
    catalog = overlay(tmp_path, "replaces = true\n" + text)
    assert catalog.distros["debian-13"].title == "Our own"


def test_reference_to_nothing_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, DISTRO.replace("debian-13", "debian-31"))
    assert "like: there is no 'debian-31'" in error.message
    assert "debian-13" in error.hint


def test_distro_needs_a_root(tmp_path: Path) -> None:
    error = refused(tmp_path, DISTRO.replace('image = "registry.example/own:1"\n', ""))
    assert "needs a root" in error.message


def test_origin_cannot_be_said(tmp_path: Path) -> None:
    assert "origin" in refused(tmp_path, 'origin = "x"\n' + DISTRO).message


def test_no_such_overlay_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no catalog folder"):
        catalogs.load((resources.BASE_IMAGES, tmp_path / "none"))


def test_every_pin_has_both_architectures() -> None:
    for language in catalogs.load().languages.values():
        for client in language.client:
            for pin in client.pin:
                for version in {hash_.version for hash_ in pin.hashes}:
                    assert all(pin.hashes_for(version, platform) for platform in PLATFORMS)


def test_pin_that_lacks_an_architecture_is_refused(tmp_path: Path) -> None:
    source = resources.BASE_IMAGES / "languages/python/language.toml"
    lines = [line for line in source.read_text().splitlines() if "2215bca01bbd" not in line]
    error = refused(tmp_path, "replaces = true\n" + "\n".join(lines), "languages/python/language.toml")
    assert "awslambdaric 4.2.2 has no hash for version 3.13 on linux/amd64" in error.message


def test_data_names_no_registry_host() -> None:
    """Packages are named by ecosystem, name, version and hash; registries and mirrors are the user's. What an upstream
    offers on a host of its own is a download, which has a checksum."""
    for path in [*resources.BASE_IMAGES.rglob("*.toml"), *resources.TEMPLATES.rglob("*.j2")]:
        lines = [line for line in path.read_text().replace("file://", "").splitlines() if "://" in line]
        assert all("{ url = " in line and (", sha512 = " in line or ", sha256 = " in line) for line in lines), lines
