from handlers import HandlerError
from snapshot_restore_py import register_before_snapshot


def hook():
    raise HandlerError("before hook")


register_before_snapshot(hook)


def handler(event, context):
    return event
