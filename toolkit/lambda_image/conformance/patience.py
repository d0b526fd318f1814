"""How much longer than usual to wait: on a machine that is busy with other things nothing comes in time, nor where each
instruction is translated first, and that is no fault of the image."""

from __future__ import annotations

import os

# Programs that want a core, for each core, from which on waiting gets longer: the suite's own are fewer.
_BUSY = 3.0
_MOST = 5.0

# A program of another architecture: an interpreter's start takes qemu five to ten times as long.
EMULATED = 8.0


def patience() -> float:
    """1 on a machine that has time, more by as much as it is too busy, at most 5. A container that is emulated gets
    `EMULATED` times as much: ask `Running.patience`."""
    try:
        wanted = os.getloadavg()[0] / (os.cpu_count() or 1)
    except OSError:
        return 1.0
    return min(max(wanted / _BUSY, 1.0), _MOST)
