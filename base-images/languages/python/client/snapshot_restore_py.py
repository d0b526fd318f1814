"""Hooks around a SnapStart snapshot, with the names of AWS's package: functions register here, the client runs them.

`register_before_snapshot(function, *args, **kwargs)`, or as a decorator; the last registered runs first.
`register_after_restore(function, *args, **kwargs)`, likewise; the first registered runs first.
"""

__all__ = ["register_after_restore", "register_before_snapshot"]

_before_snapshot = []
_after_restore = []


def register_before_snapshot(func, *args, **kwargs):
    """Call `func` before a snapshot is taken."""
    _before_snapshot.append((func, args, kwargs))
    return func


def register_after_restore(func, *args, **kwargs):
    """Call `func` after the environment was restored from a snapshot."""
    _after_restore.append((func, args, kwargs))
    return func


def get_before_snapshot():
    """What was registered, for the client."""
    return _before_snapshot


def get_after_restore():
    """What was registered, for the client."""
    return _after_restore
