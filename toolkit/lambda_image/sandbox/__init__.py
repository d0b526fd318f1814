"""A container under Lambda's limits: started, frozen, thawed, listened to, and gone without a trace.

`Sandboxes` is one run's factory; what a `SandboxSpec` asks for is Lambda's own by default: read-only root,
an unprivileged uid, no capabilities, /tmp on a disk, no network but the Runtime API.
"""

from lambda_image.sandbox.container import Sandbox
from lambda_image.sandbox.log import Line, Log, Piece
from lambda_image.sandbox.run import Sandboxes
from lambda_image.sandbox.spec import SandboxSpec
from lambda_image.sandbox.volumes import FileEntry, volume

__all__ = ["FileEntry", "Line", "Log", "Piece", "Sandbox", "SandboxSpec", "Sandboxes", "volume"]
