"""What a build context brings along, so that the build need not fetch it: files that are pinned by a checksum, and,
where there is no network at all, everything.

A file lies beside what pins it: an archive in a folder of its own, a registry's packages in the folder of their
checksums, a distribution's packages as a repository. Templates ask here what to write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lambda_image.catalog import Distro, Download, SourcePackage

Fetched = Download | SourcePackage

_DOWNLOADS = "downloads"
_PACKAGES = "packages"


def folder_of(checksum: str) -> str:
    """Where the file of a checksum lies in a context."""
    return f"{_DOWNLOADS}/{checksum.partition(':')[2][:16]}"


def packages_folder(distro: str) -> str:
    """Where a distribution's packages do."""
    return f"{_PACKAGES}/{distro}"


@dataclass(frozen=True)
class AtHand:
    """Files of this machine that go into a context."""

    # By checksum, as in `sha256:…`.
    downloads: Mapping[str, Path] = field(default_factory=dict)
    # By their place in the context: all the rest that a build without a network needs.
    others: Mapping[str, Path] = field(default_factory=dict)
    # Whether the build has no network: then these are all that it needs.
    offline: bool = False

    def folder(self, file: Fetched) -> str:
        """The folder that has a file; empty where the build fetches it."""
        return folder_of(file.checksum) if file.checksum in self.downloads else ""

    def packages_of(self, distro: Distro) -> str:
        """The folder with a distribution's packages; empty where the build fetches them."""
        return packages_folder(distro.name) if self.offline else ""

    @property
    def placed(self) -> Mapping[str, Path]:
        """All of them by their places."""
        names = {f"{folder_of(checksum)}/file": path for checksum, path in self.downloads.items()}
        return {**names, **self.others}


NOTHING = AtHand()


@dataclass(frozen=True)
class Asked(AtHand):
    """Has nothing, and remembers what it was asked for."""

    files: dict[str, Fetched] = field(default_factory=dict)

    def folder(self, file: Fetched) -> str:
        """Nothing."""
        self.files[file.checksum] = file
        return ""
