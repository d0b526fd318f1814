"""Every rule is broken once, by an image that breaks nothing else: take the rule out and its test fails."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lambda_image import image_rules
from lambda_image.conformance import requirement
from lambda_image.image_rules import RULES, Severity, View
from lambda_image.image_rules.manifests import LIMIT_BYTES
from lambda_image.image_rules.model import Config, Descriptor, Layer
from lambda_image.image_rules.sources.archive import from_pieces
from unit.image_rules_writer import (
    DOCKER,
    DOCKER_LAYER,
    OCI,
    OCI_LAYER,
    Image,
    Member,
    archive,
    base,
    elf,
    folder,
    function,
    program,
    tar,
)


def view(image: Image) -> View:
    return from_pieces("test", [archive(image.layout())])


def broken(image: Image | View) -> set[str]:
    return {finding.rule for finding in image_rules.check(image if isinstance(image, View) else view(image))}


def added(*members: Member) -> Image:
    """Entries at the end of the second layer."""
    return Image(layers=[base(), [*function(), *members]])


def started(entrypoint: object, *members: Member, cmd: object = None) -> Image:
    return Image(
        layers=[base(), [*function(), *members]], config={"config": {"Entrypoint": entrypoint, "Cmd": cmd or []}}
    )


def with_config(**changes: object) -> Image:
    return Image(change_config=lambda config: [config.update({name: value}) for name, value in changes.items()])


def with_manifest(change: Callable[[dict], object], kind: str = OCI) -> Image:
    return Image(kind=kind, change_manifest=change)


def replaced(name: bytes, member: Member) -> Image:
    return Image(layers=[[member if one.name == name else one for one in base()], function()])


def eleven_gigabytes() -> View:
    layers = (
        Layer(number=1, descriptor=Descriptor(), known_size=LIMIT_BYTES),
        Layer(number=2, descriptor=Descriptor(), known_size=1),
    )
    return View(
        reference="f",
        config=Config(
            document={"os": "linux", "architecture": "arm64", "config": {"Entrypoint": ["/x"]}, "rootfs": {}}
        ),
        layers=layers,
    )


def attested(top: dict) -> dict:
    note = {"vnd.docker.reference.type": "attestation-manifest"}
    platform = {"os": "linux", "architecture": "amd64"}
    other = {**top, "digest": "sha256:" + "0" * 64, "annotations": note}
    return {"schemaVersion": 2, "manifests": [{**top, "platform": platform}, other]}


BROKEN: dict[str, Callable[[], Image | View]] = {
    "index": lambda: Image(index=attested),
    "manifest-media-type": lambda: with_manifest(lambda m: m.update(mediaType=DOCKER)),
    "manifest-digest": lambda: _another_manifest(),
    "config-media-type": lambda: with_manifest(lambda m: m["config"].update(mediaType="application/vnd.helm.config")),
    "config-document": lambda: Image(change_config_bytes=lambda content: b"[" + content + b"]"),
    "config-digest": lambda: with_manifest(lambda m: m["config"].update(size=3)),
    "os": lambda: with_config(os="windows"),
    "architecture": lambda: _riscv(),
    "history": lambda: with_config(history=[{"created_by": "one for two layers"}]),
    "layer-foreign": lambda: with_manifest(
        lambda m: m["layers"][1].update(mediaType=f"{DOCKER_LAYER.replace('diff', 'foreign.diff')}.gzip"), DOCKER
    ),
    "layer-uncompressed": lambda: Image(kind=DOCKER, blobs={1: tar(function())}, layer_kinds={1: DOCKER_LAYER}),
    "layer-zstd": lambda: Image(layer_kinds={1: f"{OCI_LAYER}+zstd"}, blobs={1: zstd(tar(function()))}),
    "layer-media-type": lambda: Image(layer_kinds={1: "application/octet-stream"}),
    "layer-mixed": lambda: Image(layer_kinds={1: f"{DOCKER_LAYER}.gzip"}),
    "layer-compression": lambda: Image(blobs={1: tar(function())}),
    "layer-digest": lambda: with_manifest(lambda m: m["layers"][1].update(size=7)),
    "diff-ids": lambda: with_config(rootfs={"type": "layers", "diff_ids": ["sha256:" + "1" * 64] * 2}),
    "size": eleven_gigabytes,
    "layer-broken": lambda: Image(blobs={1: gzip.compress(tar(function()))[:-200]}),
    "missing-parent": lambda: added(Member(b"srv/data/x")),
    "parent-elsewhere": lambda: added(Member(b"usr/bin/x")),
    "name-absolute": lambda: added(Member(b"/absolute")),
    "name-dotdot": lambda: added(Member(b"../etc/passwd")),
    "name-empty": lambda: added(Member(b"")),
    "name-slash": lambda: added(Member(b"file/", b"content")),
    "name-encoding": lambda: added(Member(b"var/task/caf\xe9.txt")),
    "name-long": lambda: added(Member(b"var/task/" + b"x" * 256)),
    "name-backslash": lambda: added(Member(rb"var\task\app.py")),
    "duplicate": lambda: added(Member(b"var/task/app.py", b"another")),
    "whiteout": lambda: added(Member(b"var/task/.wh.app", b"content")),
    "hard-link-target": lambda: added(Member(b"usr-bin-x", kind=b"1", link=b"usr/bin/later")),
    "hard-link": lambda: added(Member(b"var/task/copy.py", kind=b"1", link=b"var/task/app.py")),
    "entrypoint-missing": lambda: started([]),
    "entrypoint-form": lambda: started(["/bin/sh", "-c", "exec /entrypoint.sh"]),
    "entrypoint-relative": lambda: started(["entrypoint.sh"]),
    "entrypoint-absent": lambda: started(["/nothing"]),
    "entrypoint-link": lambda: started(["/start"], Member(b"start", mode=0o777, kind=b"2", link=b"entrypoint.sh")),
    "entrypoint-kind": lambda: started(["/var/task"]),
    "entrypoint-mode": lambda: started(["/start"], Member(b"start", elf(), mode=0o745)),
    "entrypoint-through-link": lambda: started(["/bin/sh"], Member(b"bin", mode=0o777, kind=b"2", link=b"usr/bin")),
    "cmd-form": lambda: started(["/entrypoint.sh"], cmd=["/bin/sh", "-c", "['app.handler']"]),
    "script-line-ends": lambda: started(["/start"], program("start", b"#!/usr/bin/sh\r\nexit\r\n")),
    "script-interpreter": lambda: started(["/start"], program("start", b"#!/usr/bin/ksh\n")),
    "program-loader": lambda: started(["/start"], program("start", elf(loader=b"/lib/ld-musl-x86_64.so.1"))),
    "program-architecture": lambda: replaced(
        b"var/lang/bin/python3", program("var/lang/bin/python3", elf(machine=183))
    ),
    "library-architecture": lambda: added(Member(b"var/task/fast.cpython-313.so", elf(machine=183))),
    "unreadable": lambda: added(Member(b"var/task/secret.txt", mode=0o640)),
}


def zstd(data: bytes) -> bytes:
    """One raw frame, so that no compressor is needed (RFC 8878: magic, header, raw blocks)."""
    blocks = [data[start : start + 100_000] for start in range(0, len(data), 100_000)]
    body = b"".join(((len(block) << 3) | int(block is blocks[-1])).to_bytes(3, "little") + block for block in blocks)
    return b"\x28\xb5\x2f\xfd" + b"\xa0" + len(data).to_bytes(4, "little") + body


def _riscv() -> Image:
    """All of it for that machine, so that nothing but the architecture itself is wrong."""
    image = with_config(architecture="riscv64")
    for members in image.layers:
        for member in members:
            if member.content.startswith(b"\x7fELF"):
                member.content = b"#!/usr/bin/sh2\n"
    image.layers[0] = [one for one in image.layers[0] if one.name != b"var/runtime/bootstrap"]
    image.layers[1][0] = program("entrypoint.sh", b"no script")
    image.layers[1] = [one for one in image.layers[1] if one.name != b"var/task/lib.so"]
    return image


def _another_manifest() -> View:
    """The registry, or a layout, gives other bytes than those that were asked for."""
    files = Image().layout()
    top = json.loads(files["index.json"])["manifests"][0]["digest"]
    files["blobs/" + top.replace(":", "/")] += b" "
    return from_pieces("test", [archive(files)])


@pytest.mark.parametrize("kind", [OCI, DOCKER])
def test_a_sound_image_breaks_no_rule(kind: str) -> None:
    assert broken(Image(kind=kind)) == set()


@pytest.mark.parametrize("rule", BROKEN)
def test_the_rule_is_broken_and_no_other(rule: str) -> None:
    assert broken(BROKEN[rule]()) == {rule}


def test_every_rule_is_broken_once() -> None:
    assert {rule.id for rule in RULES} == set(BROKEN)


def test_rules_name_requirements_that_exist_and_tell_what_to_do() -> None:
    known = requirement.load()
    for rule in RULES:
        assert rule.requirement is None or rule.requirement in known
        assert rule.says.endswith(".")
        assert rule.advice.endswith((".", ")"))
        assert rule.source
    served = {rule.requirement for rule in RULES if rule.severity is Severity.ERROR and rule.requirement}
    assert served == {"IMG-001", "IMG-002", "IMG-003", "IMG-004", "IMG-005", "IMG-013"}


# What a rule must leave alone, and further ways to break it


@pytest.mark.parametrize(
    "image",
    [
        Image(layers=[[Member(b"./", mode=0o755, kind=b"5"), *base()], function()]),
        Image(layers=[[replace(one, name=b"./" + one.name) for one in base()], function()]),
        Image(blobs={1: tar(function())}, layer_kinds={1: OCI_LAYER}),
        with_config(history=None),
        Image(blobs={0: gzip.compress(tar(base())[:600]) + gzip.compress(tar(base())[600:]) + bytes(10)}),
        added(folder("var/task"), folder("var/task")),
        added(Member(b"var/task/.wh..wh..opq"), Member(b"var/task/.wh.old")),
        added(Member("var/task/naïve – ☃.txt".encode())),
        added(Member(b"dev", mode=0o755, kind=b"5"), Member(b"dev/null", mode=0o666, kind=b"3", device=(1, 3))),
        added(Member(b"var/task/link", mode=0o777, kind=b"2", link=b"/nowhere/../x")),
    ],
    ids=[
        "an entry for the root",
        "names that begin with ./",
        "a plain tar under an OCI manifest",
        "no history",
        "gzip in two members, zeros behind",
        "a directory told twice",
        "whiteouts",
        "names in UTF-8",
        "a device",
        "a link that leads nowhere",
    ],
)
def test_what_is_right_is_left_alone(image: Image) -> None:
    assert broken(image) == set()


@pytest.mark.parametrize(
    ("member", "rule"),
    [
        (Member(b"var/task/.wh."), "whiteout"),
        (Member(b"var/task/.wh..wh.plnk"), "whiteout"),
        (Member(b"var/task/.wh.x", mode=0o755, kind=b"5"), "whiteout"),
        (Member(b"var/task/x", kind=b"3"), "whiteout"),
        (Member(b"var/task/x", kind=b"1", link=b"/var/task/app.py"), "name-absolute"),
        (Member(b"opt/../x"), "name-dotdot"),
        (Member(b"."), "name-empty"),
        (Member(b"var/task", b"a file"), "duplicate"),
        (Member(b"var/task/" + b"d/" * 2100 + b"x"), "name-long"),
        (Member(b"var/task/private", mode=0o754, kind=b"5"), "unreadable"),
    ],
)
def test_entries_that_break_a_rule_in_another_way(member: Member, rule: str) -> None:
    assert rule in broken(added(member))


@pytest.mark.parametrize(
    ("image", "rule"),
    [
        (started("/entrypoint.sh"), "entrypoint-form"),
        (started([], cmd=["app.handler"]), "entrypoint-relative"),
        (started(["/start"], program("start", b"#!\n")), "script-interpreter"),
        (started(["/start"], program("start", b"#!/var/task\n")), "script-interpreter"),
        (
            started(["/start"], program("start", b"#!/loop\n"), Member(b"loop", kind=b"2", link=b"loop")),
            "script-interpreter",
        ),
        (started(["/start"], program("start", elf(machine=3, bits=1))), "program-architecture"),
        (
            started(["/start"], program("start", b"#!/second\n"), program("second", elf(machine=183))),
            "program-architecture",
        ),
        (with_config(architecture=None), "architecture"),
        (with_config(os=None), "os"),
        (with_config(rootfs={"type": "layers", "diff_ids": []}), "diff-ids"),
        (with_manifest(lambda m: m["layers"].pop()), "diff-ids"),
        (with_manifest(lambda m: m["config"].update(digest="sha256:" + "2" * 64)), "config-document"),
        (with_manifest(lambda m: m["layers"][0].update(digest="sha256:" + "2" * 64)), "layer-broken"),
        (with_manifest(lambda m: m["layers"][0].update(urls=["https://example.com/x"])), "layer-foreign"),
        (Image(layer_kinds={0: f"{DOCKER_LAYER}.zstd"}, kind=DOCKER), "layer-zstd"),
        (Image(blobs={0: b"no tar at all" * 100}), "layer-broken"),
        (Image(blobs={0: gzip.compress(tar(base())[:700])}), "layer-broken"),
        (Image(kind="application/vnd.docker.distribution.manifest.v1+prettyjws"), "manifest-media-type"),
    ],
)
def test_images_that_break_a_rule_in_another_way(image: Image, rule: str) -> None:
    assert rule in broken(image)


def test_an_index_names_its_attestations_and_the_child_that_would_do() -> None:
    (finding,) = image_rules.check(view(Image(index=attested)))
    child = json.loads(Image(index=attested).layout()["index.json"])["manifests"][0]["digest"]
    assert finding.offenders[0].endswith(child)
    assert any("linux/amd64" in line and "this one would do" in line for line in finding.offenders)
    assert any("an attestation" in line and "0000" in line for line in finding.offenders)


def test_the_image_in_an_index_is_judged_too() -> None:
    image = Image(index=attested, kind=DOCKER, blobs={1: tar(function())}, layer_kinds={1: DOCKER_LAYER})
    assert broken(image) == {"index", "layer-uncompressed"}


def test_all_offenders_are_told_at_once_up_to_a_number() -> None:
    many = [Member(b"srv/%d/x" % number) for number in range(70)]
    (finding,) = [one for one in image_rules.check(view(added(*many))) if one.rule == "missing-parent"]
    assert finding.count == 71
    assert len(finding.offenders) == 20


def test_a_parent_that_stands_later_is_no_missing_one() -> None:
    assert broken(added(Member(b"srv/x"), folder("srv"))) == {"parent-elsewhere"}


def test_nothing_is_missing_below_a_layer_that_cannot_be_read() -> None:
    """The directory may have been in it."""
    layers = [base(), function(), [Member(b"srv/x"), Member(b"y", kind=b"1", link=b"srv/z")]]
    assert broken(Image(layers=layers, blobs={0: b"no tar" * 200})) & {"missing-parent", "hard-link-target"} == set()


def test_terminals_get_no_escapes_of_an_image() -> None:
    evil = added(Member(b"/\x1b]0;title\x07\xff\n"))
    report = image_rules.lint(view(evil))
    shown = image_rules.text([report])
    assert "\x1b" not in shown
    assert "\\x1b]0;title\\x07\\xff\\n" in shown


def test_a_report_says_what_where_why_and_what_to_do() -> None:
    report = image_rules.lint(view(with_config(os="windows")))
    text = image_rules.text([report])
    assert "error   os IMG-002: The config says os linux." in text
    assert "os is 'windows'" in text
    assert "→ Build with `--platform linux/amd64`" in text
    assert text.endswith("test: 1 error, windows/amd64, 0.0 MB unpacked")
    document = json.loads(image_rules.to_json([report]))
    assert document["schema_version"] == 1
    assert document["ok"] is False
    assert document["images"][0]["findings"][0]["requirement"] == "IMG-002"


def test_warnings_alone_are_no_failure() -> None:
    report = image_rules.lint(view(added(Member(b"usr/bin/x"))))
    assert report.ok
    assert report.count(Severity.WARNING) == 1


def test_the_guide_lists_every_rule_as_it_is() -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs" / "image-rules.md").read_text(encoding="utf-8")
    rows = [f"| `{rule.id}` | {rule.severity} | {rule.requirement or ''} | {rule.says} |" for rule in RULES]
    assert [line for line in guide.splitlines() if line.startswith("| `") and line.count("|") == 5] == rows
