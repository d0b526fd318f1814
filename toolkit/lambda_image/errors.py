"""Every foreseen error, as one tree; each class has its exit code.

    LambdaImageError
    ├── ChecksFailed          1   an image, a file or a lock is not what it should be
    ├── UsageError            2   the words of the command
    │   ├── ConfigurationError    a TOML file, an environment variable, an option's value
    │   ├── NothingSelected       the selection matches no plan, the filter no case
    │   └── ImageNotFound         no such image in the engine or registry
    ├── MachineError          3   the machine the program runs on
    │   ├── EngineError           no engine, no builder, an engine that refuses
    │   ├── DiskFull
    │   └── SuiteBroke            the suite itself failed: never a verdict on an image
    ├── BuildFailed           4   a step of an image's build
    ├── RegistryError         5   a registry or AWS
    └── Interrupted         130

A foreseen error prints what was asked and what is wrong, then what would work, and no traceback.
"""

from __future__ import annotations


class LambdaImageError(Exception):
    """What was asked and what is wrong; `hint` says what would work."""

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class ChecksFailed(LambdaImageError):
    """An image, a file or a lock is not what it should be."""

    exit_code = 1


class UsageError(LambdaImageError):
    """The words of the command cannot be acted on."""

    exit_code = 2


class ConfigurationError(UsageError):
    """A TOML file, an environment variable or an option holds what it may not."""


class NothingSelected(UsageError):
    """The selection matches nothing."""


class ImageNotFound(UsageError):
    """No image of that name where it was looked for."""


class MachineError(LambdaImageError):
    """Something on the machine the program runs on is missing or broken."""

    exit_code = 3


class EngineError(MachineError):
    """No container engine, no builder, or an engine that refuses."""


class DiskFull(MachineError):
    """No space left where the engine or the program writes."""


class SuiteBroke(MachineError):
    """The conformance suite itself failed: never a verdict on the image."""


class BuildFailed(LambdaImageError):
    """A step of an image's build ended badly; `log` holds that step's output."""

    exit_code = 4

    def __init__(self, message: str, *, hint: str = "", log: str = "") -> None:
        super().__init__(message, hint=hint)
        self.log = log


class RegistryError(LambdaImageError):
    """A registry or AWS refused or did not answer."""

    exit_code = 5


class Interrupted(LambdaImageError):
    """The user stopped the program."""

    exit_code = 130
