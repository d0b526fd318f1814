"""SnapStart hooks, named as in AWS's package on PyPI: functions register here, the runtime runs them."""

_before_snapshot = []
_after_restore = []


def register_before_snapshot(function, *args, **kwargs):
    _before_snapshot.append((function, args, kwargs))


def register_after_restore(function, *args, **kwargs):
    _after_restore.append((function, args, kwargs))


def get_before_snapshot():
    return _before_snapshot


def get_after_restore():
    return _after_restore
