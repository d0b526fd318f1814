"""What Lambda's two architectures are called: by container engines, by kernels and C libraries, and in ELF files."""

from __future__ import annotations

import platform as machine
from typing import Literal

# By the name in an image's config: what `uname -m`, wheels and loaders say.
KERNEL_NAMES = {"amd64": "x86_64", "arm64": "aarch64"}
# And e_machine of an ELF header (psABI documents of both architectures).
ELF_MACHINES = {"amd64": 62, "arm64": 183}


def own_platform() -> Literal["linux/amd64", "linux/arm64"]:
    """The platform of the machine that the program runs on; linux/amd64 where it is neither."""
    name = machine.machine().lower()
    return "linux/arm64" if name in ("arm64", KERNEL_NAMES["arm64"]) else "linux/amd64"
