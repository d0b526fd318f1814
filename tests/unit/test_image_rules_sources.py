"""One image in every form gives one verdict, and hostile forms end in bounds, with an error or a finding."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from lambda_image import image_rules
from lambda_image.errors import ChecksFailed, UsageError
from lambda_image.image_rules.compression import BrokenLayer
from lambda_image.image_rules.layer import Allowance, read_layer
from lambda_image.image_rules.model import DocumentError, parse_json
from lambda_image.image_rules.sources import Transport, parse
from lambda_image.image_rules.sources.archive import from_pieces
from lambda_image.image_rules.sources.registry import parse_place
from lambda_image.image_rules.sources.session import is_local
from lambda_image.image_rules.tar import Pieces, TarReader
from lambda_image.image_rules.tree import Tree
from unit.image_rules_writer import (
    DOCKER,
    OCI_INDEX,
    OCI_LAYER,
    Image,
    Member,
    archive,
    base,
    digest,
    folder,
    function,
    program,
    tar,
    write_archive,
    write_folder,
)

DIGEST = "sha256:" + "a" * 64
FAULTY = Image(kind=DOCKER, layers=[base(), [*function(), Member(b"srv/x")]], config={"os": "windows"})


def rules(view: image_rules.View) -> set[str]:
    return {finding.rule for finding in image_rules.check(view)}


def in_every_form(tmp_path: Path) -> Iterator[str]:
    layout = FAULTY.layout()
    yield "oci-archive:" + write_archive(tmp_path / "oci.tar", layout)
    yield "oci-dir:" + write_folder(tmp_path / "oci", layout)
    yield f"oci:{tmp_path / 'oci'}:1"
    (tmp_path / "oci.tar.gz").write_bytes(gzip.compress(archive(layout)))
    yield f"oci-archive:{tmp_path / 'oci.tar.gz'}"
    yield "docker-archive:" + write_archive(tmp_path / "20.tar", FAULTY.docker_20())
    yield f"docker-archive:{tmp_path / '20.tar'}:f:1"


def test_an_image_has_the_same_faults_in_every_form(tmp_path: Path) -> None:
    for reference in in_every_form(tmp_path):
        report = image_rules.lint(image_rules.read(reference))
        assert {finding.rule for finding in report.findings} == {"missing-parent", "os"}, reference
        assert report.config_digest == digest(FAULTY._config()), reference
        assert report.size == sum(map(len, FAULTY.tars())), reference


def test_an_old_archive_says_what_it_does_not_know(tmp_path: Path) -> None:
    view = image_rules.read("docker-archive:" + write_archive(tmp_path / "x.tar", Image().docker_20()))
    assert rules(view) == set()
    assert "no manifest" in view.unknown[0]


@pytest.mark.parametrize(
    ("words", "transport", "name"),
    [
        ("python:3.13", Transport.DOCKER, "python:3.13"),
        ("registry:2", Transport.DOCKER, "registry:2"),
        ("localhost:5000/f:1", Transport.DOCKER, "localhost:5000/f:1"),
        ("docker:f:1", Transport.DOCKER, "f:1"),
        ("docker-daemon:f:1", Transport.DOCKER, "f:1"),
        ("registry:localhost:5000/f:1", Transport.REGISTRY, "localhost:5000/f:1"),
        ("docker://example.com/f", Transport.REGISTRY, "example.com/f"),
        ("oci-archive:a/b.tar", Transport.OCI_ARCHIVE, "a/b.tar"),
        ("oci-dir:/x", Transport.OCI_DIR, "/x"),
        ("docker-archive:x.tar", Transport.DOCKER_ARCHIVE, "x.tar"),
    ],
)
def test_references_are_read_as_skopeo_and_podman_write_them(words: str, transport: Transport, name: str) -> None:
    assert (parse(words).transport, parse(words).name) == (transport, name)


@pytest.mark.parametrize("words", ["", "registry:", "oci-archve:x.tar"])
def test_words_that_name_no_image(words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(words)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "registry", "repository", "at"),
    [
        ("debian", "docker.io", "library/debian", "latest"),
        ("a/b:1", "docker.io", "a/b", "1"),
        ("localhost/a", "localhost", "a", "latest"),
        ("127.0.0.1:5000/a/b:1", "127.0.0.1:5000", "a/b", "1"),
        (f"1.dkr.ecr.eu-west-1.amazonaws.com/a@{DIGEST}", "1.dkr.ecr.eu-west-1.amazonaws.com", "a", DIGEST),
        (f"example.com/a:1@{DIGEST}", "example.com", "a", DIGEST),
    ],
)
def test_names_in_registries(name: str, registry: str, repository: str, at: str) -> None:
    place = parse_place(name)
    assert (place.registry, place.repository, place.at) == (registry, repository, at)


@pytest.mark.parametrize(
    "name", ["example.com/../x", "example.com/A", "example.com/a:b c", "example.com/a@sha256:1", "e.com:x/a", "e/a?b"]
)
def test_names_that_no_registry_takes(name: str) -> None:
    with pytest.raises(UsageError):
        parse_place(name)


def test_only_this_machine_is_local() -> None:
    assert all(map(is_local, ["localhost", "localhost:5000", "127.0.0.1:1", "[::1]:5000", "x.localhost"]))
    assert not any(map(is_local, ["10.0.0.1", "localhost.example.com", "example.com:443", "128.0.0.1"]))


# Which image


def test_several_images_in_one_archive_want_a_name(tmp_path: Path) -> None:
    one, two = Image().layout(), FAULTY.layout()
    listed = json.loads(one["index.json"])["manifests"] + json.loads(two["index.json"])["manifests"]
    listed[1]["annotations"] = {"org.opencontainers.image.ref.name": "2"}
    files = {**one, **two, "index.json": json.dumps({"manifests": listed}).encode()}
    path = write_archive(tmp_path / "two.tar", files)
    with pytest.raises(UsageError, match="several images") as caught:
        image_rules.read(f"oci-archive:{path}")
    assert "1, 2" in caught.value.hint
    assert rules(image_rules.read(f"oci-archive:{path}:1")) == set()
    assert rules(image_rules.read(f"oci-archive:{path}:2")) == {"missing-parent", "os"}
    with pytest.raises(UsageError, match="no image '3'"):
        image_rules.read(f"oci-archive:{path}:3")


def two_platforms() -> dict[str, bytes]:
    """An index of amd64 and arm64, of which only the second is faulty; nested in another index."""
    one, two = Image().layout(), FAULTY.layout()
    tops = [json.loads(files["index.json"])["manifests"][0] for files in (one, two)]
    for top, architecture in zip(tops, ("amd64", "arm64"), strict=True):
        top["platform"] = {"os": "linux", "architecture": architecture}
    files = {**one, **two}
    entries = tops
    for _ in range(2):
        inner = json.dumps({"mediaType": OCI_INDEX, "manifests": entries}).encode()
        files["blobs/" + digest(inner).replace(":", "/")] = inner
        entries = [{"mediaType": OCI_INDEX, "digest": digest(inner), "size": len(inner)}]
    files["index.json"] = json.dumps({"manifests": entries}).encode()
    return files


def test_the_platform_chooses_in_an_index() -> None:
    pieces = [archive(two_platforms())]
    assert rules(from_pieces("x", pieces, platform="linux/amd64")) == {"index"}
    assert rules(from_pieces("x", pieces, platform="linux/arm64")) == {"index", "missing-parent", "os"}
    nothing = from_pieces("x", pieces, platform="linux/s390x")
    assert rules(nothing) == {"index"}
    assert "no manifest in the index" in nothing.unknown[0]


def test_a_platform_that_is_listed_and_not_stored_is_passed_over() -> None:
    """`docker save` of an image for several platforms holds only what was pulled."""
    files = two_platforms()
    missing = json.loads(Image().layout()["index.json"])["manifests"][0]["digest"]
    del files["blobs/" + missing.replace(":", "/")]
    assert rules(from_pieces("x", [archive(files)])) == {"index", "missing-parent", "os"}


# Hostile archives


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no tar" * 500,
        archive({}),
        archive({"index.json": b"{}"}),
        archive({"index.json": b'{"manifests": 3}'}),
        archive({"index.json": b'{"manifests": [3]}'}),
        archive({"index.json": b'{"manifests": [{"digest": "sha256:../../etc/passwd"}]}'}),
        archive({"index.json": b"[" * 100_000}),
        archive({"manifest.json": b"{}"}),
        archive({"manifest.json": b'[{"Config": 1, "Layers": 2}]'}),
        archive({"manifest.json": b'[{"Config": "../../etc/passwd"}]'}),
        archive(Image().layout())[:5000],
        gzip.compress(archive(Image().layout()))[:1000],
    ],
)
def test_what_is_no_image_is_an_error_of_its_own(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(content)
    for transport in ("oci-archive", "docker-archive"):
        with pytest.raises(ChecksFailed, match=r"is no archive of an image: \w+"):
            image_rules.read(f"{transport}:{tmp_path / 'x.tar'}")


def test_missing_files_and_folders_are_usage_errors(tmp_path: Path) -> None:
    for reference in (
        f"oci-archive:{tmp_path}/x",
        f"oci-dir:{tmp_path}/x",
        f"oci-dir:{tmp_path}",
        f"oci-archive:{tmp_path}",
    ):
        with pytest.raises(UsageError):
            image_rules.read(reference)


def test_a_digest_leads_nowhere_but_into_blobs(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    layout = {"index.json": b'{"manifests": [{"digest": "sha256:../../secret"}]}', "blobs/sha256/x": b""}
    with pytest.raises(ChecksFailed, match="missing"):
        image_rules.read("oci-dir:" + write_folder(tmp_path / "oci", layout))


@pytest.mark.parametrize("content", [b'{"a": ' * 60_000, b"[1]", b"\xff", b'{"a": ' + b"9" * 10_000 + b"}", b"{} {}"])
def test_json_is_an_object_in_bounds(content: bytes) -> None:
    with pytest.raises(DocumentError):
        parse_json(content)


def test_odd_fields_of_a_config_break_no_rule_of_ours() -> None:
    """Whatever JSON stands where a string or list is expected, rules judge it and do not fail."""
    odd: list[object] = [None, 1, "x", [], [None], [[]], {}, {"x": 1}, True, 1e308]
    for value in odd:
        for name in ("os", "architecture", "config", "history", "rootfs"):
            image_rules.lint(from_pieces("x", [archive(Image(config={name: value}).layout())]))
        for name in ("Entrypoint", "Cmd", "Env"):
            config = {"config": {"Entrypoint": ["/entrypoint.sh"], name: value}}
            image_rules.lint(from_pieces("x", [archive(Image(config=config).layout())]))
        for name in ("config", "layers", "mediaType"):
            odd_one = Image(change_manifest=lambda manifest, name=name, value=value: manifest.update({name: value}))
            image_rules.lint(from_pieces("x", [archive(odd_one.layout())]))


def test_a_bomb_costs_no_memory_and_ends_at_the_limit() -> None:
    """1 GB of zeros in 1 MB of gzip, and 11 GB allowed to nobody."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packer.compress(Member(b"x").written()) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(300))
    bomb += packer.flush()
    tracemalloc.start()
    found = read_layer([bomb], Allowance(size=100 << 20))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "larger than Lambda takes" in found.broken
    assert found.digest == digest(bomb)
    assert peak < 20 << 20


def test_entries_without_end_are_not_read() -> None:
    members = tar([Member(b"%d" % number) for number in range(200)])
    assert "more than" in read_layer([members], Allowance(entries=100)).broken


@pytest.mark.parametrize("kind", [b"x", b"L", b"K", b"g"])
def test_a_name_of_gigabytes_is_not_read(kind: bytes) -> None:
    member = Member(b"x", kind=kind).written()
    block = bytearray(member)
    block[124:136] = b"77777777777\0"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
    assert "longer than" in read_layer([bytes(block)]).broken


@pytest.mark.parametrize(
    "records",
    [b"9999999999 path=x\n", b"x path=x\n", b"11 path=abc", b"-5 path=x\n", b"0 =\n", b"5 ab\n", b"6 a=b\n\n"],
)
def test_broken_attributes_are_the_layers_fault(records: bytes) -> None:
    found = read_layer([Member(b"x", records, kind=b"x").written() + tar([Member(b"y")])])
    assert found.broken or [entry.name for entry in found.entries] == [b"y"]


def test_cut_and_changed_layers_never_raise() -> None:
    """A sound layer cut at any place, and with any byte of its first headers changed."""
    whole = tar(base())
    for end in range(0, len(whole), 97):
        read_layer([whole[:end]])
    for place in range(1536):
        changed = bytearray(whole)
        changed[place] ^= 0xA5
        read_layer([bytes(changed)])
    packed = gzip.compress(whole)
    for end in range(0, len(packed), 7):
        assert read_layer([packed[:end]]).broken or end == 0


# The readers against the standard library's


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tars_of_every_kind_are_read_as_the_standard_library_reads_them(form: int, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "d").mkdir(parents=True)
    (root / "d" / ("long" * 20)).write_text("x" * 1000)
    (root / "d" / "link").symlink_to("long" * 20)
    os.link(root / "d" / ("long" * 20), root / "hard")
    if form != tarfile.USTAR_FORMAT:
        (root / "d" / ("n" * 120 + "ü")).write_text("long name")
        (root / "l").symlink_to("t" * 150)
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w", format=form) as out:
        out.add(root, ".")
    with tarfile.open(path) as reference:
        expected = [(entry.name, entry.size, entry.linkname) for entry in reference]
    pieces = path.read_bytes()
    found = [
        (header.name.decode().rstrip("/") or ".", header.size, header.link.decode())
        for header in TarReader(Pieces(pieces[start : start + 333] for start in range(0, len(pieces), 333)))
    ]
    assert found == expected
    content = read_layer([pieces])
    assert content.diff_id == "sha256:" + hashlib.sha256(pieces).hexdigest()
    assert not content.broken


def test_sparse_and_large_entries_are_passed_over() -> None:
    sparse = bytearray(Member(b"s", bytes(512), kind=b"S").written())
    sparse[482] = 1
    sparse[148:156] = b" " * 8
    sparse[148:156] = b"%06o\0 " % sum(sparse[:512])
    written = bytes(sparse[:512]) + bytes(512) + bytes(512)
    assert [entry.name for entry in read_layer([written + tar([Member(b"y")])]).entries] == [b"s", b"y"]


def test_zstd_is_read_by_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = tar(base())
    packed = subprocess.run(["zstd", "-q"], input=plain, capture_output=True, check=True).stdout
    found = read_layer([packed[:3], packed[3:]])
    assert (found.compression, found.diff_id, found.digest) == ("zstd", digest(plain), digest(packed))
    assert "broken" in read_layer([packed[:-9]]).broken
    assert "larger" in read_layer([packed], Allowance(size=100)).broken
    monkeypatch.setenv("PATH", "/nowhere")
    unread = read_layer([packed])
    assert "install zstd" in unread.unread
    assert not unread.broken
    assert unread.digest == digest(packed)


# Files of all layers


def test_layers_lie_on_top_of_each_other() -> None:
    upper = [
        Member(b"usr/.wh..wh..opq"),
        folder("usr"),
        program("usr/new", b"#!new"),
        Member(b"var/runtime/.wh.bootstrap"),
        Member(b"lib", kind=b"2", link=b"usr"),
        Member(b"lib/through", b"#!x", mode=0o755),
        Member(b"up", kind=b"2", link=b"../../usr/new"),
        Member(b"loop", kind=b"2", link=b"loop"),
    ]
    view = from_pieces("x", [archive(Image(layers=[base(), upper]).layout())])
    files = Tree(view.layers)
    assert files.lookup("/usr/bin/sh") is None
    assert files.lookup("/var/runtime/bootstrap") is None
    assert files.lookup("/var/runtime") is not None
    assert files.head("/lib/new") == files.head("/up") == b"#!new"
    assert files.head("/usr/through") == b"#!x"
    assert files.lookup("/loop").kind == "link"  # type: ignore[union-attr]
    assert files.head("/loop") == files.head("/loop/x") == files.head("/nothing") == b""
    assert [file.path for file in files.below("/usr")] == ["/usr", "/usr/new", "/usr/through"]
    assert list(files.below("/lib")) == []


def test_deep_paths_and_many_links_end() -> None:
    deep = Member(b"d/" * 1500 + b"x")
    links = [Member(b"l%d" % number, kind=b"2", link=b"l%d" % (number + 1)) for number in range(100)]
    files = Tree(from_pieces("x", [archive(Image(layers=[[deep, *links]]).layout())]).layers)
    assert files.head("/l0") == b""
    assert sum(1 for _ in files.below("/")) == 1602


def test_broken_layers_say_why() -> None:
    with pytest.raises(BrokenLayer, match="checksum"):
        list(TarReader(Pieces([Member(b"x").written().replace(b"x", b"y")])))


# The program


def run(*words: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; from lambda_image.cli import main; sys.argv[0] = 'lambda-image'; main()"
    return subprocess.run([sys.executable, "-c", program, "lint", *words], capture_output=True, text=True, check=False)


def test_the_program_fails_on_errors_and_tells_all_images(tmp_path: Path) -> None:
    sound = "oci-archive:" + write_archive(tmp_path / "sound.tar", Image().layout())
    faulty = "oci-archive:" + write_archive(tmp_path / "faulty.tar", FAULTY.layout())
    assert run(sound).returncode == 0
    done = run(faulty, sound)
    assert done.returncode == 1
    assert "missing-parent" in done.stdout
    assert f"{sound}: nothing to say" in done.stdout
    done = run("--format", "json", sound, faulty)
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert [image["reference"] for image in document["images"]] == [sound, faulty]
    assert run("oci-archive:/nowhere").returncode == 2


def test_reading_an_image_costs_little_memory(tmp_path: Path) -> None:
    """A layer of 120 MB, plain in its archive, read by a process that never had half as much."""
    layer = [folder("var"), folder("var/task"), Member(b"var/task/large", bytes(120_000_000))]
    image = Image(layers=[base(), layer, function()], blobs={1: tar(layer)}, layer_kinds={1: OCI_LAYER})
    path = write_archive(tmp_path / "large.tar", image.layout())
    program = (
        "import sys; from lambda_image import image_rules\n"
        "report = image_rules.lint(image_rules.read(sys.argv[1]))\n"
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "print(report.ok, report.size, peak.split()[1])"
    )
    words = [sys.executable, "-c", program, f"oci-archive:{path}"]
    ok, size, kilobytes = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert ok == "True"
    assert int(size) > 120_000_000
    assert int(kilobytes) < 60_000
