"""The scripts that ask package managers, with stand-ins for those: what is read of their answers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from lambda_image import resources

BUILD = resources.BASE_IMAGES / "build"


def answers(folder: Path, family: str, programs: dict[str, str], sets: str) -> list[str]:
    for name, script in programs.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\n{script}")
        program.chmod(0o755)
    done = subprocess.run(
        ["sh", BUILD / f"{family}-resolve.sh"],
        input=sets,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": f"{folder}:/usr/bin:/bin"},
    )
    return done.stdout.splitlines()


APT = """
case "$*" in
*dist-upgrade)
	echo 'The following packages will be upgraded:'
	echo '   libc6 (2.41-12 => 2.41-12+deb13u1)' ;;
*" install "*)
	for last; do :; done
	echo 'The following additional packages will be installed:'
	echo '   libexpat1 (2.7.1-2)'
	echo 'Suggested packages:'
	echo '   other (5)'
	echo 'The following NEW packages will be installed:'
	echo '   libexpat1 (2.7.1-2)'
	[ "$last" = virtual ] || echo "   $last (1:3-4)"
	echo 'The following packages will be upgraded:'
	echo '   libc6 (2.41-12 => 2.41-12+deb13u1)'
	echo "1 upgraded, 2 newly installed, 0 to remove and 0 not upgraded."
	echo "'https://mirror.example/libexpat1_2.7.1-2_amd64.deb' libexpat1_2.7.1-2_amd64.deb 125744 MD5Sum:bd8a" ;;
esac
"""
APT_CACHE = """
case "$*" in
*gencaches) exit ;;
*showpkg*)
	printf '%s\\n' 'Package: virtual' 'Reverse Depends: ' '  dpkg,virtual' 'Dependencies: ' 'Provides: '
	printf '%s\\n' 'Reverse Provides: ' 'gawk 1 (= )' 'libexpat1 2.7.1-2 (= 1.0)'
	exit ;;
esac
shift
for name; do
	echo " $name | 2.7.1-2 | https://mirror.example trixie/main amd64 Packages"
	echo " $name | 2.7.1-1 | https://mirror.example trixie/main Sources"
done
"""
DPKG_QUERY = "printf '%s\\n' 'installed libc6 2.41-12' 'config-files old 1' 'installed dpkg 1.22'\n"


def test_apt_is_understood_by_a_stand_in(tmp_path: Path) -> None:
    programs = {"apt-get": APT, "apt-cache": APT_CACHE, "dpkg-query": DPKG_QUERY}
    assert answers(tmp_path, "debian", programs, "dpkg python3\npython3 gcc\nvirtual\n") == [
        "before libc6 2.41-12",
        "before dpkg 1.22",
        *(f"set 0 {one}" for one in ("libc6 2.41-12+deb13u1", "libexpat1 2.7.1-2", "python3 1:3-4")),
        *(f"set 1 {one}" for one in ("gcc 1:3-4", "libc6 2.41-12+deb13u1", "libexpat1 2.7.1-2")),
        *(f"set 2 {one}" for one in ("libc6 2.41-12+deb13u1", "libexpat1 2.7.1-2")),
        "provided 1 python3 libexpat1",
        "provided 2 virtual libexpat1",
        *(f"have {name} 2.7.1-2" for name in ("gcc", "libc6", "libexpat1", "python3")),
        "newer libc6 2.41-12+deb13u1",
    ]


@pytest.mark.parametrize("failing", ["gencaches", "install?--no", "dist-upgrade"])
def test_a_failing_apt_is_no_answer_by_a_stand_in(tmp_path: Path, failing: str) -> None:
    """Its words are left to be read; nothing is taken for "nothing to install"."""
    fails = f'case "$*" in *{failing}*) echo "E: Unable to locate package x" >&2; exit 100 ;; esac\n'
    programs = {"apt-get": fails + "true\n", "apt-cache": fails, "dpkg-query": DPKG_QUERY}
    with pytest.raises(subprocess.CalledProcessError) as caught:
        answers(tmp_path, "debian", programs, "x\n")
    assert "Unable to locate" in caught.value.stderr


APK = """
case "$*" in
*" policy "*)
	shift 2
	for name; do printf '%s policy:\\n  3:\\n    /srv/repository\\n' "$name"; done ;;
*" list "*)
	echo '<virtual> libffi-3.5.2-r0 x86_64 {libffi} (MIT)'
	echo '<virtual> other-1-r0 x86_64 {other} (MIT)' ;;
*upgrade) echo '(1/1) Upgrading busybox (1.37.0-r30 -> 1.37.0-r31)' ;;
*" add "*)
	echo '(1/2) Installing libffi (3.5.2-r0)'
	echo '(2/2) Upgrading busybox (1.37.0-r30 -> 1.37.0-r31)'
	echo 'OK: 12 MiB in 20 packages' ;;
esac
"""


def test_apk_is_understood_by_a_stand_in(tmp_path: Path) -> None:
    """What is installed is read from its database, here this machine's, which has none."""
    script = (BUILD / "apk-resolve.sh").read_text()
    database = tmp_path / "installed"
    database.write_text("P:busybox\nV:1.37.0-r30\nA:x86_64\n\nP:tzdata\nV:0\n\n")
    own = tmp_path / "apk-resolve.sh"
    own.write_text(script.replace("/lib/apk/db/installed", str(database)))
    apk = tmp_path / "apk"
    apk.write_text(f"#!/bin/sh\n{APK}")
    apk.chmod(0o755)
    done = subprocess.run(
        ["sh", own],
        input="tzdata libffi\nvirtual\n",
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
    )
    assert done.stdout.splitlines() == [
        "before busybox 1.37.0-r30",
        "before tzdata 0",
        "set 0 libffi 3.5.2-r0",
        "set 0 busybox 1.37.0-r31",
        "set 1 libffi 3.5.2-r0",
        "set 1 busybox 1.37.0-r31",
        "provided 1 virtual libffi",
        "have busybox 3",
        "have libffi 3",
        "newer busybox 1.37.0-r31",
    ]
