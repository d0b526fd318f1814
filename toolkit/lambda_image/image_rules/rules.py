"""The rules: data and one pure function each.

Severity is a matter of evidence. An *error* is what AWS documents, what Lambda was seen to refuse, or what
cannot be unpacked or started anywhere; a *warning* is what a specification forbids or reports disagree on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from lambda_image.image_rules import contents, manifests, programs
from lambda_image.image_rules.model import View


class Severity(StrEnum):
    """An error fails the lint and stops a publish; a warning is said."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`check` yields one line for each offender; a view that does not know what the rule asks for has none."""

    id: str
    requirement: str | None = None
    severity: Severity = Severity.ERROR
    says: str
    source: str
    advice: str
    check: Callable[[View], Iterable[str]]


_GUIDE = "AWS Lambda Developer Guide, Create a Lambda function using a container image"
_TROUBLE = "AWS Lambda Developer Guide, Troubleshoot container image issues"
_DOCKER = "Docker Image Manifest V2, Schema 2"
_OCI_LAYER = "OCI image-spec, layer.md"
_OCI_CONFIG = "OCI image-spec, config.md"
_OCI_MANIFEST = "OCI image-spec, manifest.md"
_OCI_DESCRIPTOR = "OCI image-spec, descriptor.md"

RULES: tuple[Rule, ...] = (
    # The manifest
    Rule(
        id="index",
        requirement="IMG-001",
        says="A function image is one manifest for one platform, not an index.",
        source=f"{_GUIDE}; docker/buildx#1533; aws/aws-lambda-roadmap#82",
        advice="Build with `docker buildx build --provenance=false --sbom=false` for one platform, or name the child "
        "by its digest.",
        check=manifests.index,
    ),
    Rule(
        id="manifest-media-type",
        requirement="IMG-002",
        says="The manifest is Docker v2 schema 2 or OCI 1.x.",
        source=_GUIDE,
        advice="Push the image with a program of this decade: docker, buildx, skopeo, crane.",
        check=manifests.manifest_media_type,
    ),
    Rule(
        id="manifest-digest",
        says="The manifest's bytes have the digest that it is asked for by.",
        source=_OCI_DESCRIPTOR,
        advice="Push or export the image again.",
        check=manifests.manifest_digest,
    ),
    Rule(
        id="config-media-type",
        requirement="IMG-002",
        says="The config is that of an image, of the manifest's own kind.",
        source=f"{_GUIDE}; {_OCI_MANIFEST}",
        advice="What the reference names may be no image (a chart, a signature, an SBOM): name the image.",
        check=manifests.config_media_type,
    ),
    Rule(
        id="config-document",
        says="The config is a JSON object.",
        source=_OCI_CONFIG,
        advice="Build or push the image again.",
        check=manifests.config_document,
    ),
    Rule(
        id="config-digest",
        says="The config's bytes have the digest and size that the manifest says.",
        source=_OCI_DESCRIPTOR,
        advice="Push or export the image again.",
        check=manifests.config_digest,
    ),
    Rule(
        id="os",
        requirement="IMG-002",
        says="The config says os linux.",
        source=_GUIDE,
        advice="Build with `--platform linux/amd64` or `--platform linux/arm64`.",
        check=manifests.operating_system,
    ),
    Rule(
        id="architecture",
        requirement="IMG-002",
        says="The config says architecture amd64 or arm64.",
        source=_GUIDE,
        advice="Build with `--platform linux/amd64` or `--platform linux/arm64`.",
        check=manifests.architecture,
    ),
    Rule(
        id="history",
        says="The config's history, where there is one, has one entry that is not empty for each layer.",
        source=f"{_OCI_CONFIG}; bazel-contrib/rules_oci#645; aws/aws-lambda-base-images#2",
        advice="Have the tool that adds layers add history entries too, or none for the whole image.",
        check=manifests.history,
    ),
    # Layers from outside
    Rule(
        id="layer-foreign",
        requirement="IMG-002",
        says="No layer lies outside the registry.",
        source=f"{_GUIDE}; {_OCI_LAYER}",
        advice="Build on a base whose layers may be distributed.",
        check=manifests.layer_foreign,
    ),
    Rule(
        id="layer-uncompressed",
        requirement="IMG-002",
        says="A layer under a Docker manifest is compressed with gzip.",
        source=f"{_DOCKER}; bazel-contrib/rules_oci#777; aspect-build/rules_aws#145 (UnsupportedImageLayerDetected)",
        advice="Compress the layer with gzip, or write an OCI manifest, whose layers may be plain tars: "
        "docker buildx build --output type=image,name=NAME,oci-mediatypes=true.",
        check=manifests.layer_uncompressed,
    ),
    Rule(
        id="layer-zstd",
        requirement="IMG-002",
        says="No layer is compressed with zstd.",
        source=f"{_GUIDE} (OCI 1.0 has tar and tar+gzip)",
        advice="Build with `--output type=image,compression=gzip,force-compression=true`.",
        check=manifests.layer_zstd,
    ),
    Rule(
        id="layer-media-type",
        requirement="IMG-002",
        says="Layers are tars: Docker's tar.gzip, OCI's tar or tar+gzip.",
        source=f"{_GUIDE}; {_OCI_LAYER}",
        advice="What the reference names may be no image: name the image.",
        check=manifests.layer_media_type,
    ),
    Rule(
        id="layer-mixed",
        severity=Severity.WARNING,
        says="Layers are of the manifest's own kind, Docker's or OCI's.",
        source=f"{_DOCKER}; {_OCI_MANIFEST}",
        advice="Push with a tool that converts media types: `docker push`, `skopeo copy --format`.",
        check=manifests.layer_mixed,
    ),
    Rule(
        id="layer-compression",
        says="A layer is compressed as its media type says.",
        source=_OCI_LAYER,
        advice="Push or export the image again.",
        check=manifests.layer_compression,
    ),
    Rule(
        id="layer-digest",
        says="A layer's bytes have the digest and size that the manifest says.",
        source=_OCI_DESCRIPTOR,
        advice="Push or export the image again.",
        check=manifests.layer_digest,
    ),
    Rule(
        id="diff-ids",
        says="The config names each layer by the digest of its uncompressed tar.",
        source=_OCI_CONFIG,
        advice="Have the tool that adds or compresses layers write rootfs.diff_ids anew.",
        check=manifests.diff_ids,
    ),
    Rule(
        id="size",
        requirement="IMG-004",
        says="All layers unpacked are at most 10 GB.",
        source=f"{_GUIDE}; Lambda quotas",
        advice="Build in stages and copy only what runs into the last one; what a later layer deletes still counts.",
        check=manifests.size,
    ),
    # Layers from inside
    Rule(
        id="layer-broken",
        says="A layer is a tar that can be read to its end.",
        source=_OCI_LAYER,
        advice="Build or push the image again.",
        check=contents.broken,
    ),
    Rule(
        id="missing-parent",
        says="Every directory of an entry's path stands in its layer or in one below.",
        source="aspect-build/rules_aws#103 (InvalidImage: MissingParentDirectory); bazel-contrib/rules_img#258",
        advice="Write an entry for each directory, before what is in it.",
        check=contents.missing_parent,
    ),
    Rule(
        id="parent-elsewhere",
        severity=Severity.WARNING,
        says="Every directory of an entry's path stands in the same layer, before the entry.",
        source="bazel-contrib/rules_img#258; aspect-build/rules_aws#145",
        advice="Write an entry for each directory, before what is in it.",
        check=contents.parent_elsewhere,
    ),
    Rule(
        id="name-absolute",
        says="No entry's name begins with a slash.",
        source=f"{_OCI_LAYER}: paths are relative to the root",
        advice="Have the tar made with relative names (`tar -C root .`).",
        check=contents.name_absolute,
    ),
    Rule(
        id="name-dotdot",
        says="No entry's name has a part `..`.",
        source=f"{_OCI_LAYER}: paths are relative to the root",
        advice="Have the tar made from the root directory (`tar -C root .`).",
        check=contents.name_dotdot,
    ),
    Rule(
        id="name-empty",
        says="Every entry has a name.",
        source=_OCI_LAYER,
        advice="Find out what wrote this tar; nothing can unpack such an entry.",
        check=contents.name_empty,
    ),
    Rule(
        id="name-slash",
        says="Only a directory's name ends with a slash.",
        source="POSIX ustar: a trailing slash means a directory",
        advice="Find out what wrote this tar: some unpackers make a file of it, others a directory.",
        check=contents.name_slash,
    ),
    Rule(
        id="name-encoding",
        says="Names are UTF-8.",
        source="POSIX pax: path and linkpath are UTF-8",
        advice="Rename the files, or unpack them in a UTF-8 locale.",
        check=contents.name_encoding,
    ),
    Rule(
        id="name-long",
        says="No part of a name has more than 255 bytes, and no name more than 4,095.",
        source="Linux limits.h, NAME_MAX and PATH_MAX",
        advice="Shorten the names.",
        check=contents.name_long,
    ),
    Rule(
        id="name-backslash",
        severity=Severity.WARNING,
        says="No name has a backslash.",
        source="aspect-build/rules_aws#145: tools that write layers read it as an escape",
        advice="Often a path of Windows that became one name: copy with forward slashes. (systemd's own units are "
        "named so.)",
        check=contents.name_backslash,
    ),
    Rule(
        id="duplicate",
        says="No path stands twice in a layer with different content.",
        source=f"{_OCI_LAYER}: no duplicate entries",
        advice="Write each file once: which of the two counts is the unpacker's choice.",
        check=contents.duplicate,
    ),
    Rule(
        id="whiteout",
        says="A whiteout is an empty regular file `.wh.NAME`, or `.wh..wh..opq`.",
        source=f"{_OCI_LAYER}: whiteouts",
        advice="Have the layer written by a tool that knows image layers, not from an overlay's or aufs's folder.",
        check=contents.whiteout,
    ),
    Rule(
        id="hard-link-target",
        says="A hard link's target stands before it, in its layer or in one below.",
        source="POSIX ustar; containerd and Docker unpack in the order of the tar",
        advice="Have the tar made from all names of the file, or of copies (`tar --hard-dereference`).",
        check=contents.hard_link_target,
    ),
    Rule(
        id="hard-link",
        severity=Severity.WARNING,
        says="The function's own folders have no hard links.",
        source="aspect-build/rules_aws#145 (UnsupportedImageLayerDetected); base images with a few elsewhere do run",
        advice="Have the tar made with `tar --hard-dereference`, or bsdtar with nlink=1.",
        check=contents.hard_link,
    ),
    # What is started
    Rule(
        id="entrypoint-missing",
        requirement="IMG-005",
        says="There is an ENTRYPOINT, or a CMD that names a program.",
        source=f"{_GUIDE}, Container image settings",
        advice='Say what is started: ENTRYPOINT ["/path/to/program"].',
        check=programs.missing,
    ),
    Rule(
        id="entrypoint-form",
        requirement="IMG-005",
        says="ENTRYPOINT is in exec form, an array of words.",
        source=f"{_GUIDE}, Container image settings",
        advice='Write ENTRYPOINT ["/path/to/program"], in double quotes: single quotes make it the shell form.',
        check=programs.form,
    ),
    Rule(
        id="entrypoint-relative",
        requirement="IMG-005",
        says="ENTRYPOINT's first word is an absolute path.",
        source=f"{_TROUBLE} (Runtime.InvalidEntrypoint)",
        advice="Write the whole path of the program.",
        check=programs.relative,
    ),
    Rule(
        id="entrypoint-absent",
        requirement="IMG-005",
        says="What ENTRYPOINT names exists in the image.",
        source=f"{_TROUBLE} (Runtime.InvalidEntrypoint)",
        advice="Copy the program into the last stage, or correct its path.",
        check=programs.absent,
    ),
    Rule(
        id="entrypoint-link",
        requirement="IMG-005",
        says="What ENTRYPOINT names is no symbolic link.",
        source=f"{_GUIDE}, Container image settings; {_TROUBLE}",
        advice="Name the file that the link points to.",
        check=programs.link,
    ),
    Rule(
        id="entrypoint-kind",
        requirement="IMG-005",
        says="What ENTRYPOINT names is a regular file.",
        source=f"{_TROUBLE} (Runtime.InvalidEntrypoint)",
        advice="Name the program itself.",
        check=programs.kind,
    ),
    Rule(
        id="entrypoint-mode",
        requirement="IMG-005",
        says="What ENTRYPOINT names can be executed by any user.",
        source=f"{_GUIDE}; {_TROUBLE} (Runtime.InvalidEntrypoint)",
        advice="COPY --chmod=0755, or RUN chmod 0755.",
        check=programs.mode,
    ),
    Rule(
        id="entrypoint-through-link",
        severity=Severity.WARNING,
        says="No folder on ENTRYPOINT's path is a symbolic link.",
        source=f"{_GUIDE}, Container image settings",
        advice="Name the program by its real path.",
        check=programs.through_link,
    ),
    Rule(
        id="cmd-form",
        severity=Severity.WARNING,
        says="CMD beside an ENTRYPOINT is in exec form.",
        source=f"{_GUIDE}, Container image settings",
        advice='Write CMD ["app.handler"], in double quotes: single quotes make it the shell form, and the entrypoint '
        "gets /bin/sh for a handler.",
        check=programs.cmd_form,
    ),
    Rule(
        id="script-line-ends",
        says="The first line of a script that is started ends as Unix lines do.",
        source="aws/aws-lambda-dotnet#426; execve(2)",
        advice="Save it with LF line ends, and keep them so: `*.sh text eol=lf` in .gitattributes.",
        check=programs.line_ends,
    ),
    Rule(
        id="script-interpreter",
        says="The interpreter that a script's first line names exists and can be executed.",
        source="execve(2)",
        advice="Install the interpreter, or name the one that is there.",
        check=programs.interpreter,
    ),
    Rule(
        id="program-loader",
        says="The loader that a program names exists.",
        source="execve(2); aws/aws-lambda-go#554",
        advice="Build the program for this image's libc (musl or glibc), or link it statically.",
        check=programs.loader,
    ),
    Rule(
        id="program-architecture",
        requirement="IMG-003",
        says="Entrypoint, bootstrap, their interpreters and the language's programs are for the config's architecture.",
        source=f"{_GUIDE}; aws/aws-lambda-go#554; aws/aws-lambda-base-images#26",
        advice="Build for the platform that you say: --platform on both FROM and the command, no binaries of the host.",
        check=programs.architecture,
    ),
    Rule(
        id="library-architecture",
        severity=Severity.WARNING,
        says="Shared objects of function, layers and runtime are for the config's architecture.",
        source="cargo-lambda#654; aws/aws-lambda-go#554",
        advice="Install dependencies for the image's platform, inside a build for it.",
        check=programs.libraries,
    ),
    Rule(
        id="unreadable",
        requirement="IMG-013",
        says="Files are readable and directories searchable by any user: the entrypoint, and all in /var/task, "
        "/var/runtime, /var/lang and /opt.",
        source=f"{_GUIDE}: the default Lambda user must be able to read all the files",
        advice="COPY --chmod, umask 022, or RUN chmod -R a+rX.",
        check=programs.unreadable,
    ),
)
