"""The value of a check, and how an error within one becomes its finding."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lambda_image.errors import LambdaImageError

if TYPE_CHECKING:
    from collections.abc import Callable

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: Status
    found: str
    advice: str = ""


def guarded(name: str, check: Callable[[], Check]) -> Check:
    """A foreseen error within a check is that check's finding."""
    try:
        return check()
    except LambdaImageError as error:
        return Check(name=name, status="fail", found=error.message, advice=error.hint)
    except (OSError, subprocess.SubprocessError) as error:
        return Check(name=name, status="fail", found=str(error))
