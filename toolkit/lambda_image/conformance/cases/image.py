"""IMG: what Lambda asks of the image itself, and of a container under Lambda's limits."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambda_image.conformance.case import case
from lambda_image.conformance.finding import Violation, expect, expect_equal, violated
from lambda_image.conformance.lab import Lab

if TYPE_CHECKING:
    from lambda_image.engine import ImageFiles

LIMIT_BYTES = 10_000_000_000
MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
)
# e_machine of the ELF header, by the name an image's config uses (psABI documents of both architectures).
ELF_MACHINES = {62: "amd64", 183: "arm64"}
READABLE_FOLDERS = ("/var/task", "/var/runtime", "/var/lang", "/opt")


@case("IMG-001", handlers=(), seconds=2)
def a_function_image_is_one_manifest(lab: Lab) -> None:
    """The manifests that the image's archive names."""
    sent = "the manifest behind the image's reference was read"
    listed = lab.image.archive.manifests
    attestations = [one.digest for one in listed if one.attestation]
    expect(
        not attestations,
        sent=sent,
        expected="one manifest for one platform; Lambda refuses an image index",
        got=f"an index that holds {len(attestations)} attestation beside the image: build with "
        "`docker buildx build --provenance=false --sbom=false`",
    )
    platforms = [one.platform for one in listed if not _is_index(one.media_type)]
    expect(
        len(platforms) <= 1 and not any(_is_index(one.media_type) for one in listed),
        sent=sent,
        expected="one manifest for one platform; Lambda refuses an image index",
        got=f"an image index with manifests for {', '.join(platforms) or 'no platform'}",
    )


def _is_index(media_type: str) -> bool:
    return "index" in media_type or "manifest.list" in media_type


@case("IMG-002", handlers=(), seconds=2)
def the_manifest_is_of_a_kind_lambda_takes(lab: Lab) -> None:
    """Media type of the manifest, operating system and architecture of the config."""
    image = lab.image
    sent = "manifest and config were read"
    for manifest in image.archive.manifests:
        if not manifest.attestation and not _is_index(manifest.media_type):
            expect(
                manifest.media_type in MANIFESTS, sent=sent, expected=" or ".join(MANIFESTS), got=manifest.media_type
            )
    expect_equal(image.os, "linux", sent=sent, what="os")
    expect(
        image.architecture in ELF_MACHINES.values(),
        sent=sent,
        expected="amd64 or arm64",
        got=image.architecture,
    )


def _machine(head: bytes) -> str | None:
    """The architecture of an ELF file, or None where it is no ELF file."""
    if head[:4] != b"\x7fELF" or len(head) < 20:
        return None
    order = "<" if head[5] == 1 else ">"
    (machine,) = struct.unpack_from(order + "H", head, 18)
    return ELF_MACHINES.get(machine, f"machine {machine}")


def _programs(files: ImageFiles, start: str) -> Iterator[str]:
    """A program, and the interpreter its first line names, and that one's …"""
    path = start
    for _ in range(4):
        if files.stat(path) is None:
            return
        yield path
        head = files.read(path)[:256]
        if not head.startswith(b"#!"):
            return
        words = head[2:].split(b"\n", 1)[0].decode("utf-8", "replace").split()
        if not words:
            return
        path = words[0]


@case("IMG-003", handlers=())
def what_is_inside_agrees_with_the_architecture(lab: Lab) -> None:
    """ELF headers of the entrypoint, the bootstrap, their interpreters, and the programs in /var/lang/bin."""
    config = lab.image.config
    starts = [word for word in (*config.entrypoint[:1], *config.cmd[:1]) if word.startswith("/")]
    starts.append("/var/runtime/bootstrap")
    with lab.engine.image_files(lab.image.reference) as files:
        starts += [f"/var/lang/bin/{name}" for name in ("python3", "node", "java", "ruby", "dotnet", "go")]
        for path in {program: None for start in starts for program in _programs(files, start)}:
            machine = _machine(files.read(path)[:20])
            expect(
                machine in (None, lab.image.architecture),
                sent=f"the ELF header of {path} was read",
                expected=f"{lab.image.architecture}, as the image's config says",
                got=machine,
            )


@case("IMG-004", handlers=(), seconds=2)
def all_layers_unpacked_are_at_most_10_gb(lab: Lab) -> None:
    """The sum of the uncompressed layers."""
    size = lab.image.size
    expect(
        size <= LIMIT_BYTES,
        sent="all layers were unpacked",
        expected="at most 10 GB",
        got=f"{size / 1e9:.2f} GB",
    )


@case("IMG-005", handlers=())
def the_entrypoint_is_a_regular_executable_file(lab: Lab) -> None:
    """The first word of ENTRYPOINT (of CMD where there is none) is looked up in the image."""
    config = lab.image.config
    words = config.entrypoint or config.cmd
    name = "ENTRYPOINT" if config.entrypoint else "CMD"
    sent = f"{name} is {list(words)}"
    expect(words, sent=sent, expected="an ENTRYPOINT", got="neither ENTRYPOINT nor CMD")
    shell_form = words[:2] == ("/bin/sh", "-c")
    expect(not shell_form, sent=sent, expected='the exec form: ["/path/to/program"]', got="the shell form")
    program = words[0]
    expect(program.startswith("/"), sent=sent, expected="an absolute path as its first element", got=program)
    with lab.engine.image_files(lab.image.reference) as files:
        found = files.stat(program)
    if found is None:
        violated(sent=sent, expected=f"{program} exists in the image", got="there is no such file")
    what = f"a symbolic link to {found.link_target}" if found.kind == "link" else f"a {found.kind}"
    expect(found.kind == "file", sent=sent, expected=f"{program} is a regular file", got=what)
    expect(
        found.mode & 0o111 == 0o111,
        sent=sent,
        expected=f"{program} is executable by any user",
        got=f"mode {found.mode:04o}",
    )


@case("IMG-006")
def only_four_settings_are_relied_on(lab: Lab) -> None:
    """USER is overridden, the health check is off and declared volumes stay as read-only as the rest."""
    config = lab.image.config
    ignored = [
        name
        for name, given in (
            ("USER", config.user),
            ("VOLUME", config.volumes),
            ("HEALTHCHECK", config.raw.get("Healthcheck")),
            ("STOPSIGNAL", config.raw.get("StopSignal")),
        )
        if given
    ]
    sent = f"the settings that Lambda ignores are overridden ({', '.join(ignored) or 'the image has none of them'})"
    with lab.fresh(ready=False) as running:
        running.wait_ready(sent=sent)
        expect_equal(running.call("x"), "x", sent=sent)


@case("IMG-011", handlers=("echo", "raise"))
def it_runs_on_a_read_only_root(lab: Lab) -> None:
    """The root file system cannot be written to; an event succeeds and one fails."""
    sent = "a read-only root, only /tmp writable"
    try:
        with lab.fresh(ready=False) as running:
            running.wait_ready(sent=sent)
            expect_equal(running.call("x"), "x", sent=sent)
    except Violation as violation:
        with lab.fresh(ready=False, read_only=False) as running:
            running.wait_ready(sent="a writable root")
        raise Violation(
            sent=sent, expected=violation.expected, got=f"{violation.got}. On a writable root it works"
        ) from None
    with lab.shared("raise") as running:
        _ = running.invoke({"message": "x"}).error


@case("IMG-012")
def it_runs_as_any_unprivileged_user(lab: Lab) -> None:
    """User ids 993 and 1234567, in no passwd file, without HOME, capabilities or new privileges."""
    for user in ("993:990", "1234567:1234567"):
        sent = f"user {user}, all capabilities dropped, no-new-privileges, HOME unset"
        with lab.fresh(ready=False, user=user) as running:
            running.wait_ready(sent=sent)
            expect_equal(running.call("x"), "x", sent=sent)


def _unreadable(files: ImageFiles, folder: str) -> list[str]:
    """Paths below a folder that a user without rights of his own cannot use."""
    found = files.stat(folder)
    if found is None or found.kind != "directory":
        return []
    return [
        f"{entry.path} (mode {entry.mode:04o})"
        for entry in files.walk(folder)
        if (entry.kind == "file" and not entry.mode & 0o004)
        or (entry.kind == "directory" and entry.mode & 0o005 != 0o005)
    ]


@case("IMG-013", handlers=(), seconds=2)
def all_it_needs_is_readable_by_anyone(lab: Lab) -> None:
    """Every file and directory of /var/task, /var/runtime, /var/lang and /opt, and the entrypoint."""
    sent = "the modes of everything in " + ", ".join(READABLE_FOLDERS) + " and of the entrypoint were read"
    with lab.engine.image_files(lab.image.reference) as files:
        bad = [path for folder in READABLE_FOLDERS for path in _unreadable(files, folder)]
        for program in lab.image.config.entrypoint[:1]:
            found = files.stat(program) if program.startswith("/") else None
            if found is not None and found.kind == "file" and found.mode & 0o005 != 0o005:
                bad.append(f"{program} (mode {found.mode:04o})")
    expect(
        not bad,
        sent=sent,
        expected="files readable and directories searchable by any user (COPY --chmod, or umask 022)",
        got=f"{len(bad)} that are not: {', '.join(bad[:8])}",
    )


@case("IMG-014", handlers=("tmp",))
def tmp_is_writable_and_keeps_its_content(lab: Lab) -> None:
    """A file is written to /tmp by one event and read by the next."""
    with lab.fresh("tmp") as running:
        sent = "an event that writes /tmp/kept, then one that reads it"
        running.call({"name": "kept", "write": "content"})
        expect_equal(running.call({"name": "kept"}), {"content": "content"}, sent=sent)


@case("IMG-015")
def it_starts_without_any_network_but_the_api(lab: Lab) -> None:
    """No route to the outside: name lookups and connections fail; the first GET comes within 10 s."""
    sent = "no network but the Runtime API"
    with lab.fresh(ready=False) as running:
        running.wait_ready(timeout=10, sent=sent)
        expect_equal(running.call("x"), "x", sent=sent)


@case("IMG-016")
def it_stays_within_lambda_s_limits(lab: Lab) -> None:
    """1,024 descriptors, 1,024 processes and threads, 128 MB of memory."""
    sent = "128 MB of memory, 1,024 descriptors, 1,024 processes and threads"
    with lab.fresh(ready=False, memory_mb=128) as running:
        running.wait_ready(sent=sent)
        expect_equal(running.call("x"), "x", sent=sent)


@case("IMG-017")
def the_bootstrap_starts_from_the_environment_alone(lab: Lab) -> None:
    """/var/runtime/bootstrap is started directly, without arguments, _HANDLER set."""
    bootstrap = "/var/runtime/bootstrap"
    with lab.engine.image_files(lab.image.reference) as files:
        found = files.stat(bootstrap)
    sent = f"{bootstrap} was looked up"
    if found is None:
        violated(sent=sent, expected="a regular executable file", got="there is none")
    expect(
        found.kind == "file" and found.mode & 0o111 == 0o111,
        sent=sent,
        expected="a regular executable file",
        got=f"a {found.kind} with mode {found.mode:04o}",
    )
    sent = f"{bootstrap} was started without arguments, _HANDLER set"
    with lab.fresh(ready=False, entrypoint=(bootstrap,), arguments=()) as running:
        running.wait_ready(sent=sent)
        expect_equal(running.call("x"), "x", sent=sent)


@case("IMG-018")
def function_and_layers_arrive_as_mounts(lab: Lab) -> None:
    """Read-only volumes over /var/task and /opt; nothing that the image has there is needed."""
    sent = "read-only volumes were mounted over /var/task and /opt"
    with lab.fresh(ready=False, opt={"layer.txt": (b"a layer", 0o644)}) as running:
        running.wait_ready(sent=sent)
        expect_equal(running.call("x"), "x", sent=sent)
