"""The lock's file: what is written is read again, sorted; what no lock has is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lambda_image.errors import ConfigurationError
from lambda_image.lock import Entry, Lock, parse, read, text, write
from lambda_image.lock.file import KINDS

# How long a machine takes to make examples is no fact about the file.
patiently = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
DIGESTS = st.binary(min_size=4, max_size=4).map(lambda some: f"sha256:{some.hex()}")
PACKAGES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9+._-]{0,8}", fullmatch=True)
# What a line of each kind may say, where that is not any words.
SAID: dict[str, st.SearchStrategy[list[str]]] = {
    "image": st.tuples(DIGESTS).map(list),
    "install": st.lists(st.builds("{}{}".format, st.sampled_from(["", "^"]), PACKAGES), max_size=3),
    "package": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9+.:~^_-]{0,8}", fullmatch=True).map(lambda one: [one]),
    "root": st.tuples(st.sampled_from(["image", "made"]), WORDS, DIGESTS).map(list),
    "virtual": PACKAGES.map(lambda one: [one]),
}


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    kind = draw(st.sampled_from(sorted(KINDS.keys() - {"created"})))
    key = [draw(PACKAGES if name == "package" else WORDS) for name in KINDS[kind]]
    return Entry(kind, tuple(key), tuple(draw(SAID.get(kind, st.lists(WORDS, min_size=1, max_size=3)))))


LOCK = Lock.of(
    [
        Entry("package", ("debian-13", "amd64", "libssl3"), ("3.5.1-1",)),
        Entry("install", ("debian-13", "amd64", "a,b"), ()),
        Entry("created", (), ("1764064000",)),
    ]
)


@patiently
@given(st.lists(entries()))
def test_what_is_written_is_read_again(many: list[Entry]) -> None:
    lock = Lock.of(many)
    assert list(parse(text(lock))) == list(lock)


@patiently
@given(st.lists(entries(), unique_by=lambda one: (one.kind, one.key)), st.randoms())
def test_the_same_facts_give_the_same_file_in_whatever_order_they_came(many: list[Entry], chance: object) -> None:
    shuffled = list(many)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert text(Lock.of(shuffled)) == text(Lock.of(many))


def test_a_fact_is_a_line_and_lines_are_sorted() -> None:
    first, *lines = text(LOCK).splitlines()
    assert first.startswith("# lambda-image.lock, format 1:")
    assert lines == [
        "created 1764064000",
        "install debian-13 amd64 a,b",
        "package debian-13 amd64 libssl3 3.5.1-1",
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("pakage debian-13 amd64 libssl3 3.5.1-1", "'package'"),
        ("package debian-13 amd64 libssl3", "`package DISTRO ARCHITECTURE PACKAGE VERSION`"),
        ("package  debian-13 amd64 libssl3 1", "`package DISTRO ARCHITECTURE PACKAGE VERSION`"),
        ("package debian-13 amd64 libssl3 3.5.1-1 3.5.1-2", "`package DISTRO ARCHITECTURE PACKAGE VERSION`"),
        ("package debian-13 amd64 libssl3 $(id)", "`package DISTRO ARCHITECTURE PACKAGE VERSION`"),
        ("package debian-13 amd64 $(id) 1", "`package DISTRO ARCHITECTURE PACKAGE VERSION`"),
        ("virtual debian-13 amd64 awk ;id", "`virtual DISTRO ARCHITECTURE NAME PACKAGE`"),
        ("install debian-13 amd64 a b `id`", "`install DISTRO ARCHITECTURE PACKAGES PACKAGE …`"),
        ("root debian-13 amd64 made root:1", "`root DISTRO ARCHITECTURE image|made REFERENCE DIGEST …`"),
        ("package debian-13 amd64 libssl3 3.5.1-1\npackage debian-13 amd64 libssl3 3.5.1-2", "there twice"),
        ("created yesterday", "`created SECONDS`, not 'created yesterday'"),
        ("<<<<<<< HEAD", "'<<<<<<<'"),
        ("", "''"),
    ],
)
def test_a_wrong_line_is_named(wrong: str, said: str) -> None:
    head = text(Lock()) + "package debian-12 amd64 libssl3 1\n"
    with pytest.raises(ConfigurationError) as caught:
        parse(f"{head}{wrong}\n", "some.lock")
    assert said in str(caught.value)
    assert f"some.lock, line {3 + wrong.count(chr(10))}" in caught.value.message


def test_a_later_format_is_told_from_what_is_no_lock() -> None:
    with pytest.raises(ConfigurationError, match="format 2, this program reads 1"):
        parse("# lambda-image.lock, format 2: other words\n")
    with pytest.raises(ConfigurationError, match="no lock"):
        parse('{"lock": 1}\n')


def test_there_may_be_no_file(tmp_path: Path) -> None:
    assert read(tmp_path / "lambda-image.lock") is None


@pytest.mark.parametrize("content", [b"\xff\xfe", b""])
def test_what_is_no_text_is_no_lock(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lambda-image.lock"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="no lock"):
        read(path)


def test_a_file_is_written_whole_with_the_usual_mode(tmp_path: Path) -> None:
    path = tmp_path / "lambda-image.lock"
    write(LOCK, path)
    assert path.stat().st_mode & 0o777 == 0o644
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert list(read(path) or ()) == list(LOCK)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write(LOCK, tmp_path / "none" / "lambda-image.lock")
