"""How Maven is configured on this machine, as far as a build needs: the user's settings, mirrors and proxies in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_NONE = b"<settings/>\n"


def configuration(environ: Mapping[str, str] | None = None) -> bytes:
    """A settings.xml for the inside of a build: the user's own as it stands, else one that says nothing."""
    environ = os.environ if environ is None else environ
    home = Path(environ.get("HOME") or "~").expanduser()
    try:
        return (home / ".m2" / "settings.xml").read_bytes()
    except OSError:
        return _NONE
